"""Methods of `Container` that most starts do not call.

In: a container. Out: what the methods say. `Container` defers to them: see `index.deferred`.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pegboard.injection.core import Core
    from pegboard.injection.explanation import Explanation
    from pegboard.injection.scope import Scope
    from pegboard.references.reference import Reference


class ContainerMethods:
    """The methods. Type checkers know this class as the base of `Container`."""

    __slots__ = ()

    if TYPE_CHECKING:  # what they use of `Container`
        _core: Core
        _ready: Callable[[], None]

        def _open(self) -> Scope: ...

    def explain(self, key: Any) -> Explanation:
        """Return the providers and decorators of *key*, which of them are used and why; imports no plugin."""
        from pegboard.injection.explanation import explain

        self._open()
        self._ready()
        return explain(self._core, key)

    def reference(self, key: Any, *, policy: str = "exact") -> Reference[..., Any]:
        """Return a reference to the component for *key*, for other processes; see `Registry.reference`.

        Its `resolve` returns the component there. Called, it calls the component; `method("render")` returns a
        reference that calls this method. The plugins that provide and decorate the component have to be the same.
        """
        from pegboard.references.reference import component_reference

        return component_reference(self, key, policy)

    def close(self) -> None:
        """End every open scope, and clean up all singletons, the last one that was built first.

        Afterwards the container is empty, and can be used again.

        Raises:
            AsyncRequiredError: If a clean-up must be awaited; use `aclose`. Then nothing is cleaned up.
            ExceptionGroup: The exceptions of clean-ups. All clean-ups have run.
        """
        self._open().close()

    async def aclose(self) -> None:
        """Do what `close` does, and await asynchronous clean-ups."""
        await self._open().aclose()
