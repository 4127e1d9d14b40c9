"""Methods of `Registry` that most starts do not call.

In: a registry. Out: what the methods say. `Registry` defers to them: see `index.deferred`.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from contextlib import AbstractContextManager
    from typing import Any, Final, TypeVar

    from pegboard._typing import TypedRegistry
    from pegboard.claims import Claims
    from pegboard.ledger import Contribution, Plugin

    T = TypeVar("T")
else:
    T = None
    TypedRegistry = {T: object}

_FAILED: Final = object()


class RegistryMethods(TypedRegistry[T]):
    """The methods. Type checkers know this class as the base of `Registry`."""

    if TYPE_CHECKING:  # what they use of `Registry`
        name: str
        allow_override: bool
        _manager: Any
        _ready: Callable[[], None]

        def names(self) -> tuple[str, ...]: ...
        def winner(self, name: str, without: Collection[Plugin] = ()) -> Contribution: ...

    if not TYPE_CHECKING:  # `TypedRegistry` says what these are to type checkers

        def get(self, name: str, default: Any = None) -> Any:
            """Return the contribution of that name, or *default* when there is none.

            Raises:
                PluginError: In strict mode, if its plugin cannot be imported; else that is reported.
            """
            if name in self:
                try:
                    return self[name]
                except Exception:  # a plugin that fails now is left out, as it would have been at an eager start
                    if name in self or self._manager.is_strict:
                        raise
            return default

        async def aget(self, name: str, default: Any = None) -> Any:
            """Do what `get` does; plugins are imported in a thread, so that an event loop of `asyncio` goes on."""
            from pegboard.calling import read

            return await read(self, self._manager, self._ready, name, self.get, default)

        def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
            """Call the contribution of that name, so that whatever it raises names its plugin.

            Errors of built-in plugins and of the application pass unchanged, as with `Host.run`, and so do the types in
            `passing`. What it registers is its plugin's. The boundary holds until all of its code has run: a coroutine
            or a generator that it returns is one whose errors name the plugin, too.

            Args:
                name: The contribution's.
                *args: Its arguments.
                **kwargs: Its named arguments.

            Returns:
                What it returns.

            Raises:
                ContributionNotFoundError: If there is none of that name.
                PluginError: If its plugin cannot be imported.
                PluginCallError: From whatever it raised. `KeyboardInterrupt` always passes.
            """
            from pegboard.calling import call

            return call(self, self._manager, name, args, kwargs)

        async def acall(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
            """Do what `call` does, and await what it returns if that can be awaited; cancellation passes.

            Its plugin is imported in a thread, so that an event loop of `asyncio` goes on meanwhile. The contribution
            itself runs in the loop's thread.
            """
            from pegboard.calling import acall

            return await acall(self, self._manager, self._ready, name, (args, kwargs))

    def override(self, name: str, item: T, /, **metadata: Any) -> AbstractContextManager[T]:
        """Return a context manager, for tests, in which *name* stands for *item*, whoever has it.

        Nothing is checked of *item*, which may be a fake. It counts for all threads, and blocks can be nested.

        Args:
            name: What is overridden; nothing needs to have that name.
            item: What stands there in the block.
            **metadata: What describes it; that of what it overrides when left out.
        """
        from pegboard.substitution import Substitution

        return Substitution(self, self._manager, name, item, metadata)

    def describe(self, name: str) -> Mapping[str, Any]:
        """Return the metadata of *name*, without importing a primed plugin.

        Raises:
            ContributionNotFoundError: If there is none.
        """
        return dict(self.winner(name).metadata)

    def owner(self, name: str) -> Plugin:
        """Return the plugin that provides *name*; the application itself has the empty name.

        Raises:
            ContributionNotFoundError: If there is none.
        """
        return self.winner(name).owner

    def items(self) -> Iterator[tuple[str, T]]:
        """Yield names and contributions in order, importing every plugin that owns one; what fails is left out."""
        for name in self.names():
            item: Any = self.get(name, _FAILED)
            if item is not _FAILED:
                yield name, item

    def explain(self, name: str) -> Claims:
        """Return who has *name*, who else claims it, and why; imports no plugin."""
        from pegboard.claims import explain
        from pegboard.precedence import rule_for

        rule = rule_for(self.name, allow_override=self.allow_override)
        self._ready()
        return explain(self.name, name, self._manager.ledger.find(self.name, name), rule)

    def __len__(self) -> int:
        return len(self.names())

    def __repr__(self) -> str:
        return f"<registry {self.name!r}>"
