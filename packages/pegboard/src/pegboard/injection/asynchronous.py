"""Driving a resolution from a task: waiting is awaiting. Loaded when something is first awaited."""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.injection.cleanup import blame, raise_all
from pegboard.injection.resolution import Resolution
from pegboard.injection.store import Build, Resource

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import Callable, Coroutine, Generator, Iterable
    from typing import Any

    from pegboard.injection.core import Core
    from pegboard.injection.frame import Frame
    from pegboard.injection.request import Request


class AsyncResolution(Resolution):
    """One awaited request to the container. A task that a provider starts counts as part of it until it returns."""

    __slots__ = ("pending",)

    is_async = True

    def __init__(self, core: Core, parent: Request | None) -> None:
        super().__init__(core, parent)
        self.pending: list[Pending] = []
        """What the middlewares around one value were given to await."""

    def subscribe(self, build: Build) -> None:
        """Be woken, in the event loop of this task, when *build* has ended. Call it with the lock held."""
        from asyncio import get_running_loop  # only when two ask at once; who awaits has imported it

        loop = get_running_loop()
        self.waiter = loop.create_future()
        build.waiters.append((_waker(loop, self.waiter), self))
        self.begin_wait(build)

    async def wait_for(self, build: Build) -> None:
        """Wait until *build* has ended."""
        try:
            await self.waiter
        finally:
            with self.core.lock:
                self.end_wait(build)

    def innermost(self, frame: Frame) -> Callable[..., Any]:
        """Return what the last middleware calls and awaits to go on."""

        def proceed(key: Any = frame.key) -> Pending:
            inner = AsyncResolution(self.core, self)
            return self.later(lambda: resolve(inner, inner.first_for(frame, key)))

        return proceed

    def step(self, middleware: Callable[[Any, Any], Any], own: Any, proceed: Callable[..., Any]) -> Callable[..., Any]:
        """Return what the middleware outside of *middleware* calls and awaits to go on."""

        def go_on(key: Any = own) -> Pending:
            async def call() -> Any:
                value = middleware(key, proceed)
                return await value if hasattr(value, "__await__") else value

            return self.later(call)

        return go_on

    def later(self, start: Callable[[], Coroutine[Any, Any, Any]]) -> Pending:
        """Return something to await that calls *start* then."""
        pending = Pending(start)
        self.pending.append(pending)
        return pending

    async def enter_later(self, frame: Frame, generator: Any) -> Any:
        """Return the value of an asynchronous generator, which is to clean up in the end."""
        try:
            value = await generator.__anext__()
        except StopAsyncIteration:
            raise TypeError("a provider that is a generator has to yield its value, this one yields nothing") from None
        frame.resources.append(Resource(generator, frame, is_async=True))
        return value

    def awaited(self, frame: Frame, value: Any) -> Generator[Any, Any, Any]:
        """Return what *value*, the result of a middleware, stands for, after waiting for it.

        Raises:
            AsyncRequiredError: If a middleware made something of the awaitable instead of awaiting it.
        """
        if hasattr(value, "__await__"):
            value = yield value
        pending, self.pending = self.pending, []
        if any(one.is_forgotten for one in pending):
            from pegboard.injection.faults import must_await

            raise must_await(self, frame, "a middleware has to be `async def` to look at what it gets")
        return value


class Pending:
    """What `proceed` gives a middleware under `aget`: to be awaited, or returned as it is."""

    __slots__ = ("is_forgotten", "start")

    def __init__(self, start: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self.start: Callable[[], Coroutine[Any, Any, Any]] = start
        self.is_forgotten: bool = True

    def __await__(self) -> Generator[Any, Any, Any]:
        self.is_forgotten = False
        return (yield from self.start().__await__())


def _waker(loop: AbstractEventLoop, waiter: Future[None]) -> Callable[[], None]:
    def done() -> None:
        if not waiter.done():
            waiter.set_result(None)

    def wake() -> None:
        try:
            loop.call_soon_threadsafe(done)
        except RuntimeError:  # the loop is closed: nobody is left to be woken there
            return

    return wake


async def resolve(resolution: AsyncResolution, first: Frame) -> Any:
    """Build *first*, awaiting what has to be waited for."""
    with resolution.drive(first) as steps:
        try:
            pending = next(steps)
            while True:
                try:
                    value = await (resolution.wait_for(pending) if type(pending) is Build else pending)
                except BaseException as error:
                    pending = steps.throw(error)
                else:
                    pending = steps.send(value)
        except StopIteration:
            pass
    return first.value


async def finish_all(resources: Iterable[Resource], where: str) -> None:
    """Clean up *resources* one after another, each of them whatever the others do.

    Raises:
        ExceptionGroup: Of everything that was raised; each one says whose clean-up it was.
    """
    errors: list[BaseException] = []
    for resource in resources:
        try:
            if resource.is_async:
                await finish(resource)
            else:
                resource.finish()
        except BaseException as error:
            errors.append(blame(error, resource))
    raise_all(errors, where)


async def finish(resource: Resource) -> None:
    """Run what comes after the yield of an asynchronous generator.

    Raises:
        RuntimeError: If it yields again.
    """
    try:
        await resource.generator.__anext__()
    except StopAsyncIteration:
        return
    await resource.generator.aclose()
    raise RuntimeError("a provider with clean-up yields once, this one yields twice")
