"""How does a task drive a resolution? It awaits wherever a thread sleeps.

In: a key or a function, asked with `aget` or `acall`. Out: a coroutine that returns the value.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.background import in_thread
from pegboard.injection.keys import normal
from pegboard.injection.request import Build, Frame
from pegboard.injection.resolution import Resolution, frame_for
from pegboard.injection.store import Resource
from pegboard.ledger import DORMANT

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import Callable, Coroutine, Generator
    from typing import Any

    from pegboard.injection.core import Core
    from pegboard.injection.request import Request
    from pegboard.injection.store import Store
    from pegboard.ledger import Contribution


class AsyncResolution(Resolution):
    """One awaited request to the container. A task that a provider starts counts as part of it until it returns."""

    __slots__ = ("_dormant", "pending")

    is_async = True

    def __init__(self, core: Core, parent: Request | None) -> None:
        super().__init__(core, parent)
        self.pending: list[Pending] = []
        """What the middlewares around one value were given to await."""
        self._dormant: tuple[Frame, Contribution]  # whose plugin is to be imported

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

    def _wake(self, frame: Frame, contribution: Contribution) -> object:
        self._dormant = frame, contribution
        return DORMANT

    async def importing(self) -> None:
        """Import a plugin in a thread, so that the event loop goes on meanwhile."""
        frame, contribution = self._dormant
        await in_thread(self.core.live, contribution)
        self.check_woken(frame, contribution)

    def innermost(self, frame: Frame) -> Callable[..., Any]:
        """Return what the last middleware calls and awaits to go on."""

        def proceed(key: Any = frame.key) -> Pending:
            inner = AsyncResolution(self.core, self)
            return self.later(lambda: _drive(inner, inner.first_for(frame, key)))

        return proceed

    def step(self, middleware: Contribution, frame: Frame, proceed: Callable[..., Any]) -> Callable[..., Any]:
        """Return what the middleware outside of *middleware* calls and awaits to go on."""
        function = self.function_of(middleware)

        def go_on(key: Any = frame.key) -> Pending:
            async def call() -> Any:
                try:
                    value = function(key, proceed)
                    return await value if hasattr(value, "__await__") else value
                except BaseException as error:
                    self.blame_middleware(frame, middleware, error)
                    raise

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
        frame.resources.append(Resource(generator, frame.key, frame.acting, is_async=True))
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


async def resolve(core: Core, key: Any, store: Store) -> Any:
    """Return the component for *key*, asked from *store*, awaiting what has to be waited for."""
    return await _drive(AsyncResolution(core, core.running.get()), Frame(key, normal(key), store))


async def call(core: Core, function: Any, given: dict[str, Any], store: Store) -> Any:
    """Return what *function* returns as `resolution.call` does, awaiting what it needs and what it is itself."""
    frame = frame_for(function, given, store, awaiting=True)
    return await _drive(AsyncResolution(core, core.running.get()), frame)


async def _drive(resolution: AsyncResolution, first: Frame) -> Any:
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
