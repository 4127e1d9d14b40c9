"""How does a test put something else in a component's place?

In: a key and a provider. Out: a block in which that provider serves alone.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.foreign_object import repr_of
from pegboard.injection.cleanup import finish_all
from pegboard.injection.keys import normal
from pegboard.ledger import COMPONENT, SINGLETON, Contribution, application

if TYPE_CHECKING:
    from typing import Any

    from pegboard.injection.core import Core
    from pegboard.injection.store import Instance


class Override:
    """A block in which one provider stands for one key. Made by `Container.override`."""

    __slots__ = ("_before", "_contribution", "_core", "_key", "_normal", "_provider", "_scope")

    def __init__(self, core: Core, key: Any, provider: Any, scope: str | None) -> None:
        self._core = core
        self._key = key
        self._normal = normal(key)
        self._provider = provider
        self._scope = scope
        self._contribution: Contribution | None = None
        self._before: list[Instance] = []

    def __enter__(self) -> None:
        core = self._core
        core.ready()
        with core.lock:
            self._contribution = Contribution(
                application("override"), COMPONENT, self._key, self._provider, metadata={"scope": self._settle_scope()}
            )
            core.refresh()
            core.overrides.setdefault(self._normal, []).append(self._contribution)
            self._before = core.recheck()

    def _settle_scope(self) -> str:
        if self._scope is not None:
            return self._scope
        contributions = self._core.contributions(self._key, self._normal)[0]
        scope: str = contributions[-1].metadata.get("scope", SINGLETON) if contributions else SINGLETON
        return scope

    def __exit__(self, *_: object) -> None:
        core = self._core
        with core.lock:
            core.refresh()
            contributions = core.overrides[self._normal]
            contributions.remove(self._contribution)  # type: ignore[arg-type]  # entered, so that there is a contribution
            if not contributions:
                del core.overrides[self._normal]
            gone = []
            for instance in self._before:
                store = instance.store
                successor = store.instances.get(instance.normal) if store else None
                if store and successor:
                    store.forget(successor)
                    gone.append(successor)
            gone += core.recheck()
            theirs = {resource for instance in gone for resource in instance.resources if not resource.is_async}
            resources = core.take(theirs)  # what is asynchronous waits for `aclose`
            for instance in self._before:
                if instance.store is not None and instance.store.is_open and core.is_current(instance):
                    instance.store.keep(instance)
        finish_all(resources, f"the override of {repr_of(self._key)}")
