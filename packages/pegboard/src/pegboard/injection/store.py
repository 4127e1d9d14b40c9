"""Where instances are kept: the container has one store, and each open scope has one of its own.

An instance remembers the rows it was made from and what it was given. From that alone follows whether it is still
right when rows have changed, so that exactly what depends on a change is forgotten and nothing else.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pegboard.injection.frame import Frame
    from pegboard.injection.request import Request
    from pegboard.injection.resolution import Resolution
    from pegboard.ledger import Contribution

    Rows = tuple[Contribution, ...]


class Instance:
    """Something that was built, and from what."""

    __slots__ = (
        "aliases",
        "decorators",
        "dependencies",
        "direct",
        "failed",
        "key",
        "normal",
        "resources",
        "row",
        "store",
        "value",
    )

    def __init__(self, frame: Frame, row: Contribution) -> None:
        self.key: Any = frame.key
        self.normal: Any = frame.normal
        self.value: Any = frame.value
        self.row: Contribution = row
        """The row that served."""
        self.decorators: Rows = frame.decorators
        """All rows that decorate the key, those that failed included."""
        self.failed: frozenset[Contribution] = frozenset(frame.failed)
        """Rows that came before `row` and could not serve, and decorators that were skipped."""
        self.direct: tuple[Any, ...] = tuple(frame.direct)
        """The keys it was given values for."""
        self.dependencies: dict[Any, Dependency] = frame.dependencies
        """By normal form all that it was made of, and what was looked for and not there; through transients."""
        self.store: Store | None = None
        """Where it is kept; nowhere if it is transient, and then its dependencies are its user's."""
        self.resources: tuple[Resource, ...] = tuple(frame.resources)
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

    __slots__ = ("generator", "is_async", "key", "row")

    def __init__(self, generator: Any, frame: Frame, *, is_async: bool) -> None:
        self.generator: Any = generator
        self.key: Any = frame.key
        self.row: Contribution | None = frame.acting
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
        raise RuntimeError("a provider with clean-up yields once, this one yields twice")


class Build:
    """An instance that is being built by one resolution, while others may wait for it."""

    __slots__ = ("frame", "resolution", "waiters")

    def __init__(self, resolution: Resolution, frame: Frame) -> None:
        self.resolution: Resolution = resolution
        self.frame: Frame = frame
        self.waiters: list[tuple[Callable[[], object], Request]] = []
        """Who waits until it is built or has failed, and how to wake them."""


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
        self.builds: dict[Any, Build] = {}
        self.cache: dict[Any, Any] = {}
        """Values of `instances` by every key they were asked for by; true while `Core.seen` is."""
        self.resources: list[Resource] = []

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
