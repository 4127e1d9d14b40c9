"""The process of an isolated plugin: how does it start, serve calls, and end?

In: a Python that has the application and the plugin, and the address of the application's host. Out: what the plugin
has registered, as plain data, and the results of calls. A process that dies is named with its cause; the next call
starts another.
"""

from __future__ import annotations

import os
import sys
import threading
from functools import partial
from time import monotonic
from weakref import WeakSet, finalize, ref

from pegboard._typing import TYPE_CHECKING
from pegboard.background import in_thread
from pegboard.errors import (
    CallDeadlineError,
    ConfinementError,
    PluginProcessError,
    RecordedProblem,
    describe_exception,
)
from pegboard.errors.base import plugin_of
from pegboard.isolation.confinement import why_unavailable
from pegboard.isolation.deaths import Deaths, Waiting, is_stream, named_stream
from pegboard.isolation.messages import levels, receive
from pegboard.isolation.remote_errors import built_in
from pegboard.isolation.running import Running
from pegboard.isolation.targets import CLOSE, PROBLEM, START, VARIABLES, target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Final

    from pegboard.errors import PegboardError

_USUAL: Final = ("PATH", "HOME", "LANG", "LC_*", "TZ")
"""Variables that a process gets, besides TMPDIR."""
_ALL: Final[WeakSet[Process]] = WeakSet()


class Process:
    """The process of one plugin. It is started by the first use, and by the first one after it has died.

    Any thread and task may use it; calls of several run at once. A fork of this process does not share it: it starts a
    process of its own.
    """

    def __init__(
        self,
        python: str,
        address: str,
        plugin: str,
        *,
        distribution: str = "",
        application: str = "",
        folder: str,
        environ: Mapping[str, str],
        passing: Iterable[str] = (),
        confined: bool = False,
        report: Callable[[PegboardError], None],
        struck: Callable[[str], None] = lambda _: None,
        served: Callable[[], None] = lambda: None,
        start_s: float = 60.0,
    ) -> None:
        """Describe a process; none is started.

        Args:
            python: The interpreter of the plugin's environment, which has the application, or its API, and pegboard.
            address: Where that finds the application's host, e.g. `notes.app:host`; see `address.address_of`.
            plugin: The plugin's name.
            distribution: Name and version of its distribution, for messages; empty if there is none.
            application: The application's name, for messages, and for the environment variables that are its own.
            folder: A folder that is the plugin's, in which the process keeps its index and its temporary files.
            environ: The variables of this process. It gets PATH, HOME, LANG, LC_*, TZ and those of the application, but
                for those that are about plugins; see `child_environment`.
            passing: Names of other variables that it gets; `*` at the end of one stands for anything.
            confined: Whether it may write only in *folder*, and has no network. Linux only.
            report: Told of a death that no call has been told of.
            struck: Called with what happened, in words, when the process dies a second time, or a third, without a call
                in between that has returned; see `startup.journal.quarantine.struck`.
            served: Called when the first call of a process has returned: see `startup.journal.quarantine.served`.
            start_s: Seconds that the start may take until the plugin is imported.
        """
        self._python = python
        self._arguments = address, plugin, os.path.abspath(folder), str(int(confined))
        self._environ = dict(environ)
        self._prefix = application.replace(".", "_").replace("-", "_").upper()
        self._passing = tuple(passing)
        self._names = plugin, distribution
        self._packages = "pegboard.errors", address.partition(":")[0].partition(".")[0], *filter(None, [application])
        self._who = f"{application}: {plugin_of(plugin, distribution)}"
        self._is_confined = confined
        self._deaths = Deaths(self._names, python, report=report, struck=struck, served=served)
        self._start_s = start_s
        self._lock = threading.RLock()
        self._running: Running | None = None
        self._described: list[dict[str, Any]] = []
        self._at_last_reference: finalize[..., Process] = finalize(self, _nothing)
        _ALL.add(self)

    @property
    def pid(self) -> int | None:
        """The id of the process that runs now; None if there is none."""
        running = self._alive()
        return None if running is None else running.pid

    def describe(self) -> list[dict[str, Any]]:
        """Return what the plugin has registered, in its order.

        Returns:
            For each contribution, as plain data: `kind`, `text`, `metadata` and `override`, as in the ledger; `name`,
            `qualname` and `doc`; `is_callable`, `is_async`, `is_generator`, `is_async_generator`; and `parameters`, a
            list of dictionaries with `name`, `kind` (as `inspect.Parameter.kind.name`), `has_default`, `default` (if it
            is plain data), and `annotation` (as text). A component, and an object that cannot be called, has `methods`
            besides: a dictionary of name to the same about each public method. Plain data has a `value`. `problem`
            says, in words, why something cannot be used from another process; it is empty if it can. The last is of no
            kind: it has what the author declares of the plugin, `after`, `before` and `depends_on`.

        Raises:
            PluginProcessError: If the process cannot be started, or ends meanwhile.
            Exception: What importing the plugin has raised.
        """
        self._started()
        return self._described

    def call(
        self,
        kind: str,
        text: str,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        deadline_s: float | None = None,
        *,
        method: str = "",
    ) -> Any:
        """Call what the plugin has registered, and return the result; an iterator if it is a generator.

        Args:
            kind: The kind of the contribution, e.g. `exporters`, `hook saved` or `component`.
            text: Its text.
            args: Arguments; plain data, bytes, files, arrays, iterators of these, and functions.
            kwargs: Named arguments.
            deadline_s: Seconds after which the call is given up.
            method: Of a component, the method to call.

        Raises:
            PluginProcessDiedError: If the process ends meanwhile; the next call starts another.
            PluginProcessError: If it cannot be started.
            CannotTravelError: If an argument or the result cannot be sent.
            BaseException: What the call has raised: the same exception if its class is one of Python's or of the
                application's, else the nearest class above it that is; the traceback in the process is its cause.
        """
        running = self._started()
        with Waiting(self._deaths, running, text, kind):
            result = running.channel.call(target(kind, text, method), args, kwargs, deadline_s=deadline_s)
        if is_stream(result):
            return named_stream(result, running, partial(Waiting, self._deaths, running, text, kind))
        return result

    async def acall(
        self,
        kind: str,
        text: str,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        deadline_s: float | None = None,
        *,
        method: str = "",
    ) -> Any:
        """Do what `call` does without blocking the event loop; an asynchronous function is awaited in its process.

        If the task is cancelled, so is the call. The result of an asynchronous generator is an asynchronous iterator.
        """
        running = self._alive()
        if running is None:
            running = await in_thread(self._started)
        with Waiting(self._deaths, running, text, kind):
            result = await running.channel.acall(target(kind, text, method), args, kwargs, deadline_s=deadline_s)
        if is_stream(result):
            return named_stream(result, running, partial(Waiting, self._deaths, running, text, kind))
        return result

    def close(self, deadline_s: float = 5.0) -> None:
        """End the process, if one runs, and remove its temporary files; the next use would start another.

        Args:
            deadline_s: Seconds that clean-ups of the plugin may take before it is killed.
        """
        with self._lock:
            running, self._running = self._alive(), None
        if running is None:
            return
        running.is_expected = True
        until = monotonic() + deadline_s
        try:
            running.channel.call(CLOSE, deadline_s=deadline_s)
        except Exception:  # noqa: S110 -- its clean-ups are its own
            pass
        running.channel.close()
        running.end("the application has closed it", is_expected=True, grace_s=max(0.0, until - monotonic()))

    # -- start and end ------------------------------------------------------------------------------------------------

    def _alive(self) -> Running | None:
        running = self._running
        return running if running is not None and running.is_alive() else None

    def _started(self) -> Running:
        """Return the process that runs; start one if there is none."""
        running = self._alive()
        if running is not None:
            return running
        with self._lock:  # others who want to use it wait until it is ready
            running = self._alive()
            if running is None:
                running = self._launched()
                self._import(running)
                self._running = running
                self._at_last_reference.detach()
                self._at_last_reference = _ends_with(self, running)
            return running

    def _launched(self) -> Running:
        if self._is_confined and (why_not := why_unavailable()):
            raise ConfinementError(*self._names, why_not, self._python)
        if os.name != "posix":
            raise PluginProcessError(*self._names, f"it needs what POSIX systems have, and this is {sys.platform}")
        me = ref(self)
        try:
            return Running(
                self._python,
                (*self._arguments, levels()),
                environ=child_environment(self._environ, self._prefix, self._passing),
                folder=self._arguments[2],
                who=self._who,
                name=plugin_of(*self._names),
                notified=lambda topic, data: _received(me, topic, data),
                known_error=partial(known_error, packages=self._packages),
                ended=self._deaths.ended,
            )
        except OSError as error:
            advice = "make its environment anew"
            raise PluginProcessError(*self._names, describe_exception(error), self._python, advice) from error

    def _import(self, running: Running) -> None:
        try:
            with Waiting(self._deaths, running, "it was being imported"):
                described: Any = running.channel.call(START, deadline_s=self._start_s)
        except CallDeadlineError:
            cause = f"it was not ready within {self._start_s:g} s, and was ended"
            running.end(cause, is_expected=True)
            words = running.output.last_words
            cause += f"; it said last: {words}" if words else ""
            raise PluginProcessError(*self._names, cause, self._python, "report the cause to its author") from None
        except BaseException:
            running.end("it could not be started", is_expected=True)
            raise
        if isinstance(described, str):
            running.end("it could not be confined", is_expected=True)
            raise ConfinementError(*self._names, described, self._python)
        self._described = described

    # -- what it says -------------------------------------------------------------------------------------------------

    def receive(self, topic: str, data: Any) -> None:
        """Take a message of the process: a log record, a warning, or a fault."""
        if topic == PROBLEM:
            self._deaths.tell(RecordedProblem(*data))
        else:
            receive(topic, data, self._names[0], self.pid)

    def after_fork(self) -> None:
        """Begin again, in a fork of this process; its process is not that of this one."""
        self._lock, self._running = threading.RLock(), None
        self._deaths.after_fork()


def _ends_with(process: Process, running: Running) -> finalize[..., Process]:
    """End *running* when nobody refers to *process* any more; it may have ended before."""
    made = finalize(process, running.end, "nobody uses it any more", is_expected=True)
    made.atexit = False  # `running` sees to that
    return made


def _nothing() -> None:
    """Do nothing, since no process was started."""


def _received(process: ref[Process], topic: str, data: Any) -> None:
    it = process()
    if it is not None:  # else nobody uses it any more
        it.receive(topic, data)


def known_error(module: str, name: str, packages: Iterable[str]) -> type[BaseException] | None:
    """Return the class of an exception that the plugin has raised, if it is one of Python's or the application's.

    Args:
        module: The class's module; a class of another one that is not loaded here cannot be caught here.
        name: Its qualified name.
        packages: Those of the application.
    """
    if (kind := built_in(module, name)) is not None:
        return kind
    is_ours = any(f"{module}.".startswith(f"{package}.") for package in packages)
    if not is_ours and module.partition(".")[0] not in sys.stdlib_module_names:
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else None


def child_environment(environ: Mapping[str, str], prefix: str, passing: Iterable[str] = ()) -> dict[str, str]:
    """Return those variables of *environ* that the process of an isolated plugin gets.

    Args:
        environ: The variables of the application's process.
        prefix: How the variables begin that are the application's own, e.g. `NOTES`; empty if it has none.
        passing: Names of other variables; `*` at the end of one stands for anything.
    """
    names = [*_USUAL, *passing, *([f"{prefix}_*"] if prefix else [])]
    exact = {name for name in names if not name.endswith("*")}
    beginnings = tuple(name[:-1] for name in names if name.endswith("*"))
    own = {f"{prefix}_{name}" for name in VARIABLES}
    return {
        name: value
        for name, value in environ.items()
        if name not in own and (name in exact or name.startswith(beginnings))
    }


def _forget_all() -> None:
    for process in list(_ALL):
        process.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
