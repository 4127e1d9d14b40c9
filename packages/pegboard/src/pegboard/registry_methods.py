"""Methods of `Registry` that most starts do not call.

In: a registry. Out: what the methods say. `Registry` defers to them: see `index.deferred`.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from contextlib import AbstractContextManager
    from typing import Any, Final, ParamSpec, TypeVar, overload

    from pegboard._typing import Readable, TypedRegistry
    from pegboard.claims import Claims
    from pegboard.ledger import Contribution, Plugin
    from pegboard.references.reference import Reference

    P = ParamSpec("P")
    R = TypeVar("R")
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
            """Return the contribution of that name, or *default* if there is none.

            Raises:
                PluginError: In strict mode, if its plugin cannot be imported. Otherwise the fault is reported.
            """
            if name in self:
                try:
                    return self[name]
                except Exception:  # a plugin that fails now is left out, as it would have been at an eager start
                    if name in self or self._manager.is_strict:
                        raise
            return default

        async def aget(self, name: str, default: Any = None) -> Any:
            """Do what `get` does; import plugins in a thread, so that they do not block an event loop of `asyncio`."""
            from pegboard.calling import read

            return await read(self, self._manager, self._ready, name, self.get, default)

        def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
            """Call the contribution of that name, and convert any exception to an error that names its plugin.

            Exceptions of built-in plugins, of the application, and of the types in `passing` are not converted; see
            `Host.run`. Exceptions of a coroutine or a generator that it returns are converted, too. What it registers
            belongs to its plugin.

            Args:
                name: The name of the contribution.
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
            """Do what `call` does, and await the result if it is awaitable; cancellation is not converted.

            Its plugin is imported in a thread, so that it does not block an event loop of `asyncio`. The contribution
            itself runs in the thread of the loop.
            """
            from pegboard.calling import acall

            return await acall(self, self._manager, self._ready, name, (args, kwargs))

    if TYPE_CHECKING:

        @overload
        def reference(self: Readable[Callable[P, R]], name: str, *, policy: str = "exact") -> Reference[P, R]: ...

        @overload
        def reference(self, name: str, *, policy: str = "exact") -> Reference[..., Any]: ...

    def reference(self, name: str, *, policy: str = "exact") -> Any:
        """Return a reference to the contribution of that name: a small object that other processes can call.

        It can be pickled, by whatever pickler, and contains no code. The process in which it is called finds the
        contribution through the application's own host there, imports its plugin at the first call, and calls it
        as `call` does. Making a reference imports no plugin.

        Args:
            name: The name of the contribution.
            policy: How the plugin there has to be. `exact`: of the same distribution, version and files.
                `at-least`: of the same version or a newer one; without a version, of the same files. `warn`: as it
                is; a difference is reported.

        Raises:
            ContributionNotFoundError: If there is none of that name.
            UnusableReferenceError: If the registry has plain data.
            HostAddressError: If other processes cannot find the host; see `pegboard.address.address_of`.
            HostError: If there is no such policy.
        """
        from pegboard.references.reference import contribution_reference

        return contribution_reference(self, self._manager, name, policy)

    def override(self, name: str, item: T, /, **metadata: Any) -> AbstractContextManager[T]:
        """Return a context manager, for tests, in which *item* is the contribution of that *name*.

        *item* is not checked; it may be a fake. This applies to all threads, and blocks can be nested.

        Args:
            name: The name; it need not exist.
            item: The contribution in the block.
            **metadata: The metadata in the block; if it is left out, that of the contribution that is overridden.
        """
        from pegboard.substitution import Substitution

        return Substitution(self, self._manager, name, item, metadata)

    def describe(self, name: str) -> Mapping[str, Any]:
        """Return the metadata of *name*; imports no primed plugin.

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
        """Yield names and contributions in order; imports their plugins, and leaves out those that fail."""
        for name in self.names():
            item: Any = self.get(name, _FAILED)
            if item is not _FAILED:
                yield name, item

    def explain(self, name: str) -> Claims:
        """Return all registrations of *name*, which one is used and why; imports no plugin."""
        from pegboard.claims import explain
        from pegboard.precedence import rule_for

        rule = rule_for(self.name, allow_override=self.allow_override)
        self._ready()
        return explain(self.name, name, self._manager.ledger.find(self.name, name), rule)

    def __len__(self) -> int:
        return len(self.names())

    def __repr__(self) -> str:
        return f"<registry {self.name!r}>"
