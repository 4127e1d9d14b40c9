"""Scopes: components that live as long as a request, a command, a document. Loaded when the first one is made."""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.container import SINGLETON, TRANSIENT
from pegboard.injection.cleanup import finish_all
from pegboard.injection.frame import ASKER
from pegboard.injection.keys import normal
from pegboard.injection.resolver import Resolver
from pegboard.injection.store import Store

if TYPE_CHECKING:
    from typing import Self

    from pegboard.injection.core import Core
    from pegboard.injection.store import Resource


class Scope(Resolver):
    """A part of the program's life with components of its own, which end with it.

    Made by `Container.scope`, or by another scope for one inside it. Components that live longer come from the scopes
    around it and from the container. A provider may ask for the scope that it is used in by the key `Scope`.
    """

    __slots__ = ("name",)

    def __init__(self, core: Core, name: str, parent: Store, *, opened_by: str = "") -> None:
        from pegboard.errors import InvalidNameError

        if not isinstance(name, str) or not name.strip() or name in (SINGLETON, TRANSIENT):
            raise InvalidNameError("a scope", name)
        store = Store(name, parent)
        store.is_open = False
        store.opened_by = opened_by
        store.facade = self
        super().__init__(core, store)
        self.name: str = name
        """What providers say that belong to it."""
        if normal(Scope) not in core.fixed:
            core.fix(Scope, ASKER, TRANSIENT)

    def __repr__(self) -> str:
        return f"<scope {self.name!r}{'' if self._store.is_open else ' (closed)'}>"

    def _check(self) -> None:
        if not self._store.is_open:
            from pegboard.injection.faults import closed

            raise closed(self._store)
        super()._check()

    def __enter__(self) -> Self:
        core = self._core
        parent = self._store.parent
        with core.lock:
            if parent is not None and not parent.is_open:
                from pegboard.injection.faults import closed

                raise closed(parent)
            if not self._store.is_open:
                self._store.is_open = True
                core.scopes.append(self._store)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def close(self) -> None:
        """End it and every scope inside it: clean up in the reverse order of building.

        Raises:
            AsyncRequiredError: If something has to be awaited for it; use `async with` or `aclose`. Nothing is
                cleaned up then.
            ExceptionGroup: Of what was raised in the course of it; everything has been cleaned up that could be.
        """
        end(self._core, self._store)

    async def aclose(self) -> None:
        """Do what `close` does, awaiting what is asynchronous."""
        await aend(self._core, self._store)


def end(core: Core, store: Store) -> None:
    """End *store* and all scopes inside it, and clean up."""
    with core.lock:
        stores = inside(core, store)
        for resource in (resource for store in stores for resource in store.resources):
            if resource.is_async:
                from pegboard.errors import AsyncRequiredError
                from pegboard.injection.keys import show

                raise AsyncRequiredError(show(resource.key), "its clean-up is asynchronous", ())
        resources = close(core, stores)
    finish_all(resources, _name(store))


async def aend(core: Core, store: Store) -> None:
    """End *store* and all scopes inside it, and clean up, awaiting what is asynchronous."""
    from pegboard.injection import asynchronous

    with core.lock:
        resources = close(core, inside(core, store))
    await asynchronous.finish_all(resources, _name(store))


def inside(core: Core, outer: Store) -> list[Store]:
    """Return the open stores that end with *outer*, the innermost first."""
    found = []
    for store in reversed(core.stores()):
        around: Store | None = store
        while around is not None and around is not outer:
            around = around.parent
        if around is outer:
            found.append(store)
    return found


def close(core: Core, stores: list[Store]) -> list[Resource]:
    """Close *stores*, forget all that is in them, and return what has to be cleaned up, the last built first."""
    resources = []
    for store in stores:
        resources += store.clear()
        if store is not core.root:
            store.is_open = False
            core.scopes.remove(store)
    return resources


def _name(store: Store) -> str:
    return f"scope {store.name!r}" if store.name else "the container"
