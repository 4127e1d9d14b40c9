"""The other half of the container: all that a start does without, where plugins only register."""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.container import SINGLETON, Container
from pegboard.injection.core import Core
from pegboard.injection.resolver import Resolver

if TYPE_CHECKING:
    from typing import Any

    from pegboard.injection.explanation import Explanation
    from pegboard.injection.override import Override

__all__ = ["Container", "Opened"]


class Opened(Resolver):
    """What a container can do besides registering; `complete` gives it to `Container` itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<container of {len(self._core.root.instances)} built components>"

    def override(self, key: Any, provider: Any, *, scope: str | None = None) -> Override:
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

    def explain(self, key: Any) -> Explanation:
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


def complete() -> None:
    """Give `Container` its other half; nothing happens when it has it."""
    for half in (Resolver, Opened):
        for name, value in vars(half).items():
            if callable(value) and name not in ("__init__", *vars(Container)):
                setattr(Container, name, value)
    Container.__repr__ = Opened.__repr__  # type: ignore[method-assign]


def attribute(container: Container, name: str) -> object:
    """Return what *container* has under *name* once it is open; opens it, if that is what *name* needs.

    Raises:
        AttributeError: If there is nothing of that name.
    """
    if name in ("_core", "_store", "_cache"):
        with container._opening:
            if not container._is_open:
                core = Core(container._ledger, container._live, container._ready, container._report)
                core.root.facade = container
                core.fix(Container, container, SINGLETON)
                container._cache, container._store, container._core = core.root.cache, core.root, core
                container._is_open = True
    return object.__getattribute__(container, name)


complete()
