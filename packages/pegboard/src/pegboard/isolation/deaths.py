"""How often has the process of a plugin died, and who is told?

In: the end of a process that nobody has asked for, and calls that have returned. Out: the error for those who were
waiting, a report if nobody was, and a crash of the plugin if it has happened more than once in a row.
"""

from __future__ import annotations

import threading
from contextlib import suppress

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import PegboardError, PluginProcessDiedError
from pegboard.errors.wire import CallDeadlineError, PeerGoneError, RemoteError, WireBrokenError
from pegboard.isolation.streams import AsyncRemoteIterator, RemoteIterator
from pegboard.terminal import tell

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from typing import Any, Final

    from pegboard.isolation.running import Running

_STRIKE: Final = 2
"""From the second death in a row on, each counts as a crash of the plugin."""


_END: Final = object()


class Deaths:
    """Those of the processes of one plugin."""

    def __init__(
        self,
        names: tuple[str, str],
        python: str,
        *,
        report: Callable[[PegboardError], None],
        struck: Callable[[str], None],
        served: Callable[[], None],
    ) -> None:
        """Begin with none; all is described at `Process`."""
        self._names = names
        self._python = python
        self._report = report
        self._struck = struck
        self._served = served
        self._lock = threading.Lock()
        self._in_a_row = 0

    def after_fork(self) -> None:
        """Begin again, in a fork of this process: another thread may have held the lock."""
        self._lock, self._in_a_row = threading.Lock(), 0

    def returned(self, running: Running) -> None:
        """Note that a call has returned, or raised what the plugin has raised."""
        self._in_a_row = 0
        if not running.has_served:
            running.has_served = True
            self._served()

    def ended(self, running: Running) -> None:
        """Note that a process has ended."""
        if running.is_expected:
            return
        with self._lock:
            self._in_a_row += 1
            times = self._in_a_row
        if times >= _STRIKE:
            self._struck(f"its process has ended {times} times in a row: {running.cause}")
        if not running.waiting:
            self.tell(self.error(running, "nothing of it was used"))

    def error(self, running: Running, doing: str) -> PluginProcessDiedError:
        """Return the error for somebody who was *doing* something with a process that has ended."""
        words = running.output.last_words
        return PluginProcessDiedError(*self._names, running.cause, self._python, doing=doing, printed=words)

    def tell(self, problem: PegboardError) -> None:
        """Report *problem*; called in any thread."""
        try:
            self._report(problem)
        except PegboardError:  # in strict mode; there is nobody here who could handle it
            tell(f"{problem.render()}\n")


class Waiting:
    """A context in which a call waits for a process; an end of the connection becomes the error that says why."""

    __slots__ = ("_deaths", "_doing", "_running")

    def __init__(self, deaths: Deaths, running: Running, *doing: str) -> None:
        """Begin.

        Args:
            deaths: Those of the plugin.
            running: Its process.
            *doing: The text and the kind of what is called; or what is being done, in words.
        """
        self._deaths = deaths
        self._running = running
        self._doing = doing

    def __enter__(self) -> None:
        self._running.waiting.add(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        running = self._running
        try:
            if error is None or isinstance(error, RemoteError):
                if len(self._doing) > 1:  # that it has started does not say that it works
                    self._deaths.returned(running)
            elif isinstance(error, PeerGoneError):
                if isinstance(error, WireBrokenError):
                    running.end(f"it has sent what is no message ({error.cause}), and was ended")
                running.gone()
                raise self._deaths.error(running, self._words()) from None
            else:
                running.check_later()
                if isinstance(error, CallDeadlineError):
                    raise CallDeadlineError(
                        error.peer, self._words().removeprefix("calling "), error.deadline_s
                    ) from None
        finally:
            running.waiting.discard(self)

    def _words(self) -> str:
        return self._doing[0] if len(self._doing) == 1 else "calling {!r} of {!r}".format(*self._doing)


def is_stream(result: object) -> bool:
    """Return whether *result* of a call is an iterator of the process."""
    return type(result) in (RemoteIterator, AsyncRemoteIterator)


def named_stream(stream: Any, running: Running, waiting: Callable[[], Waiting]) -> Any:
    """Return an iterator like *stream*, for whose items is waited like for results of calls.

    As long as it is consumed, *running* is in use: it is not ended for a call that has been given up.
    """
    make = _items if type(stream) is RemoteIterator else _async_items
    return make(stream, running.waiting, waiting)


def _items(stream: RemoteIterator, users: set[object], waiting: Callable[[], Waiting]) -> Iterator[object]:
    users.add(user := object())
    try:
        while True:
            with waiting():
                item = next(stream, _END)
            if item is _END:
                return
            yield item
    finally:
        users.discard(user)
        with suppress(PeerGoneError):
            stream.close()


async def _async_items(
    stream: AsyncRemoteIterator, users: set[object], waiting: Callable[[], Waiting]
) -> AsyncIterator[object]:
    users.add(user := object())
    try:
        while True:
            with waiting():
                item = await anext(stream, _END)
            if item is _END:
                return
            yield item
    finally:
        users.discard(user)
        with suppress(PeerGoneError):
            await stream.aclose()
