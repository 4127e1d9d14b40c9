"""Where instances are kept: the container has one store, and each open scope has one of its own.

An instance remembers the rows it was made from and what it was given. From that alone follows whether it is still
right when rows have changed, so that exactly what depends on a change is forgotten and nothing else.
"""

from __future__ import annotations

import _thread

from pegboard._typing import TYPE_CHECKING
from pegboard.contributions.keys import key_text, normal
from pegboard.contributions.ledger import PRIMED, Contribution
from pegboard.contributions.provider import COMPONENT, DECORATOR, Provider, decorator_of, provider_of
from pegboard.plugins.plugin import application

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from pegboard.contributions.ledger import Ledger
    from pegboard.contributions.resolution import Frame, Resolution
    from pegboard.errors import PegboardError

    Rows = tuple[Contribution, ...]

_MOST_REMEMBERED = 4096


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

    def __init__(self, generator: Any, key: Any, row: Contribution, *, is_async: bool) -> None:
        self.generator: Any = generator
        self.key: Any = key
        self.row: Contribution = row
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
        self.waiters: list[Callable[[], object]] = []
        """Called once, when it is built or has failed."""


class Store:
    """The instances of one scope, in the order they were built."""

    __slots__ = ("builds", "cache", "facade", "instances", "is_open", "name", "parent", "resources")

    def __init__(self, name: str, parent: Store | None) -> None:
        self.name: str = name
        self.parent: Store | None = parent
        self.is_open: bool = True
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


class Core:
    """What a container and its scopes share."""

    __slots__ = (
        "_decorators",
        "_found",
        "_providers",
        "blocked",
        "fixed",
        "ledger",
        "lock",
        "middlewares",
        "overrides",
        "ready",
        "report",
        "root",
        "scopes",
        "seen",
        "told",
    )

    def __init__(self, ledger: Ledger, ready: Callable[[], None], report: Callable[[PegboardError], None]) -> None:
        self.ledger: Ledger = ledger
        self.ready: Callable[[], None] = ready
        self.report: Callable[[PegboardError], None] = report
        self.lock = _thread.RLock()
        """Guards single steps; never held while code of a plugin runs or a plugin is imported."""
        self.root: Store = Store("", None)
        self.scopes: list[Store] = []
        """The open ones; each comes after its parent."""
        self.middlewares: tuple[tuple[Any, Any], ...] = ()
        self.fixed: dict[Any, Contribution] = {}
        """What the container itself provides."""
        self.overrides: dict[Any, list[Contribution]] = {}
        """What stands in for a key for the time of a test; the last one counts."""
        self.seen: int = -1
        """The generation of the ledger that `found` and the stores are true for."""
        self.told: dict[Contribution, str] = {}
        """Rows whose faults have been reported, with the cause in one line."""
        self.blocked: dict[int, Build] = {}
        """What a thread sleeps for, by the thread's id."""
        self._found: dict[Any, tuple[Rows, Rows]] = {}
        self._providers: dict[Contribution, Provider] = {}
        self._decorators: dict[Contribution, Provider] = {}

    # -- rows ---------------------------------------------------------------------------------------------------------

    def rows(self, key: Any, form: Any) -> tuple[Rows, Rows]:
        """Return who provides *key* and who decorates it, the one that counts last; primed rows included.

        Args:
            key: The key as it was asked for.
            form: Its normal form.
        """
        with self.lock:
            self.refresh()
            found = self._found.get(form)
            if found is None:
                found = self._found[form] = self._find(key, form)
            return found

    def _find(self, key: Any, form: Any) -> tuple[Rows, Rows]:
        if form in self.overrides:  # stands for all there was, decorators included
            return tuple(self.overrides[form]), ()
        text = key_text(key)
        fixed = (self.fixed[form],) if form in self.fixed else ()
        return fixed + self._matching(COMPONENT, text, form), self._matching(DECORATOR, text, form)

    def _matching(self, kind: str, text: str, form: Any) -> Rows:
        return tuple(
            row
            for row in self.ledger.find(kind, text)
            if row.live is PRIMED or row.id == form or normal(row.id) == form
        )

    def provides(self, key: Any, form: Any) -> bool:
        """Whether anybody provides *key*."""
        return bool(self.rows(key, form)[0])

    def provider(self, row: Contribution) -> Provider:
        """Return how *row*, which is live, provides."""
        provider = self._providers.get(row)
        if provider is None:
            provider = self._providers[row] = provider_of(row)
        return provider

    def decorator(self, row: Contribution) -> Provider:
        """Return how *row*, which is live, decorates."""
        provider = self._decorators.get(row)
        if provider is None:
            provider = self._decorators[row] = decorator_of(row)
        return provider

    def fix(self, key: Any, value: Any, scope: str) -> None:
        """Provide *key* on the container's own account; others may override it."""
        row = Contribution(application(""), COMPONENT, key, value, metadata={"scope": scope, "is_value": True})
        with self.lock:
            self.fixed[normal(key)] = row
            self._found.clear()

    # -- staying true -------------------------------------------------------------------------------------------------

    def stores(self) -> list[Store]:
        """Return all open stores, parents first."""
        return [self.root, *self.scopes]

    def refresh(self) -> None:
        """Take notice of what has changed in the ledger. Call it with the lock held."""
        generation = self.ledger.generation
        if self.seen != generation:
            self.recheck()
            self.seen = generation

    def recheck(self) -> list[Instance]:
        """Forget every instance that would be built otherwise now, and return them in the order they were built."""
        self._found.clear()
        self.seen = self.ledger.generation
        gone = []
        for store in self.stores():
            for instance in list(store.instances.values()):
                if store.instances.get(instance.normal) is instance and not self.is_current(instance):
                    store.forget(instance)
                    gone.append(instance)
        if len(self._providers) + len(self._decorators) > _MOST_REMEMBERED:  # rows of reloaded plugins pile up
            self._providers.clear()
            self._decorators.clear()
        return gone

    def is_current(self, instance: Instance) -> bool:
        """Whether *instance* would be built from the same rows and be given the same things now."""
        return self._fits(instance) and all(
            self._is_current(form, dependency) for form, dependency in instance.dependencies.items()
        )

    def _is_current(self, form: Any, dependency: Dependency) -> bool:
        instance = dependency.instance
        if instance is None:
            return not self.provides(dependency.key, form)
        if instance.store is None:
            return self._fits(instance)
        return instance.store.instances.get(form) is instance

    def _fits(self, instance: Instance) -> bool:
        rows, decorators = self.rows(instance.key, instance.normal)
        if decorators != instance.decorators:
            return False
        for row in reversed(rows):
            if row is instance.row:
                return True
            if row not in instance.failed:
                return False
        return False


def finish_all(resources: Iterable[Resource], where: str) -> None:
    """Clean up *resources* one after another, each of them whatever the others do.

    Raises:
        ExceptionGroup: Of everything that was raised; each one says whose clean-up it was.
    """
    errors: list[BaseException] = []
    for resource in resources:
        try:
            resource.finish()
        except BaseException as error:
            errors.append(blame(error, resource))
    raise_all(errors, where)


def blame(error: BaseException, resource: Resource) -> BaseException:
    """Return *error* with a note that says whose clean-up raised it."""
    from pegboard.contributions.faults import owner_text
    from pegboard.contributions.keys import show

    error.add_note(f"raised while cleaning up {show(resource.key)}, provided by {owner_text(resource.row.owner)}")
    return error


def raise_all(errors: list[BaseException], where: str) -> None:
    """Raise *errors* as a group; a Ctrl-C among them goes first, with the group as its context."""
    if not errors:
        return
    group = BaseExceptionGroup(f"clean-up of {where} failed", errors)
    for error in errors:
        if isinstance(error, KeyboardInterrupt):
            raise error from group
    raise group
