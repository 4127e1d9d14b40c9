"""Where are instances kept? The container has one store, and each open scope has one of its own.

An instance remembers the contributions it was made from and what it was given. From that alone follows whether it is
still right when contributions have changed, so that exactly what depends on a change is forgotten.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from pegboard.ledger import Contribution

    Contributions = tuple[Contribution, ...]

_YIELDS_TWICE = "a provider with clean-up yields once, this one yields twice"


class Instance:
    """Something that was built, and from what."""

    __slots__ = (
        "aliases",
        "contribution",
        "decorators",
        "dependencies",
        "direct",
        "failed",
        "key",
        "normal",
        "resources",
        "store",
        "value",
    )

    def __init__(
        self,
        key: Any,
        normal: Any,
        value: Any,
        contribution: Contribution,
        *,
        decorators: Contributions,
        failed: Iterable[Contribution],
        direct: Iterable[Any],
        dependencies: Mapping[Any, Dependency],
        resources: Iterable[Resource],
    ) -> None:
        self.key: Any = key
        self.normal: Any = normal
        self.value: Any = value
        self.contribution: Contribution = contribution
        """The contribution that served."""
        self.decorators: Contributions = decorators
        """All contributions that decorate the key, those that failed included."""
        self.failed: frozenset[Contribution] = frozenset(failed)
        """Rows that came before `contribution` and could not serve, and decorators that were skipped."""
        self.direct: tuple[Any, ...] = tuple(direct)
        """The keys it was given values for."""
        self.dependencies: Mapping[Any, Dependency] = dependencies
        """By normal form all that it was made of, and what was looked for and not there; through transients."""
        self.store: Store | None = None
        """Where it is kept; nowhere if it is transient, and then its dependencies are its user's."""
        self.resources: tuple[Resource, ...] = tuple(resources)
        self.aliases: list[Any] = []
        """The keys, as they were asked for, that the store's cache has it under."""


class Dependency:
    """What one instance was given for one key: another instance, or nothing because nothing was provided."""

    __slots__ = ("instance", "key")

    def __init__(self, key: Any, instance: Instance | None) -> None:
        self.key: Any = key
        self.instance: Instance | None = instance


class Resource:
    """A generator that has yielded its value and waits to clean up."""

    __slots__ = ("contribution", "distribution", "generator", "is_async", "key")

    def __init__(self, generator: Any, key: Any, contribution: Contribution | None, *, is_async: bool) -> None:
        self.generator: Any = generator
        self.key: Any = key
        self.contribution: Contribution | None = contribution
        self.distribution: str = str((contribution and contribution.owner.distribution) or "")
        """What had brought the generator's code; a reload may give its plugin another version."""
        self.is_async: bool = is_async

    def finish(self) -> None:
        """Run what comes after the yield.

        Raises:
            RuntimeError: If it yields again.
        """
        try:
            next(self.generator)
        except StopIteration:
            return
        self.generator.close()
        raise RuntimeError(_YIELDS_TWICE)

    async def afinish(self) -> None:
        """Run what comes after the yield, also of an asynchronous generator.

        Raises:
            RuntimeError: If it yields again.
        """
        if not self.is_async:
            self.finish()
            return
        try:
            await self.generator.__anext__()
        except StopAsyncIteration:
            return
        await self.generator.aclose()
        raise RuntimeError(_YIELDS_TWICE)


class Store:
    """The instances of one scope, in the order they were built."""

    __slots__ = ("builds", "cache", "facade", "instances", "is_open", "name", "opened_by", "parent", "resources")

    def __init__(self, name: str, parent: Store | None) -> None:
        self.name: str = name
        self.parent: Store | None = parent
        self.is_open: bool = True
        self.opened_by: str = ""
        """The module that asked for this scope: it ends at the latest when that is unloaded."""
        self.facade: Any = None
        """The container or scope that users hold."""
        self.instances: dict[Any, Instance] = {}
        self.builds: dict[Any, Any] = {}
        """The `Build` of each key that some request is building."""
        self.cache: dict[Any, Any] = {}
        """Values of `instances` by every key they were asked for by; true while `Core.seen` is."""
        self.resources: list[Resource] = []

    def check_open(self) -> None:
        """Raise when this scope has ended, or has not begun.

        Raises:
            ScopeError: If it is not open.
        """
        if not self.is_open:
            from pegboard.errors import ScopeError

            raise ScopeError("", self.name)

    def find(self, name: str) -> Store | None:
        """Return the nearest store of that name, from here outwards."""
        store: Store | None = self
        while store is not None and store.name != name:
            store = store.parent
        return store

    def names(self) -> tuple[str, ...]:
        """Return the names of the scopes that are open here, outermost first."""
        return () if self.parent is None else (*self.parent.names(), self.name)

    def keep(self, instance: Instance) -> None:
        """Add *instance*."""
        instance.store = self
        self.instances[instance.normal] = instance
        self.remember(instance, instance.key)

    def remember(self, instance: Instance, key: Any) -> None:
        """Let *key*, another spelling of its key, find *instance* at once."""
        self.cache[key] = instance.value
        instance.aliases.append(key)

    def forget(self, instance: Instance) -> None:
        """Remove *instance*; its clean-up waits for the end of the scope."""
        if self.instances.get(instance.normal) is instance:
            del self.instances[instance.normal]
            for key in instance.aliases:
                self.cache.pop(key, None)
            instance.aliases.clear()

    def forget_all(self) -> None:
        """Remove every instance; clean-ups wait for the end of the scope."""
        for instance in list(self.instances.values()):
            self.forget(instance)

    def clear(self) -> list[Resource]:
        """Forget every instance, and return what has to be cleaned up, the last first."""
        self.forget_all()
        resources = self.resources[::-1]
        self.resources.clear()
        return resources
