"""How is a request of the other process run here, and answered?"""

from __future__ import annotations

import os
import time
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Any

from pegboard.errors import CannotTravelError, PeerGoneError
from pegboard.isolation import remote_errors, wire
from pegboard.isolation.calls import CURRENT, CallCancelledError
from pegboard.isolation.streams import Stream
from pegboard.isolation.values import is_flat

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Iterable

    from pegboard.isolation.calls import AsyncPending, Pending, Running
    from pegboard.isolation.link import Link
    from pegboard.isolation.workers import Workers

_now = time.perf_counter
_SLOW_S = 0.001
_MOST_SLOW = 4096
_STR = {str}


class Server:
    """Runs what the other end asks for."""

    def __init__(
        self,
        link: Link,
        workers: Workers,
        serve: Callable[[str], Callable[..., object]],
        *,
        done: Callable[[Running], None],
        broken: Callable[[Exception], object],
        attend_now: Callable[[], None],
    ) -> None:
        """Begin without any request.

        Args:
            link: Carries the answers.
            workers: Have the event loop of coroutines, and send what a loop must not wait for.
            serve: Returns the function that a target means.
            done: Told of each request that is answered.
            broken: Told what is wrong with a request that cannot be read.
            attend_now: Called before this thread does something that takes long: another one has to read.
        """
        self._link, self._workers, self._serve = link, workers, serve
        self._done, self._broken, self._attend_now = done, broken, attend_now
        self.is_in_child = False
        """Whether this process is a fork of that which has the connection."""
        self._slow: set[object] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def run_alone(self, running: Running) -> None:
        """Run a request in this thread, in a context of its own."""
        Context().run(self.run, running)

    def run(self, running: Running, pending: Pending | None = None) -> BaseException | None:
        """Run a request in this thread, in its context.

        Args:
            running: The request.
            pending: The call of this process during which it comes.

        Returns:
            What the function has raised if that is to end whoever waits: the user's interrupt, above all.
        """
        token = CURRENT.set(running)
        try:
            result = self._result(running)
            if (
                running.frame.kind != wire.MORE
                and is_flat(result)
                and self._link.send_plain(wire.REPLY, running.frame.id, 0, result)
            ):
                self._done(running)
            elif hasattr(type(result), "__await__"):
                self._hand_to_loop(running, result, self._workers.loop())
            else:
                self._answer(running, result)
        except (Exception, CallCancelledError) as error:
            self._answer_error(running, error, pending)
        except BaseException as error:
            self._answer_error(running, error, pending)
            return error
        finally:
            CURRENT.reset(token)
        return None

    def run_in_loop(self, running: Running, pending: AsyncPending) -> None:
        """Run a request in the event loop of this thread, during the task that waits for *pending*."""
        import asyncio

        CURRENT.set(running)  # the context is the request's own
        try:
            result = self._result(running)
            if hasattr(type(result), "__await__"):
                self._begin(running, result, asyncio.get_running_loop(), pending)
                return
            self._answer(running, result)
        except BaseException as error:
            self._answer_error(running, error, pending)
            if not isinstance(error, (Exception, CallCancelledError)):
                pending.deliver(error)

    def _result(self, running: Running) -> Any:
        frame = running.frame
        try:
            target, args, kwargs = value = self._link.read(frame)
            is_sound = type(args) is list and type(kwargs) is dict and (not kwargs or {*map(type, kwargs)} <= _STR)
            if is_sound and frame.kind == wire.CALL and type(target) is str:
                function = None
            else:
                target, function, args, kwargs = self._function(frame.kind, value, is_sound=is_sound)
        except (ValueError, TypeError) as error:
            self._broken(error)
            raise CallCancelledError from error
        slow = self._slow
        if slow and target in slow:
            self._attend_now()
        began = _now()
        try:
            running.enter()
            if function is None:
                function = self._serve(target)
            return function(*args, **kwargs) if kwargs else function(*args)
        finally:
            running.leave()
            if _now() - began >= _SLOW_S:
                if len(slow) < _MOST_SLOW:
                    slow.add(target)
            elif slow:
                slow.discard(target)
            if self.is_in_child:  # the function has forked, and the child has come back here
                os._exit(1)

    def _function(self, kind: int, value: Any, *, is_sound: bool) -> tuple[Any, Any, Any, Any]:
        """Return what a request means: what is asked for, the function to be called, and its arguments.

        Raises:
            ValueError: If it means nothing.
        """
        target, args, kwargs = value
        if kind == wire.CALL or not is_sound:
            raise ValueError("a request has no target, or no arguments")
        given = self._link.given.get(target)
        if kind == wire.INVOKE:
            if not callable(given):
                raise ValueError(f"{target!r} is no function")
            return -target, given, args, kwargs
        if not isinstance(given, Stream):
            raise ValueError(f"{target!r} is no stream")  # noqa: TRY004 -- as for all that cannot be read
        if kind == wire.CLOSE:
            return -target, given.close, (), {}
        most = args[0] if len(args) == 1 else None
        if type(most) is not int or not 0 < most <= wire.MOST_ITEMS:
            raise ValueError("a stream is asked for no number of items")
        return -target, given.amore if given.is_async else given.more, args, {}

    # -- answers ------------------------------------------------------------------------------------------------------

    def _answer(self, running: Running, result: Any) -> None:
        kind, id_ = running.frame.kind, running.frame.id
        try:
            if kind == wire.MORE:
                self._link.send(wire.REPLY, id_, 0, [*result], partial(_items, result[0]))
            else:
                self._link.send(wire.REPLY, id_, 0, result, partial(_result, result))
        except PeerGoneError:
            pass
        except CannotTravelError as error:
            self._answer_error(running, error, None)
            return
        self._done(running)

    def _answer_error(self, running: Running, error: BaseException, pending: Pending | AsyncPending | None) -> None:
        number = None if pending is None else pending.errors.keep(error)
        try:
            self._link.send(wire.ERROR, running.frame.id, 0, remote_errors.write(error, self._link.peer, number))
        except (PeerGoneError, CannotTravelError):
            pass
        self._done(running)

    # -- coroutines ---------------------------------------------------------------------------------------------------

    def _hand_to_loop(self, running: Running, result: Awaitable[Any], loop: asyncio.AbstractEventLoop) -> None:
        loop.call_soon_threadsafe(self._begin, running, result, loop, None)

    def _begin(
        self, running: Running, result: Awaitable[Any], loop: asyncio.AbstractEventLoop, pending: AsyncPending | None
    ) -> None:
        task = loop.create_task(self._finish(running, result, pending))
        running.run_in(task, loop)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, running: Running, result: Awaitable[Any], pending: AsyncPending | None) -> None:
        import asyncio

        try:
            value = await result
        except (Exception, CallCancelledError, asyncio.CancelledError) as error:
            self._workers.run(partial(self._answer_error, running, error, pending))
        except BaseException as error:
            self._answer_error(running, error, pending)
            if pending is not None:
                pending.deliver(error)
        else:
            self._workers.run(partial(self._answer, running, value))


def _result(result: object) -> Iterable[tuple[str, object]]:
    return (("result", result),)


def _items(items: list[object]) -> Iterable[tuple[str, object]]:
    return ((f"item {number} of the stream", item) for number, item in enumerate(items, 1))
