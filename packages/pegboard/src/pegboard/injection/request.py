"""What is asked for, how far has it got, and what does it wait for?

In: a key, or a function to call. Out: frames, one for each key on the way. A frame takes a key from who provides it,
through what that needs, to the value. A build is a frame that other requests may wait for.
"""

from __future__ import annotations

import _thread

from pegboard._typing import TYPE_CHECKING
from pegboard.injection.core import running
from pegboard.injection.store import Dependency, Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any, Final, Self

    from pegboard.injection.core import Core
    from pegboard.injection.provider import Provider
    from pegboard.injection.store import Resource, Store
    from pegboard.ledger import Contribution

# What a frame does next.
CHOOSE: Final = 0
PIPE: Final = 1
PRODUCE: Final = 2
GATHER: Final = 3
ACT: Final = 4
DECORATE: Final = 5
FINISH: Final = 6
DONE: Final = 7


class Frame:
    """One key on its way: from who provides it, through what that needs, to the value."""

    __slots__ = (
        "acting",
        "arguments",
        "asked_from",
        "awaits",
        "build",
        "contribution",
        "decorating",
        "decorators",
        "dependencies",
        "direct",
        "failed",
        "given",
        "instance",
        "key",
        "keywords",
        "normal",
        "parameter",
        "position",
        "resources",
        "stage",
        "step",
        "store",
        "target",
        "value",
    )

    def __init__(self, key: Any, normal: Any, asked_from: Store, parameter: str = "") -> None:
        self.key: Any = key
        self.normal: Any = normal
        self.asked_from: Store = asked_from
        """Where the search for scopes begins."""
        self.parameter: str = parameter
        """The parameter it is for; empty when it was asked for directly."""
        self.stage: int = CHOOSE
        self.contribution: Contribution | None = None
        """The contribution that serves, as far as is known."""
        self.decorators: tuple[Contribution, ...] = ()
        self.failed: set[Contribution] = set()
        self.store: Store = asked_from
        """Where the instance belongs, and what its dependencies are asked from."""
        self.build: Build | None = None
        self.acting: Contribution | None = None
        """Whose code runs: the contribution that serves, or one that decorates."""
        self.decorating: Contribution | None = None
        self.target: Provider | None = None
        self.given: dict[str, Any] | None = None
        """Arguments by name that `call` was given."""
        self.position: int = 0
        """Which parameter is being filled."""
        self.step: int = 0
        self.arguments: list[Any] = []
        self.keywords: dict[str, Any] = {}
        self.awaits: bool = False
        """Whether what was called has to be awaited."""
        self.value: Any = None
        self.instance: Instance | None = None
        self.resources: list[Resource] = []
        self.direct: dict[Any, None] = {}
        self.dependencies: dict[Any, Dependency] = {}

    def begin(self, acting: Contribution | None, target: Provider, arguments: list[Any]) -> None:
        """Turn to *target*, and gather what it needs beside *arguments*."""
        self.acting = acting
        self.target = target
        self.arguments = arguments
        self.keywords = {}
        self.position = 0
        self.stage = GATHER

    def take(self, value: Any) -> None:
        """Use *value* for the parameter that is being filled."""
        assert self.target is not None  # noqa: S101 -- begin() was called
        parameter = self.target.parameters()[self.position]
        if parameter.is_keyword:
            self.keywords[parameter.name] = value
        else:
            self.arguments.append(value)
        self.position += 1

    def depend(self, key: Any, normal: Any, instance: Instance | None) -> None:
        """Remember what the value is made of."""
        if instance is not None and instance.store is None:  # nobody keeps a transient: what it is made of counts
            self.dependencies.update(instance.dependencies)
        self.dependencies[normal] = Dependency(key, instance)

    def forget_progress(self) -> None:
        """Start over with another contribution; what was looked at still counts as looked at."""
        self.stage = CHOOSE
        self.contribution = self.acting = self.decorating = None
        self.target = None
        self.step = 0
        self.direct.clear()

    def instance_of(self, contribution: Contribution) -> Instance:
        """Return what was built with *contribution*, and what it was made of."""
        return Instance(
            self.key,
            self.normal,
            self.value,
            contribution,
            decorators=self.decorators,
            failed=self.failed,
            direct=self.direct,
            dependencies=self.dependencies,
            resources=self.resources,
        )


class Build:
    """An instance that is being built by one request, while others may wait for it."""

    __slots__ = ("frame", "request", "waiters")

    def __init__(self, request: Request, frame: Frame) -> None:
        self.request: Request = request
        self.frame: Frame = frame
        self.waiters: list[tuple[Callable[[], object], Request]] = []
        """Who waits until it is built or has failed, and how to wake them."""


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
        self.previous = running.get()
        running.set(self)
        return self.steps

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        running.set(self.previous)
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

    # -- the end of a frame --------------------------------------------------------------------------------------------

    def release(self, frame: Frame) -> None:
        """Let others go on that wait for *frame*, which is built or given up."""
        build = frame.build
        if build is not None:
            frame.build = None
            with self.core.lock:
                if frame.store.builds.get(frame.normal) is build:
                    del frame.store.builds[frame.normal]
                waiters, build.waiters = build.waiters, []
            for wake, _ in waiters:
                wake()

    def drop(self, frame: Frame, reason: BaseException | None = None) -> None:
        """Give up *frame*: nobody waits for it any more, and what it has opened is closed."""
        self.release(frame)
        while frame.resources:
            resource = frame.resources.pop()
            if resource.is_async:
                frame.store.resources.append(resource)  # closed with the scope, by somebody who can await
                continue
            try:
                resource.finish()
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                if reason is not None:
                    from pegboard.foreign_object import add_note, repr_of

                    add_note(reason, f"and its clean-up raised {repr_of(error)}")
