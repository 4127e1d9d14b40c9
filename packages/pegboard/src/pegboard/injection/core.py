"""Who provides a key, and which instances are still right? The container and all its scopes share one core.

In: the ledger's contributions, the overrides of tests, and open scopes. Out: the contributions of a key, how they
provide, and the instances that a change makes wrong.
"""

from __future__ import annotations

import _thread
from _contextvars import ContextVar

from pegboard._typing import TYPE_CHECKING
from pegboard.injection.keys import key_text, normal
from pegboard.injection.provider import Provider, decorator_of, provider_of
from pegboard.injection.store import Store
from pegboard.ledger import COMPONENT, DECORATOR, DORMANT, MIDDLEWARE, Contribution, application

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any, Final

    from pegboard.errors import PegboardError
    from pegboard.injection.store import Dependency, Instance, Resource
    from pegboard.ledger import Ledger, Plugin

    Contributions = tuple[Contribution, ...]

ASKER: Final = object()
"""The value of a contribution that gives everyone the scope they ask from."""

running: ContextVar[Any] = ContextVar("pegboard_request", default=None)
"""The request whose provider is running in this thread or task."""

_MOST_REMEMBERED = 4096


class Core:
    """What a container and its scopes share."""

    __slots__ = (
        "_decorators",
        "_found",
        "_providers",
        "blocked",
        "fixed",
        "has_been_ready",
        "ledger",
        "live",
        "lock",
        "middlewares",
        "offers",
        "overrides",
        "owner_of",
        "ready",
        "report",
        "reported",
        "root",
        "running",
        "scopes",
        "seen",
    )

    def __init__(
        self,
        ledger: Ledger,
        *,
        live: Callable[[Contribution], Any],
        ready: Callable[[], None],
        report: Callable[[PegboardError], None],
        owner_of: Callable[[str], Plugin | None] | None = None,
        offers: Mapping[str, str] | None = None,
    ) -> None:
        self.ledger: Ledger = ledger
        self.live: Callable[[Contribution], Any] = live
        self.ready: Callable[[], None] = ready
        self.has_been_ready: bool = False
        """Whether a task has made the plugins ready, which it does in a thread."""
        self.report: Callable[[PegboardError], None] = report
        self.owner_of: Callable[[str], Plugin | None] = owner_of or (lambda _: None)
        """Returns the plugin that a module belongs to, or None."""
        self.offers: Mapping[str, str] = offers or {}
        """What the application's API offers to the authors of plugins, for hints."""
        self.lock = _thread.RLock()
        """Guards single steps; never held while code of a plugin runs or a plugin is imported."""
        self.root: Store = Store("", None)
        self.scopes: list[Store] = []
        """The open ones; each comes after its parent."""
        self.running = running
        """The request whose provider is running in this thread or task."""
        self.middlewares: Contributions = ()
        """What stands around the making of every component, outermost first; live, each with its form for `aget`."""
        self.fixed: dict[Any, Contribution] = {}
        """What the container itself provides."""
        self.overrides: dict[Any, list[Contribution]] = {}
        """What stands in for a key for the time of a test; the last one counts."""
        self.seen: int = -1
        """The generation of the ledger that `found` and the stores are true for."""
        self.reported: set[Contribution] = set()
        """Rows whose failures have been reported."""
        self.blocked: dict[int, Any] = {}
        """The `Build` that a thread sleeps for, by the thread's id."""
        self._found: dict[Any, tuple[Contributions, Contributions]] = {}
        self._providers: dict[Contribution, Provider] = {}
        self._decorators: dict[Contribution, Provider] = {}

    # -- contributions -------------------------------------------------------------------------------------------------

    def contributions(self, key: Any, form: Any) -> tuple[Contributions, Contributions]:
        """Return who provides *key* and who decorates it, the one that counts last; primed contributions included.

        Args:
            key: The key as it was asked for.
            form: Its normal form.
        """
        with self.lock:
            self.refresh()
            if self.ledger.is_importing():  # it sees only what an eager start would show it, and nobody else does
                return self._find(key, form)
            found = self._found.get(form)
            if found is None:
                found = self._found[form] = self._find(key, form)
            return found

    def _find(self, key: Any, form: Any) -> tuple[Contributions, Contributions]:
        if form in self.overrides:  # stands for all there was, decorators included
            return tuple(self.overrides[form]), ()
        text = key_text(key)
        fixed = (self.fixed[form],) if form in self.fixed else ()
        return fixed + self._matching(COMPONENT, text, form), self._matching(DECORATOR, text, form)

    def _matching(self, kind: str, text: str, form: Any) -> Contributions:
        return tuple(
            contribution
            for contribution in self.ledger.find(kind, text)
            if contribution.live is DORMANT or contribution.id == form or normal(contribution.id) == form
        )

    def provides(self, key: Any, form: Any) -> bool:
        """Whether anybody provides *key* whose plugin has not failed since."""
        return any(contribution.owner.is_usable for contribution in self.contributions(key, form)[0])

    def provider(self, contribution: Contribution) -> Provider:
        """Return how *contribution*, which is live, provides."""
        provider = self._providers.get(contribution)
        if provider is None:
            provider = self._providers[contribution] = provider_of(contribution)
        return provider

    def decorator(self, contribution: Contribution) -> Provider:
        """Return how *contribution*, which is live, decorates."""
        provider = self._decorators.get(contribution)
        if provider is None:
            provider = self._decorators[contribution] = decorator_of(contribution)
        return provider

    def fix(self, key: Any, value: Any, scope: str) -> None:
        """Provide *key* on the container's own account; others may override it."""
        contribution = Contribution(application(""), COMPONENT, key, value, metadata={"scope": scope, "is_value": True})
        with self.lock:
            self.fixed[normal(key)] = contribution
            self._found.clear()

    # -- scopes -------------------------------------------------------------------------------------------------------

    def stores(self) -> list[Store]:
        """Return all open stores, parents first."""
        return [self.root, *self.scopes]

    def enter(self, store: Store) -> None:
        """Open the scope that has *store*, unless it is open.

        Raises:
            ScopeError: If the scope around it is not open.
        """
        with self.lock:
            if store.parent is not None:
                store.parent.check_open()
            if not store.is_open:
                store.is_open = True
                self.scopes.append(store)

    def inside(self, outer: Store) -> list[Store]:
        """Return the open stores that end with *outer*, the innermost first."""
        found = []
        for store in reversed(self.stores()):
            around: Store | None = store
            while around is not None and around is not outer:
                around = around.parent
            if around is outer:
                found.append(store)
        return found

    def close(self, stores: list[Store]) -> list[Resource]:
        """Close *stores*, forget all that is in them, and return what has to be cleaned up, the last built first."""
        resources = []
        for store in stores:
            resources += store.clear()
            if store is not self.root:
                store.is_open = False
                self.scopes.remove(store)
        return resources

    # -- staying true -------------------------------------------------------------------------------------------------

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
        self._use_middlewares()
        gone = []
        for store in self.stores():
            for instance in list(store.instances.values()):
                if store.instances.get(instance.normal) is instance and not self.is_current(instance):
                    store.forget(instance)
                    gone.append(instance)
        if len(self._providers) + len(self._decorators) > _MOST_REMEMBERED:  # contributions that come and go pile up
            self.forget_providers()
        return gone

    def forget_providers(self) -> None:
        """Forget how contributions provide, which is found out again when needed, and whose faults were reported."""
        self._providers.clear()
        self._decorators.clear()
        self.reported.clear()

    def take(self, theirs: Collection[Resource]) -> list[Resource]:
        """Return those of *theirs* that wait for their clean-up, the last built first, and leave it to the caller."""
        taken = []
        for store in reversed(self.stores()):
            taken += [resource for resource in reversed(store.resources) if resource in theirs]
            store.resources = [resource for resource in store.resources if resource not in theirs]
        return taken

    def _use_middlewares(self) -> None:
        """Take the middlewares of the ledger; whatever was made without one of them is forgotten."""
        used = tuple(
            contribution for contribution in self.ledger.contributions(MIDDLEWARE) if contribution.live is not DORMANT
        )
        if used != self.middlewares:
            self.middlewares = used
            for store in self.stores():
                store.forget_all()

    def is_current(self, instance: Instance) -> bool:
        """Whether *instance* would be built from the same contributions and be given the same things now."""
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
        contributions, decorators = self.contributions(instance.key, instance.normal)
        if decorators != instance.decorators:
            return False
        for contribution in reversed(contributions):
            if contribution is instance.contribution:
                return True
            if contribution not in instance.failed:
                return False
        return False
