"""The process of an isolated plugin: how does it start, serve calls, and end?

In: a Python that has the application and the plugin, and the address of the application's host. Out: what the plugin
has registered, as plain data, and the results of calls. A process that dies is named with its cause; the next call
starts another.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from pegboard.errors import PegboardError


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
        raise NotImplementedError

    @property
    def pid(self) -> int | None:
        """The id of the process that runs now; None if there is none."""
        raise NotImplementedError

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
        raise NotImplementedError

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
        raise NotImplementedError

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
        raise NotImplementedError

    def close(self, deadline_s: float = 5.0) -> None:
        """End the process, if one runs, and remove its temporary files; the next use would start another.

        Args:
            deadline_s: Seconds that clean-ups of the plugin may take before it is killed.
        """
        raise NotImplementedError


def child_environment(environ: Mapping[str, str], prefix: str, passing: Iterable[str] = ()) -> dict[str, str]:
    """Return those variables of *environ* that the process of an isolated plugin gets.

    Args:
        environ: The variables of the application's process.
        prefix: How the variables begin that are the application's own, e.g. `NOTES`; empty if it has none.
        passing: Names of other variables; `*` at the end of one stands for anything.
    """
    raise NotImplementedError
