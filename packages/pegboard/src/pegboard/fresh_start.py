"""How does an application get a manager that knows no plugin, with all that uses the old one?

In: a host, the manager that it had, and another one. Out: the same registries and the same container, which use the
other manager; no module of a plugin stays imported, so that each registers once more.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.container import _UNOPENED
from pegboard.ledger import Contribution

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType
    from typing import Any

    from pegboard.ledger import Plugin
    from pegboard.manager import PluginManager


def replace(closed: Any, host: Any) -> None:
    """Let *host*, which is new, replace one that is closed: both are one from now on, with the settings of *host*.

    The application's API, which plugins import, may still have the registries and the container of the old one.

    Args:
        closed: The old one; it is closed if it is not.
        host: The new one.
    """
    old, manager = closed.manager, host.manager
    if not old.is_closed:
        closed.close()
    said = old.settings.sources
    if said is not None and (said.adapter is not None or said.registries):
        from pegboard.sources import Sources

        sources = manager.settings.sources or Sources(host.name)
        manager.configure(sources=sources.replace(host.name, adapter=said.adapter, registries=said.registries))
    forget_modules(plugin_roots(closed), parent_of(old.settings.namespace))
    hand_over(closed, old, manager)
    manager.registries = host._registries = closed._registries
    host._container, host._hooks = closed._container, closed._hooks
    for hook in host._hooks or ():
        if hook.announced is not None:
            hook.announced.replace((), {})
    shared = vars(closed)  # other objects may have it: those of a file that ran under a second name
    shared.update(vars(host))
    host.__dict__ = shared


def hand_over(host: Any, old: PluginManager, manager: PluginManager) -> None:
    """Let all that *host* has made use *manager*, which gets what the application itself has registered with *old*."""
    # ruff: noqa: SLF001 -- the parts of a host know each other
    sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not old._finder]
    manager._eager_kinds |= old._eager_kinds
    owner, ledger = manager.attribution.application, manager.ledger
    with ledger._lock:
        ledger._insert([_copy(each, owner) for each in old.ledger.contributions_of(old.attribution.application)])
    for registry in host.registries.values():
        registry._manager, registry._ledger, registry._generation = manager, None, -1
        registry._reported = set()
    manager.after_import = old.after_import  # announced hooks
    old.ledger.generation += 1  # hooks, which look for a change in the ledger that they have used
    container = host.container
    container._ledger, container._live = manager.ledger, manager.importer.live
    container._owner_of = manager.attribution.owner
    container._core = _UNOPENED


def plugin_roots(host: Any, others: Iterable[str] = ()) -> tuple[str, ...]:
    """Return how the names of modules begin that are plugins of *host*, or in its namespace, each with a dot."""
    known = [*host.manager.early.plugins, *others, host.settings.namespace]
    if host.manager.state != "new":
        known += [plugin.module for plugin in host.plugins]
    return tuple({f"{module}." for module in known if module})


def parent_of(namespace: str) -> tuple[ModuleType | None, str]:
    """Return the package that *namespace* is an attribute of, if it is imported, and the name of the attribute."""
    parent, _, tail = namespace.rpartition(".")
    return sys.modules.get(parent) if parent else None, tail


def forget_modules(roots: tuple[str, ...], attribute: tuple[ModuleType | None, str]) -> None:
    """Have the modules below *roots* imported anew when they are imported next, and the namespace looked for."""
    for name in [name for name in sys.modules if f"{name}.".startswith(roots)]:
        del sys.modules[name]
    parent, tail = attribute
    if parent is not None:
        vars(parent).pop(tail, None)


def _copy(contribution: Contribution, owner: Plugin) -> Contribution:
    copy = Contribution(
        owner,
        contribution.kind,
        contribution.id,
        contribution.live,
        text=contribution.text,
        metadata=contribution.metadata,
        override=contribution.override,
    )
    copy.sequence = contribution.sequence
    return copy
