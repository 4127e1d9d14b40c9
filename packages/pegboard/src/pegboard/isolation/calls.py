"""What is a call under way, on the side of its caller and on the side of its callee?

In: threads and event loops. Out: objects that wait for an answer, and objects that run a function and can be cancelled.
"""

from __future__ import annotations

import threading
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any

from pegboard.isolation.remote_errors import OwnErrors
from pegboard.isolation.turns import wake

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from pegboard.isolation.connection import Frame

CURRENT: ContextVar[Running | None] = ContextVar("pegboard_isolation_running", default=None)
"""The call that this thread or task runs for another process."""


_get_ident = threading.get_ident
_LOCK = threading.Lock()
"""Held while some call is about to be interrupted, or to begin or end what may be interrupted."""


class CallCancelledError(BaseException):
    """Raised in a function whose caller in another process does not wait any more; like `KeyboardInterrupt`."""


class _Waiting:
    """What the two kinds of calls have in common."""

    __slots__ = ("_errors", "inbox", "is_busy")

    def __init__(self) -> None:
        self.inbox: list[Any] = []
        self.is_busy = False
        """Whether a callback is running."""
        self._errors: OwnErrors | None = None

    @property
    def errors(self) -> OwnErrors:
        """What its callbacks have raised."""
        if self._errors is None:
            self._errors = OwnErrors()
        return self._errors

    def own_error(self, number: object) -> BaseException | None:
        """Return what one of its callbacks has raised, by its number; None if it has not."""
        return None if self._errors is None else self._errors.get(number)


class Pending(_Waiting):
    """A call of this process, to whoever waits in a thread; it also runs the callbacks that come meanwhile."""

    __slots__ = ("gate",)

    def __init__(self) -> None:
        self.inbox = []
        self.is_busy = False
        self._errors = None
        self.gate: threading.Lock | None = None

    def deliver(self, item: object) -> None:
        """Take a frame with the answer, a call to be run, or an exception to be raised."""
        self.inbox.append(item)
        wake(self)


class AsyncPending(_Waiting):
    """The same for a task."""

    __slots__ = ("_context", "_loop", "_run", "future")

    def __init__(self, run: Callable[[Running, AsyncPending], None]) -> None:
        import asyncio

        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._context = copy_context()
        self._run = run
        self.future: asyncio.Future[Any] = self._loop.create_future()

    def deliver(self, item: object) -> None:
        """Take a frame with the answer, a call to be run, or an exception to be raised."""
        try:
            self._loop.call_soon_threadsafe(self._take, item, context=self._context.copy())
        except RuntimeError:  # the loop is closed: nobody waits
            pass

    def _take(self, item: object) -> None:
        if isinstance(item, Running):
            self._run(item, self)
        elif not self.future.done():
            self.future.set_result(item)


class Running:
    """A call of the other process that runs here, in a thread or as a task."""

    is_cancelled = False
    _thread: int | None = None
    """The thread that runs the function, while it runs code that may be interrupted."""
    _waiting: Pending | None = None
    """What that thread waits for, if it has called the other process in turn."""
    _task: asyncio.Task[Any] | None = None
    _loop: asyncio.AbstractEventLoop | None = None

    def __init__(self, frame: Frame, peer: object) -> None:
        self.frame = frame
        self.peer = peer
        """Where its caller is."""

    def run_in(self, task: asyncio.Task[Any], loop: asyncio.AbstractEventLoop) -> None:
        """Note that the rest of the call is *task*."""
        with _LOCK:
            self._task, self._loop = task, loop
            if self.is_cancelled:
                task.cancel()

    def cancel(self) -> None:
        """Interrupt the function, wherever it is."""
        with _LOCK:
            if self.is_cancelled:
                return
            self.is_cancelled = True  # before a look at the thread, which looks at this after it has left
            if self._thread is not None:
                _raise_in(self._thread, CallCancelledError)
            elif self._waiting is not None:
                self._waiting.deliver(CallCancelledError())
            elif self._task is not None and self._loop is not None:
                try:
                    self._loop.call_soon_threadsafe(self._task.cancel)
                except RuntimeError:  # the loop is closed
                    pass

    def pause(self, waiting: Pending) -> bool:
        """Have cancellation be told to *waiting*, since this thread goes on in code that must not be interrupted.

        Returns:
            Whether the function runs in this thread, so that it has to `go_on` afterwards.

        Raises:
            CallCancelledError: If the call has been cancelled.
        """
        if self._thread != threading.get_ident():
            return False
        with _LOCK:
            self._thread, self._waiting = None, waiting
        if self.is_cancelled:
            self._await_exception()
        return True

    def go_on(self) -> None:
        """Undo `pause`: cancellation interrupts this thread again.

        Raises:
            CallCancelledError: If the call has been cancelled meanwhile.
        """
        with _LOCK:
            self._waiting = None
            if not self.is_cancelled:
                self._thread = threading.get_ident()
                return
        raise CallCancelledError

    def enter(self) -> None:
        """Note that the function is run by this thread from here on, until it has to `leave`.

        Raises:
            CallCancelledError: If the call has been cancelled.
        """
        self._thread = _get_ident()
        if self.is_cancelled:
            raise CallCancelledError

    def leave(self) -> None:
        """Note that this thread is not to be interrupted any more."""
        try:
            self._thread = None
            if not self.is_cancelled:
                return
            with _LOCK:  # whoever cancels it has sent the exception
                pass
            # It may not have arrived, and must not later. Python 3.11 goes on looking for one that is taken back
            # ("The Python/C API", `PyThreadState_SetAsyncExc`), and never ends if it also calls a profile function.
            _raise_in(threading.get_ident(), CallCancelledError)
            self._await_exception()
        except CallCancelledError:
            self._thread = self._waiting = None

    @staticmethod
    def _await_exception() -> None:
        """Have the exception that was sent to this thread be raised here and not later."""
        for _ in range(2):  # the interpreter looks for it when it jumps back
            pass
        raise CallCancelledError


def _raise_in(thread: int, error: type[BaseException]) -> None:
    import ctypes  # few calls are cancelled, and it is a part of the start of a plugin's process

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))
