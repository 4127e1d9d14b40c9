"""The process of an isolated plugin: how does it start, serve calls, and end?

In: a Python that has the application and the plugin, and the address of the application's host. Out: what the plugin
has registered, as plain data, and the results of calls. A process that dies is named with its cause; the next call
starts another.
"""

from __future__ import annotations

import os
import sys
import threading
from time import monotonic
from weakref import WeakSet, finalize, ref

from pegboard._typing import TYPE_CHECKING
from pegboard.background import in_thread
from pegboard.errors import (
    ConfinementError,
    PegboardError,
    PluginProcessDiedError,
    PluginProcessError,
    RecordedProblem,
    describe_exception,
)
from pegboard.errors.base import plugin_of
from pegboard.isolation.channel import CallDeadlineError, PeerGoneError, RemoteError
from pegboard.isolation.confinement import why_unavailable
from pegboard.isolation.messages import levels, receive
from pegboard.isolation.running import Running
from pegboard.isolation.targets import CLOSE, PROBLEM, START, VARIABLES, target
from pegboard.terminal import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Final

_STRIKE: Final = 2
"""From the second death in a row on, each counts as a crash of the plugin."""
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
            start_s: Seconds that the start may take until the plugin is imported.
        """
        self._python = python
        self._arguments = address, plugin, os.path.abspath(folder), str(int(confined))
        self._environ = dict(environ)
        self._prefix = application.replace(".", "_").replace("-", "_").upper()
        self._passing = tuple(passing)
        self._names = plugin, distribution
        self._who = f"{application}: {plugin_of(plugin, distribution)}"
        self._is_confined = confined
        self._report = report
        self._struck = struck
        self._start_s = start_s
        self._lock = threading.RLock()
        self._running: Running | None = None
        self._described: list[dict[str, Any]] = []
        self._counting = threading.Lock()
        self._deaths = 0  # in a row
        _ALL.add(self)

    @property
    def pid(self) -> int | None:
        """The id of the process that runs now; None if there is none."""
        running = self._running
        return None if running is None or running.cause else running.pid

    def describe(self) -> list[dict[str, Any]]:
        """Return what the plugin has registered, in its order.

        Returns:
            For each contribution, as plain data: `kind`, `text`, `metadata` and `override`, as in the ledger;
            `is_callable`, `is_async`, `is_generator`, `is_async_generator`; and `parameters`, a list of dictionaries
            with `name`, `kind` (as `inspect.Parameter.kind.name`), `has_default`, `default` (if it is plain data), and
            `annotation` (as text). What is no function may have `value`, if it is plain data. A component has `methods`
            besides: a dictionary of name to the same about each public method. `problem` says, in words, why something
            cannot be used from another process; it is empty if it can.

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
        with _Waiting(self, running, kind, text):
            return running.channel.call(target(kind, text, method), args, kwargs or {}, deadline_s=deadline_s)

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
        running = self._alive() or await in_thread(self._started)
        with _Waiting(self, running, kind, text):
            return await running.channel.acall(target(kind, text, method), args, kwargs or {}, deadline_s=deadline_s)

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
            running.channel.call(CLOSE, (), {}, deadline_s=deadline_s)
        except Exception:  # noqa: S110 -- its clean-ups are its own
            pass
        running.channel.close()
        running.end("the application has closed it", is_expected=True, grace_s=max(0.0, until - monotonic()))

    # -- start and end ------------------------------------------------------------------------------------------------

    def _alive(self) -> Running | None:
        running = self._running
        return None if running is None or running.cause else running

    def _started(self) -> Running:
        """Return the process that runs; start one if there is none."""
        running = self._running
        if running is not None and not running.cause:
            return running
        with self._lock:  # others who want to use it wait until it is ready
            running = self._alive()
            if running is None:
                running = self._launched()
                self._import(running)
                self._running = running
                finalize(self, running.end, "nobody uses it any more", is_expected=True).atexit = False
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
                self._arguments,
                environ=child_environment(self._environ, self._prefix, self._passing),
                folder=self._arguments[2],
                who=self._who,
                notified=lambda topic, data: _called(me, Process._receive, topic, data),
                ended=lambda running: _called(me, Process._note_end, running),
            )
        except OSError as error:
            advice = "make its environment anew"
            raise PluginProcessError(*self._names, describe_exception(error), self._python, advice) from error

    def _import(self, running: Running) -> None:
        try:
            with _Waiting(self, running, "", ""):
                described: Any = running.channel.call(START, (levels(),), {}, deadline_s=self._start_s)
        except CallDeadlineError:
            cause = f"it was not ready within {self._start_s:g} s, and was ended"
            running.end(cause, is_expected=True)
            words = running.output.last_words
            cause += f"; it said last: {words!r}" if words else ""
            raise PluginProcessError(*self._names, cause, self._python, "report the cause to its author") from None
        except BaseException:
            running.end("it could not be started", is_expected=True)
            raise
        if isinstance(described, str):
            running.end("it could not be confined", is_expected=True)
            raise ConfinementError(*self._names, described, self._python)
        self._described = described

    def _death(self, running: Running, doing: str) -> PluginProcessDiedError:
        words = running.output.last_words
        return PluginProcessDiedError(*self._names, running.cause, self._python, doing=doing, printed=words)

    def _note_end(self, running: Running) -> None:
        if running.is_expected:
            return
        with self._counting:
            self._deaths += 1
            is_strike = self._deaths >= _STRIKE
        if is_strike:
            self._struck(f"its process has ended {self._deaths} times in a row: {running.cause}")
        if not running.waiting:
            self._tell(self._death(running, "nothing of it was used"))

    # -- what it says -------------------------------------------------------------------------------------------------

    def _receive(self, topic: str, data: Any) -> None:
        if topic == PROBLEM:
            self._tell(RecordedProblem(*data))
        else:
            receive(topic, data, self._names[0], self.pid)

    def _tell(self, problem: PegboardError) -> None:
        try:
            self._report(problem)
        except PegboardError:  # in strict mode; there is nobody here who could handle it
            tell(f"{problem.render()}\n")

    def _forget(self) -> None:
        self._lock, self._counting = threading.RLock(), threading.Lock()
        self._running, self._deaths = None, 0


class _Waiting:
    """A context in which a call waits; it puts the plugin's name to what goes wrong."""

    __slots__ = ("_called", "_process", "_running")

    def __init__(self, process: Process, running: Running, kind: str, text: str) -> None:
        self._process = process
        self._running = running
        self._called = kind, text

    def __enter__(self) -> None:
        self._running.waiting.add(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        running, process = self._running, self._process
        try:
            if error is None:
                process._deaths = 0
            elif isinstance(error, PeerGoneError):
                running.gone()
                about, text = self._called
                doing = f"calling {text!r} of {about!r}" if about else "it was being imported"
                raise process._death(running, doing) from None
            elif isinstance(error, RemoteError):
                process._deaths = 0
            else:
                running.check_later()
        finally:
            running.waiting.discard(self)


def _called(process: ref[Process], method: Callable[..., None], *arguments: Any) -> None:
    it = process()
    if it is not None:
        method(it, *arguments)


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
        process._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
