"""Asking: what the container and its scopes have in common."""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, TypeVar, overload

    from typing_extensions import TypeForm

    from pegboard.injection.core import Core
    from pegboard.injection.frame import Frame
    from pegboard.injection.scope import Scope
    from pegboard.injection.store import Store

    T = TypeVar("T")


class Resolver:
    """What container and scopes have in common: they can be asked."""

    __slots__ = ("_cache", "_core", "_ledger", "_store")

    def __init__(self, core: Core, store: Store) -> None:
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

    def get(self, key: Any) -> Any:
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

    def _resolve(self, key: Any) -> Any:
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

    async def aget(self, key: Any) -> Any:
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

    def call(self, function: Callable[..., T], /, **given: Any) -> T:
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

    def build(self, cls: Callable[..., T], /, **given: Any) -> T:
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

    async def acall(self, function: Callable[..., Any], /, **given: Any) -> Any:
        """Return what *function* returns as `call` does, awaiting what it needs and what it is itself."""
        from pegboard.injection.asynchronous import AsyncResolution, resolve

        self._check()
        core = self._core
        frame = self._frame_for(function, given, awaiting=True)
        return await resolve(AsyncResolution(core, core.running.get()), frame)

    def _frame_for(self, function: Any, given: dict[str, Any], *, awaiting: bool = False) -> Frame:
        from pegboard.injection.frame import Frame
        from pegboard.injection.provider import COROUTINE, Provider

        target = Provider(function)
        if target.kind != COROUTINE or not awaiting:
            target.call_plainly(function)
        frame = Frame(function, None, self._store)
        frame.given = given
        frame.begin(None, target, [])
        return frame

    def scope(self, name: str) -> Scope:
        """Return a new scope, to be entered by `with` or `async with`.

        Components of that scope are built once for it, and cleaned up when it ends; at the latest when the plugin
        whose code asks for it is unloaded.

        Args:
            name: What providers say that belong to it, e.g. `request`.
        """
        from pegboard.injection.scope import Scope

        asking = sys._getframe(1).f_globals.get("__name__", "")
        return Scope(self._core, name, self._store, opened_by=asking)

    def _check(self) -> None:
        """Make the host ready; raises when this cannot be asked."""
        self._core.ready()
