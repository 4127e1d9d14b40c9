"""The container: components by type, built when they are asked for, overridable and decoratable by plugins.

Every provider and decorator is a row of the ledger and so has an owner. The latest row in the ledger's order serves.
When a plugin's row cannot serve, the one below it does, and the user is told; what the application itself raises
passes unchanged.

A chain of dependencies may be as deep as memory allows: depth costs no frames of Python's stack. With middlewares
each level costs three frames and two more for every middleware after the first, so that one middleware allows about
320 levels at Python's default recursion limit of 1000.
"""

import _thread

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, Final, ParamSpec, TypeVar, overload

    from typing_extensions import TypeForm

    from pegboard.errors import PegboardError
    from pegboard.injection.core import Core
    from pegboard.injection.explanation import Explanation
    from pegboard.injection.frame import Frame
    from pegboard.injection.override import Override
    from pegboard.injection.scope import Scope
    from pegboard.injection.store import Store
    from pegboard.ledger import Ledger

    P = ParamSpec("P")
    T = TypeVar("T")
    K = TypeVar("K")

__all__ = ["SINGLETON", "TRANSIENT", "Container", "Resolver"]

COMPONENT: "Final" = "component"
"""The kind of rows that provide."""
DECORATOR: "Final" = "decorator"
"""The kind of rows that wrap what was there."""

SINGLETON: "Final" = "singleton"
"""One instance for the container's life."""
TRANSIENT: "Final" = "transient"
"""A new instance for everyone who asks."""
MIDDLEWARE: "Final" = "middleware"
"""The kind of rows that stand around the making of every component."""

_SAME: "Final" = object()
_IS_VALUE: "Final" = {"is_value": True}


class Resolver:
    """What container and scopes have in common: they can be asked."""

    __slots__ = ("_cache", "_core", "_ledger", "_store")

    def __init__(self, core: "Core", store: "Store") -> None:
        self._core = core
        self._store = store
        self._ledger = core.ledger
        self._cache = store.cache

    if TYPE_CHECKING:

        @overload
        def get(self, key: str) -> Any: ...

        @overload
        def get(self, key: TypeForm[T]) -> T: ...

        @overload
        def get(self, key: object) -> Any: ...

    def get(self, key: "Any") -> "Any":
        """Return the component for *key*, built if need be together with all it needs.

        Singletons are built once, also when several threads ask. One that is there already is returned without
        another look at plugins or middlewares.

        Raises:
            MissingDependencyError: If nothing provides *key*, or something that it needs.
            CircularDependencyError: If it needs itself.
            AnnotationError: If it cannot be seen from an annotation what a parameter needs.
            ProviderError: If a plugin's provider failed and there is none below it.
            ScopeError: If it belongs to a scope that is not open here.
            AsyncRequiredError: If it has to be awaited: use `aget`.
        """
        # Inside a provider the long way is taken, so that it is seen what depends on what.
        core = self._core
        if core.seen == self._ledger.generation and core.running.get() is None:
            try:
                return self._cache[key]
            except (KeyError, TypeError):
                pass
        return self._resolve(key)

    def _resolve(self, key: "Any") -> "Any":
        from pegboard.injection.frame import Frame
        from pegboard.injection.keys import normal
        from pegboard.injection.resolution import Resolution, resolve

        self._check()
        core = self._core
        return resolve(Resolution(core, core.running.get()), Frame(key, normal(key), self._store))

    if TYPE_CHECKING:

        @overload
        async def aget(self, key: str) -> Any: ...

        @overload
        async def aget(self, key: TypeForm[T]) -> T: ...

        @overload
        async def aget(self, key: object) -> Any: ...

    async def aget(self, key: "Any") -> "Any":
        """Return the component for *key* as `get` does, awaiting the providers that are asynchronous."""
        core = self._core
        if core.seen == self._ledger.generation and core.running.get() is None:
            try:
                return self._cache[key]
            except (KeyError, TypeError):
                pass
        from pegboard.injection.asynchronous import AsyncResolution, resolve
        from pegboard.injection.frame import Frame
        from pegboard.injection.keys import normal

        self._check()
        frame = Frame(key, normal(key), self._store)
        return await resolve(AsyncResolution(core, core.running.get()), frame)

    def call(self, function: "Callable[..., T]", /, **given: "Any") -> "T":
        """Return what *function* returns when it is called with what its annotations ask for.

        Args:
            function: A function, method, class, or object that can be called.
            **given: Arguments that are not to be injected.

        Raises:
            ContainerError: If something that it needs cannot be built. What *function* itself raises passes unchanged.
        """
        from pegboard.injection.resolution import Resolution, resolve

        self._check()
        core = self._core
        result: T = resolve(Resolution(core, core.running.get()), self._frame_for(function, given))
        return result

    def build(self, cls: "Callable[..., T]", /, **given: "Any") -> "T":
        """Return a new *cls*, made with what its constructor's annotations ask for; nobody needs to provide it.

        Args:
            cls: A class or a function; what is provided under it as a key does not matter.
            **given: Arguments that are not to be injected.
        """
        return self.call(cls, **given)

    if TYPE_CHECKING:

        @overload
        async def acall(self, function: Callable[..., Awaitable[T]], /, **given: Any) -> T: ...

        @overload
        async def acall(self, function: Callable[..., T], /, **given: Any) -> T: ...

    async def acall(self, function: "Callable[..., Any]", /, **given: "Any") -> "Any":
        """Return what *function* returns as `call` does, awaiting what it needs and what it is itself."""
        from pegboard.injection.asynchronous import AsyncResolution, resolve

        self._check()
        core = self._core
        frame = self._frame_for(function, given, awaiting=True)
        return await resolve(AsyncResolution(core, core.running.get()), frame)

    def _frame_for(self, function: "Any", given: "dict[str, Any]", *, awaiting: bool = False) -> "Frame":
        from pegboard.injection.frame import Frame
        from pegboard.injection.provider import COROUTINE, Provider

        target = Provider(function)
        if target.kind != COROUTINE or not awaiting:
            target.call_plainly(function)
        frame = Frame(function, None, self._store)
        frame.given = given
        frame.begin(None, target, [])
        return frame

    def scope(self, name: str) -> "Scope":
        """Return a new scope, to be entered by `with` or `async with`.

        Components of that scope are built once for it, and cleaned up when it ends.

        Args:
            name: What providers say that belong to it, e.g. `request`.
        """
        from pegboard.injection.scope import Scope

        return Scope(self._core, name, self._store)

    def _check(self) -> None:
        """Make the host ready; raises when this cannot be asked."""
        self._core.ready()


class Container(Resolver):
    """Components by key: types, `NewType`, generic aliases, `Annotated`, protocols and text.

    Made by `Host.container`. `typing.List[Entry]` and `list[Entry]` are one key. The container can be injected, too,
    under its own class.

    Keys of one container are safe to ask for from any thread and task. A change of providers while the program runs
    takes effect at the next request: what depends on the change is forgotten, and nothing else is.
    """

    __slots__ = ("_is_open", "_opening", "_ready", "_report")

    def __init__(
        self, ledger: "Ledger", *, ready: "Callable[[], None]", report: "Callable[[PegboardError], None]"
    ) -> None:
        """Make a container of everything in *ledger*.

        Args:
            ledger: Where providers and decorators are kept, with their owners.
            ready: Called before the first look at the ledger and before each thing that is built.
            report: Told of each plugin that could not do what it offered and was done without.
        """
        # Registering needs no more than this: what resolves is loaded when something is asked for.
        self._ledger = ledger
        self._ready = ready
        self._report = report
        self._opening = _thread.RLock()
        self._is_open = False

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Open the container at the first use of what only an open one has."""
            if name not in ("_core", "_store", "_cache"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            from pegboard.injection.core import Core

            with self._opening:
                if not self._is_open:
                    core = Core(self._ledger, self._ready, self._report)
                    core.root.facade = self
                    core.fix(Container, self, SINGLETON)
                    self._cache, self._store, self._core = core.root.cache, core.root, core
                    self._is_open = True
            return object.__getattribute__(self, name)

    def __repr__(self) -> str:
        return f"<container of {len(self._core.root.instances)} built components>"

    # -- what there is ------------------------------------------------------------------------------------------------

    def provide(self, key: "K", provider: "Any" = _SAME, *, scope: str = SINGLETON) -> "K":
        """Say what *key* stands for. The latest provider of a key serves, by the order of their owners.

        A class, function or method is called, with parameters injected by their annotations; parameters with a
        default are left alone when nobody provides what they ask for. A generator function, or one that
        `contextlib.contextmanager` has decorated, yields the component and cleans up after its yield; both may be
        asynchronous. Anything else is the component itself: text, numbers, instances, partial functions.

        Nothing is called, read or imported now.

        Args:
            key: What it is asked for by.
            provider: What makes it; *key* itself when left out.
            scope: `SINGLETON` for one instance, `TRANSIENT` for a new one each time, or the name of the scope that
                each instance lives in.

        Returns:
            *key*, so that it can decorate a class.

        Raises:
            HostError: If *key* is not hashable.
        """
        text = _text(key)
        live = key if provider is _SAME else provider
        self._ledger.add(COMPONENT, key, live, text=text, metadata=None if scope == SINGLETON else {"scope": scope})
        return key

    def provide_value(self, key: "K", value: "Any") -> "K":
        """Say that *key* stands for *value*, also when that is a class or function.

        Raises:
            HostError: If *key* is not hashable.
        """
        self._ledger.add(COMPONENT, key, value, text=_text(key), metadata=_IS_VALUE)
        return key

    def decorate(self, key: "Any", wrapper: "Callable[..., Any]") -> None:
        """Let *wrapper* wrap whatever is provided for *key*, by whomever and whenever.

        Several compose: the first in order is the innermost.

        Args:
            key: What is to be wrapped.
            wrapper: A class or function; its first parameter is what was there, the others are injected.

        Raises:
            HostError: If *key* is not hashable, or *wrapper* cannot be called.
        """
        given: Any = wrapper
        if not callable(given):
            from pegboard.errors import HostError
            from pegboard.injection.keys import show

            raise HostError(f"{wrapper!r} cannot decorate {show(key)}: it cannot be called")
        self._ledger.add(DECORATOR, key, wrapper, text=_text(key))

    def use(
        self,
        middleware: "Callable[[Any, Callable[..., Any]], Any]",
        *,
        awaited: "Callable[[Any, Callable[..., Any]], Awaitable[Any]] | None" = None,
    ) -> None:
        """Let *middleware* stand around the making of every component; the one used first is the outermost.

        It is called as `middleware(key, proceed)` each time that a component has to be made, and returns it:
        `proceed(key)`, something of its own, or what another key stands for by `proceed(other)`. What it returns for
        a key that nobody provides is asked for anew each time. Components that are there already are not made, and
        no middleware is called for them.

        Under `aget`, `proceed(key)` has to be awaited or returned; a middleware that looks at its result is `async
        def` and works there only.

        All that has been built so far is forgotten, since it was built without *middleware*.

        Args:
            middleware: What stands around.
            awaited: What does the same under `aget`, when *middleware* looks at results.
        """
        self._ledger.add(MIDDLEWARE, middleware, (middleware, awaited), text=_text(middleware))

    def override(self, key: "Any", provider: "Any", *, scope: "str | None" = None) -> "Override":
        """Return a context manager, for tests, in which *provider* stands for *key* and everything around it.

        In the block *provider* serves alone, decorators left out. At its end, what was built from it is cleaned up
        and forgotten, and what was there before is back. It counts for all threads and scopes.

        Args:
            key: What is overridden; it need not be provided by anybody.
            provider: As in `provide`.
            scope: As in `provide`; when left out, that of the provider which is overridden.
        """
        from pegboard.injection.override import Override

        return Override(self._core, key, provider, scope)

    def explain(self, key: "Any") -> "Explanation":
        """Return who provides *key*, whom that overrides and why, and what is connected with it; imports no plugin."""
        from pegboard.injection.explanation import explain

        self._check()
        return explain(self._core, key)

    # -- the end ------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End every scope that is open, and clean up all singletons, the last built first.

        The container begins anew afterwards: what is asked for is built again.

        Raises:
            AsyncRequiredError: If something has to be awaited for it; use `aclose`. Nothing is cleaned up then.
            ExceptionGroup: Of what was raised in the course of it; everything has been cleaned up that could be.
        """
        from pegboard.injection.scope import end

        end(self._core, self._core.root)

    async def aclose(self) -> None:
        """Do what `close` does, awaiting what is asynchronous."""
        from pegboard.injection.scope import aend

        await aend(self._core, self._core.root)


def _text(key: "Any") -> str:
    if isinstance(key, type):  # by far the most; `key_text` says the same of them
        return f"{key.__module__}:{key.__qualname__}"
    from pegboard.injection.keys import key_text

    return key_text(key)
