"""A request to the container: where it came from, how far it has got, and what it waits for."""

from __future__ import annotations

import _thread
from _contextvars import ContextVar

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any, Self

    from pegboard.injection.core import Core
    from pegboard.injection.frame import Frame
    from pegboard.injection.store import Build

current: ContextVar[Request | None] = ContextVar("pegboard_request", default=None)
"""The request whose provider is running in this thread or task."""


class Request:
    """One request, with everything it leads to. What a provider asks for itself is a request inside the first one."""

    __slots__ = (
        "core",
        "error",
        "fault",
        "first",
        "is_done",
        "parent",
        "previous",
        "stack",
        "steps",
        "thread",
        "waiter",
        "waits",
    )

    is_async: bool = False

    def __init__(self, core: Core, parent: Request | None) -> None:
        self.core: Core = core
        self.parent: Request | None = parent
        """The request whose provider made this one."""
        self.stack: list[Frame] = []
        self.thread: int = _thread.get_ident()
        self.waits: list[Build] = []
        """What it, or a request made by one of its providers, is waiting for."""
        self.waiter: Any = None
        self.first: Frame
        self.steps: Generator[Any, Any, None]
        self.previous: Request | None = None
        self.is_done: bool = False
        self.error: BaseException | None = None
        """What it failed with, for the driver to raise: a generator could not raise a StopIteration."""
        self.fault: tuple[BaseException, set[Frame] | None] | None = None
        """An error on its way, with the frames that are to blame for it; None: whoever can do without."""

    def lineage(self) -> list[Request]:
        """Return this request and those whose providers led to it, innermost first."""
        found = [self]
        while (parent := found[-1].parent) is not None and not parent.is_done:
            found.append(parent)
        return found

    def path(self) -> list[Frame]:
        """Return all frames from the outermost request to the innermost, through requests made by providers."""
        frames: list[Frame] = []
        for part in reversed(self.lineage()):
            frames += [frame for frame in part.stack if not frames or frame is not frames[-1]]
        return frames

    def blame(self, error: BaseException, frames: set[Frame] | None) -> BaseException:
        """Return *error*, for which *frames* are to blame."""
        self.fault = (error, frames)
        return error

    def run(self, first: Frame) -> Generator[Any, Any, None]:
        """Build the value of *first*; yields what has to be waited for."""
        raise NotImplementedError  # pragma: no cover -- a resolution does it

    # -- driving it ---------------------------------------------------------------------------------------------------

    def drive(self, first: Frame) -> Self:
        """Begin to build *first*; `with` gives the steps, and raises in the end what they failed with."""
        self.first = first
        self.steps = self.run(first)
        return self

    def __enter__(self) -> Generator[Any, Any, None]:
        self.previous = current.get()
        current.set(self)
        return self.steps

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        current.set(self.previous)
        self.is_done = True
        if error is not None:  # the wait was interrupted, or a report raised
            self.steps.close()
            return
        failure, self.error = self.error, None
        parent = self.parent
        if parent is not None and not parent.is_done:
            if failure is not None:
                parent.fault = self.fault
            if parent.stack and parent.core is self.core:
                self._hand_over(parent.stack[-1], failure)
        if failure is not None:
            raise failure

    def _hand_over(self, user: Frame, failure: BaseException | None) -> None:
        """Let *user*, whose provider asked for the value itself, depend on it as if it had been injected."""
        first = self.first
        if user is first:
            return
        if failure is not None:  # the provider may go on without, until somebody provides it
            if first.normal is not None and not self.core.provides(first.key, first.normal):
                user.depend(first.key, first.normal, None)
            return
        if first.instance is None:
            user.dependencies.update(first.dependencies)
        if first.normal is not None:
            user.depend(first.key, first.normal, first.instance)
            user.direct[first.normal] = None

    # -- waiting ------------------------------------------------------------------------------------------------------

    def subscribe(self, build: Build) -> None:
        """Be woken when *build* has ended. Call it with the lock held."""
        waiter = _thread.allocate_lock()
        waiter.acquire()
        self.waiter = waiter
        build.waiters.append((waiter.release, self))
        self.core.blocked[self.thread] = build
        self.begin_wait(build)

    def wait(self, build: Build) -> None:
        """Sleep until *build* has ended."""
        try:
            self.waiter.acquire()
        finally:
            with self.core.lock:
                self.core.blocked.pop(self.thread, None)
                self.end_wait(build)

    def begin_wait(self, build: Build) -> None:
        """Remember the wait, here and where this request came from: none of them can go on."""
        for request in self.lineage():
            request.waits.append(build)

    def end_wait(self, build: Build) -> None:
        """Forget the wait."""
        for request in self.lineage():
            if build in request.waits:
                request.waits.remove(build)
        build.waiters = [waiter for waiter in build.waiters if waiter[1] is not self]
