"""How long does a component live? A scope has components of its own, for a request, a command, a document.

In: the core and the store of a scope. Out: components, built once for that scope. The container's singletons are in the
scope around all others.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.injection.core import ASKER
from pegboard.injection.keys import normal
from pegboard.injection.store import Store
from pegboard.ledger import SINGLETON, TRANSIENT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, Self, TypeVar, overload

    from typing_extensions import TypeForm

    from pegboard.injection.core import Core

    T = TypeVar("T")


class Scope:
    """A period of the program's run that has components of its own; they are cleaned up at its end.

    `Container.scope` returns one, and `Scope.scope` one inside another. Other components come from the scopes around it
    and from the container. A provider gets the scope in which it is used by the key `Scope`.
    """

    __slots__ = ("_cache", "_core", "_ledger", "_store", "name")

    def __init__(self, core: Core, store: Store) -> None:
        self._core = core
        self._store = store
        self._ledger = core.ledger
        self._cache = store.cache
        self.name: str = store.name
        """The name that providers give as their scope."""

    def __repr__(self) -> str:
        return f"<scope {self.name!r}{'' if self._store.is_open else ' (closed)'}>"

    def _asked(self) -> Core:
        """Return what builds components, after making the host ready; raise if this scope is not open."""
        self._store.check_open()
        self._core.ready()
        return self._core

    async def _asked_by_task(self) -> Core:
        """Do what `_asked` does; plugins are imported in a thread, so that the event loop goes on meanwhile."""
        self._store.check_open()
        if not self._core.has_been_ready:
            from pegboard.background import in_thread

            await in_thread(self._core.ready)
            self._core.has_been_ready = True
        return self._asked()

    if TYPE_CHECKING:

        @overload
        def get(self, key: str) -> Any: ...

        @overload
        def get(self, key: TypeForm[T]) -> T: ...

        @overload
        def get(self, key: object) -> Any: ...

    def get(self, key: Any) -> Any:
        """Return the component for *key*, as `Container.get` does."""
        # Inside a provider the long way is taken, so that it is seen what depends on what.
        core = self._core
        if core.seen == self._ledger.generation and core.running.get() is None:
            try:
                return self._cache[key]
            except (KeyError, TypeError):
                pass
        from pegboard.injection.resolution import resolve

        core = self._asked()
        return resolve(core, key, self._store)

    if TYPE_CHECKING:

        @overload
        async def aget(self, key: str) -> Any: ...

        @overload
        async def aget(self, key: TypeForm[T]) -> T: ...

        @overload
        async def aget(self, key: object) -> Any: ...

    async def aget(self, key: Any) -> Any:
        """Return the component for *key*, as `Container.aget` does."""
        core = self._core
        if core.seen == self._ledger.generation and core.running.get() is None:
            try:
                return self._cache[key]
            except (KeyError, TypeError):
                pass
        from pegboard.injection.asynchronous import resolve

        core = await self._asked_by_task()
        return await resolve(core, key, self._store)

    def call(self, function: Callable[..., T], /, **given: Any) -> T:
        """Return what *function* returns, as `Container.call` does."""
        from pegboard.injection.resolution import call

        core = self._asked()
        result: T = call(core, function, given, self._store)
        return result

    def build(self, cls: Callable[..., T], /, **given: Any) -> T:
        """Return a new *cls*, as `Container.build` does."""
        return self.call(cls, **given)

    if TYPE_CHECKING:

        @overload
        async def acall(self, function: Callable[..., Awaitable[T]], /, **given: Any) -> T: ...

        @overload
        async def acall(self, function: Callable[..., T], /, **given: Any) -> T: ...

    async def acall(self, function: Callable[..., Any], /, **given: Any) -> Any:
        """Return what *function* returns, as `Container.acall` does."""
        from pegboard.injection.asynchronous import call

        core = await self._asked_by_task()
        return await call(core, function, given, self._store)

    def scope(self, name: str) -> Scope:
        """Return a new scope inside this one, as `Container.scope` does."""
        opened_by = sys._getframe(1).f_globals.get("__name__", "")
        return new_scope(self._core, name, self._store, opened_by)

    def __enter__(self) -> Self:
        self._core.enter(self._store)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def close(self) -> None:
        """End this scope and every scope inside it: clean up in the reverse order of building.

        Raises:
            AsyncRequiredError: If a clean-up must be awaited; use `async with` or `aclose`. Then nothing is cleaned up.
            ExceptionGroup: The exceptions of clean-ups. All clean-ups have run.
        """
        from pegboard.injection.cleanup import end

        end(self._core, self._store)

    async def aclose(self) -> None:
        """Do what `close` does, and await asynchronous clean-ups."""
        from pegboard.injection.cleanup import aend

        await aend(self._core, self._store)


def new_scope(core: Core, name: str, parent: Store, opened_by: str) -> Scope:
    """Return a new scope, which is to be entered.

    Args:
        core: What builds its components.
        name: What providers say that belong to it.
        parent: The store of the scope around it.
        opened_by: The module that asks for it: the scope ends at the latest when that is unloaded.

    Raises:
        InvalidNameError: If *name* cannot be a scope's.
    """
    if not isinstance(name, str) or not name.strip() or name in (SINGLETON, TRANSIENT):
        from pegboard.errors import InvalidNameError

        raise InvalidNameError("a scope", name)
    store = Store(name, parent)
    store.is_open = False
    store.opened_by = opened_by
    scope = store.facade = Scope(core, store)
    if normal(Scope) not in core.fixed:
        core.fix(Scope, ASKER, TRANSIENT)
    return scope
