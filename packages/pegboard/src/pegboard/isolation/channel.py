"""How does one process call functions in another one? Both ends of a connection are alike."""

from __future__ import annotations

import itertools
import os
import threading
import time
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

from pegboard.errors import CallDeadlineError, CannotTravelError, PeerGoneError
from pegboard.isolation import remote_errors, wire
from pegboard.isolation.calls import CURRENT, AsyncPending, Pending, Running
from pegboard.isolation.connection import Connection, Frame
from pegboard.isolation.link import Link
from pegboard.isolation.notes import Notes
from pegboard.isolation.serving import Server
from pegboard.isolation.turns import Turns
from pegboard.isolation.values import are_flat
from pegboard.isolation.workers import Workers

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pegboard.isolation.remote_errors import KnownError
    from pegboard.isolation.streams import Stream

    Serve = Callable[[str], Callable[..., object]]
    """Returns the function that a call means, or raises."""

_CHANNELS: weakref.WeakSet[Channel] = weakref.WeakSet()


def _ignore(topic: str, data: object) -> None:
    del topic, data


class Channel:
    """One end of a connection.

    Any thread and any task may call. A thread that waits for a result reads the socket itself, and runs the callbacks
    that come meanwhile. What comes while nobody waits is handled by threads of the channel. The child of a fork has the
    channel closed; its parent goes on.
    """

    def __init__(
        self,
        connection: socket.socket,
        *,
        serve: Serve,
        notified: Callable[[str, object], None] = _ignore,
        name: str = "",
        known_error: KnownError = remote_errors.built_in,
    ) -> None:
        """Take over *connection*; nothing is sent or read before `call` or `run`.

        Args:
            connection: A connected Unix stream socket, one of a pair.
            serve: Returns the function that a call of the peer means; what it raises is raised at the peer.
            notified: Takes the peer's one-way messages, one after the other, in any thread: those that were sent before
                an answer are handled before the call returns.
            name: What is at the other end, for errors: e.g. `plugin 'csv' of acme-csv 1.2.0`.
            known_error: Returns the class of an exception, given its module and qualified name, or None. What the peer
                has raised is raised as the nearest of its classes that is known; none that would end something.
        """
        self.name = name or "the other process"
        self._known_error = known_error
        self._connection = Connection(connection, self.name)
        self._workers = Workers(self.name)
        self._link = Link(self._connection, self, ended=self._ask_to_tidy, drop=self._drop_stream)
        self.given = self._link.given
        self._notes = Notes(self._link, notified, self._workers.run)
        self._server = Server(
            self._link, self._workers, serve, done=self._forget, broken=self._break, attend_now=self._attend_now
        )
        self._turns = Turns(
            self._connection,
            hand_on=self._hand_on,
            ended=self._end,
            is_needed=self._is_needed,
            tidy=partial(self._workers.run, self._link.settle),
        )
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._pending: dict[int, Pending | AsyncPending] = {}
        self._abandoned: set[int] = set()
        self._running: dict[int, Running] = {}
        self._host: Pending | None = None
        """The thread that serves, see `run`."""
        self._tasks = 0
        self._has_ended = False
        _CHANNELS.add(self)

    # -- calling ------------------------------------------------------------------------------------------------------

    def call(
        self,
        target: str,
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
        *,
        deadline_s: float | None = None,
    ) -> Any:
        """Call what *target* means at the peer, and return its result.

        Args:
            target: Given to the peer's `serve`.
            args: Plain data, bytes, arrays, open files, iterators, functions; likewise in *kwargs*.
            kwargs: Arguments by name.
            deadline_s: Seconds to wait; forever if None. Then the call is cancelled at the peer.

        Raises:
            CannotTravelError: An argument, or the result, cannot be sent.
            CallDeadlineError: It took longer than *deadline_s*.
            PeerGoneError: The connection has ended.
            RemoteError: The peer has raised an exception of a class that is not known here; of one that is, it is the
                cause.
        """
        return self._request(wire.CALL, target, args, kwargs or {}, deadline_s)

    async def acall(
        self,
        target: str,
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
        *,
        deadline_s: float | None = None,
    ) -> Any:
        """Do the same without blocking the event loop; the call is cancelled with its task."""
        return await self._arequest(wire.CALL, target, args, kwargs or {}, deadline_s)

    def request(
        self, kind: int, what: int, args: Sequence[object] = (), kwargs: Mapping[str, object] | None = None
    ) -> Any:
        """Send a request of any kind, for functions and streams of the peer, and return the answer."""
        return self._request(kind, what, args, kwargs or {}, None)

    async def arequest(
        self, kind: int, what: int, args: Sequence[object] = (), kwargs: Mapping[str, object] | None = None
    ) -> Any:
        """Do the same without blocking the event loop."""
        return await self._arequest(kind, what, args, kwargs or {}, None)

    def notify(self, topic: str, data: object) -> None:
        """Send *data*, which is plain, to the peer's `notified`; dropped without a word if the peer is gone."""
        self._turns.start()
        self._notes.send(topic, data)

    # -- serving ------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve the peer's calls in this thread and others until the connection ends; return then."""
        host = self._host = Pending()
        self._turns.start()
        while not self._has_ended:
            self._turns.wait(host)
            item = host.inbox.pop(0)
            if isinstance(item, Running):
                self._server.run_alone(item)

    def close(self) -> None:
        """End the connection; calls under way raise `PeerGoneError`. Closing twice does nothing."""
        if not self._connection.is_closed:
            self._connection.cause = "it was closed here"
        self._connection.shut()
        self._turns.end()

    @property
    def is_closed(self) -> bool:
        """Whether the connection has ended, on whichever side."""
        return self._connection.is_closed

    # -- requests of this process -------------------------------------------------------------------------------------

    def _request(
        self, kind: int, what: str | int, args: Sequence[object], kwargs: Mapping[str, object], deadline_s: float | None
    ) -> Any:
        pending = Pending()
        running = CURRENT.get()
        parent = 0 if running is None or running.peer is not self else running.frame.id
        is_paused = running is not None and running.pause(pending)
        id_ = next(self._ids)
        is_under_way = False
        self._pending[id_] = pending
        try:
            until = None if deadline_s is None else time.monotonic() + deadline_s
            is_under_way = True  # from here on an interrupt may come when it is
            self._send(kind, id_, parent, what, args, kwargs)
            frame = self._answer(pending, until)
            is_under_way = frame is None
        except (CannotTravelError, PeerGoneError):
            is_under_way = False
            raise
        finally:
            self._finish(id_, pending, is_abandoned=is_under_way)
            if is_paused and running is not None:
                running.go_on()
        if frame is None:
            raise CallDeadlineError(self.name, str(what), float(deadline_s or 0))
        return self._value(frame, pending)

    def _send(  # noqa: PLR0917 -- six numbers and words
        self, kind: int, id_: int, parent: int, what: str | int, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> None:
        """Send a request."""
        self._turns.start()
        value = [what, [*args], {**kwargs}]
        if kwargs or not are_flat(args) or not self._link.send_plain(kind, id_, parent, value):
            self._link.send(kind, id_, parent, value, partial(_arguments, args, kwargs))

    def _answer(self, pending: Pending, until: float | None) -> Frame | None:
        """Return the answer, and run the callbacks that come before it; None if time is over."""
        while self._turns.wait(pending, until):
            item = pending.inbox.pop(0)
            if type(item) is Frame:
                return item
            if isinstance(item, BaseException):
                raise item
            pending.is_busy = True
            try:
                error = self._server.run(item, pending)
            finally:
                pending.is_busy = False
            if error is not None:
                raise error
        return None

    async def _arequest(
        self, kind: int, what: str | int, args: Sequence[object], kwargs: Mapping[str, object], deadline_s: float | None
    ) -> Any:
        import asyncio

        pending = AsyncPending(self._server.run_in_loop)
        running = CURRENT.get()
        parent = 0 if running is None or running.peer is not self else running.frame.id
        id_ = next(self._ids)
        is_under_way = False
        self._pending[id_] = pending
        self._tasks += 1
        self._turns.has_tasks = True
        try:
            is_under_way = True
            self._send(kind, id_, parent, what, args, kwargs)
            self._turns.attend_now()
            async with asyncio.timeout(deadline_s):
                frame = await pending.future
            is_under_way = False
        except (CannotTravelError, PeerGoneError):
            is_under_way = False
            raise
        except TimeoutError:
            raise CallDeadlineError(self.name, str(what), float(deadline_s or 0)) from None
        finally:
            self._tasks -= 1
            self._turns.has_tasks = self._tasks > 0
            self._finish(id_, pending, is_abandoned=is_under_way)
        if isinstance(frame, BaseException):
            raise frame
        return self._value(frame, pending)

    def _value(self, frame: Frame, pending: Pending | AsyncPending) -> Any:
        """Return what an answer says; raise it if it is an exception."""
        if self._notes.waiting or self._notes.handler:
            self._notes.handle()
        try:
            value = self._link.read(frame)
            if frame.kind == wire.REPLY:
                return value
            error = remote_errors.read(value, self, self._known_error)
            own = pending.own_error(value.get("origin"))
        except ValueError as problem:
            raise self._break(problem) from problem
        raise error if own is None else own

    def _finish(self, id_: int, pending: Pending | AsyncPending, *, is_abandoned: bool) -> None:
        """Forget a request; tell the peer if nobody waits for its answer any more."""
        with self._lock:
            self._pending.pop(id_, None)
            left = [each for each in pending.inbox if isinstance(each, Running)] if pending.inbox else ()
            is_abandoned = is_abandoned and not self._has_ended
            if is_abandoned:
                self._abandoned.add(id_)
        for running in left:
            self._workers.run(partial(self._server.run_alone, running))
        if is_abandoned:
            self._workers.run(partial(self._cancel, id_))

    def _cancel(self, id_: int) -> None:
        try:
            self._link.send_bare(wire.CANCEL, id_)
        except PeerGoneError:
            pass

    # -- frames that come ---------------------------------------------------------------------------------------------

    def _hand_on(self, frame: Frame) -> None:
        """Hand a frame to whom it is for; raise if the peer may not send it."""
        try:
            if frame.kind in wire.ANSWERS:
                pending = self._pending.get(frame.id)
                if pending is None:
                    self._hand_on_late(frame)
                elif self._turns.reader is pending:
                    pending.inbox.append(frame)
                else:
                    pending.deliver(frame)
            elif frame.kind in wire.REQUESTS:
                self._hand_on_request(frame)
            elif not self._link.take(frame):
                if frame.kind == wire.CANCEL:
                    running = self._running.get(frame.id)
                    if running is not None:
                        running.cancel()
                elif frame.kind == wire.NOTIFY:
                    self._notes.take(frame)
                else:
                    self._notes.noted(frame.id)
        except Exception as error:
            raise self._connection.broken(str(error)) from error

    def _hand_on_late(self, frame: Frame) -> None:
        with self._lock:
            if frame.id not in self._abandoned:
                raise ValueError(f"there is an answer to request {frame.id}, which was not made")
            self._abandoned.discard(frame.id)
        self._workers.run(partial(self._read_in_vain, frame))

    def _read_in_vain(self, frame: Frame) -> None:
        """Read an answer that nobody waits for, so that what it has given is given back."""
        try:
            self._link.read(frame)
        except Exception as error:
            del error

    def _hand_on_request(self, frame: Frame) -> None:
        if len(self._running) >= wire.MOST_QUEUED or frame.id in self._running:
            raise ValueError(f"request {frame.id} is one too many")
        running = self._running[frame.id] = Running(frame, self)
        if frame.parent:
            with self._lock:
                pending = self._pending.get(frame.parent)
                if pending is not None and not pending.is_busy:
                    pending.deliver(running)
                    return
        host = self._host
        if host is not None and self._turns.reader is host and not host.inbox:
            host.inbox.append(running)
        else:
            self._workers.run(partial(self._server.run_alone, running))

    def _forget(self, running: Running) -> None:
        self._running.pop(running.frame.id, None)

    def _drop_stream(self, stream: Stream) -> None:
        def close() -> None:
            result = stream.close()
            if hasattr(type(result), "__await__"):
                self._workers.loop().call_soon_threadsafe(partial(_ensure, result))

        self._workers.run(close)

    def _ask_to_tidy(self) -> None:
        self._turns.ask_to_tidy()

    def _attend_now(self) -> None:
        self._turns.attend_now()

    def _is_needed(self) -> bool:
        return bool(self._running or self._tasks or self._connection.sending.locked())

    # -- the end ------------------------------------------------------------------------------------------------------

    def _break(self, error: Exception) -> PeerGoneError:
        """End the connection, since the peer has sent what it may not send."""
        return self._connection.broken(str(error))

    def _end(self, error: PeerGoneError) -> None:
        """Tell all who wait that the connection has ended; whoever calls this has the turn to read."""
        with self._lock:
            if self._has_ended:
                return
            self._has_ended = self._connection.is_closed = True
            waiting = [*self._pending.values()]
            self._abandoned.clear()
        for pending in waiting:
            pending.deliver(type(error)(*error.args))
        if self._host is not None:
            self._host.deliver(error)
        for running in [*self._running.values()]:
            running.cancel()
        self._notes.close()
        self._link.close()
        with self._connection.sending:
            self._connection.drop()
        self._turns.drop()
        self._workers.close()

    def _forked(self) -> None:
        """Close what the child of a fork has of the connection; its parent's goes on."""
        self._connection.is_closed = self._has_ended = True
        self._connection.cause = "it is that of the process that this one was forked from"
        self._server.is_in_child = True
        self._connection.drop()
        self._turns.drop_in_child()


def _arguments(args: Iterable[object], kwargs: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    for number, value in enumerate(args, 1):
        yield f"argument {number}", value
    for name, value in kwargs.items():
        yield f"argument {name!r}", value


def _ensure(awaitable: Any) -> None:
    import asyncio

    async def wait() -> None:
        await awaitable

    task = asyncio.get_running_loop().create_task(wait())
    task.add_done_callback(lambda done: done.cancelled() or done.exception())


def _close_in_child() -> None:
    for channel in [*_CHANNELS]:
        channel._forked()  # noqa: SLF001 -- it is this module's


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)
