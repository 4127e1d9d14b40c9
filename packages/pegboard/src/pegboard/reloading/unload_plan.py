"""An unload plan: which modules go with a plugin, which plugins go too, and what has to stay?

In: a plugin, and what is loaded in this process. Out: a plan; nothing is changed.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from importlib.machinery import ExtensionFileLoader
from types import FunctionType, ModuleType

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import ACTIVE
from pegboard.startup.recording.ownership import OwnCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from pegboard.ledger import Plugin


@dataclass(frozen=True, slots=True)
class UnloadPlan:
    """What is unloaded together."""

    plugins: tuple[Plugin, ...]
    """The one that was asked for, then those that use its code, in their order."""
    modules: tuple[str, ...]
    """Full names of all that is imported of them."""
    kept: tuple[str, ...]
    """Top-level packages of theirs that stay, since others use them or Python cannot import them twice."""


def plan_unload(
    plugins: Sequence[Plugin], owner: Callable[[str], Plugin | None], plugin: Plugin, *, with_users: bool
) -> UnloadPlan:
    """Return what has to be unloaded with *plugin*.

    A plugin's code is its module with all below it, and the packages that its distribution brings besides. Another
    plugin that holds something of that code, by importing it, goes with it: it would go on with the old code. A package
    that somebody else holds stays, since two of it would not know each other's types.

    Args:
        plugins: All plugins of the host.
        owner: Returns the plugin that a module is, or is a part of; None when it belongs to no plugin.
        plugin: The one that is to go.
        with_users: Whether to unload plugins that use its code, too; otherwise what they use stays.
    """
    is_own = OwnCode(owner)
    group = [plugin]
    kept: set[str] = set()
    homes: dict[type, object] = {}
    while True:  # each round adds a plugin or keeps a package, until nothing else is concerned
        own = {name for name in list(sys.modules) if any(_is_part(name, each) for each in group)}
        packages = _packages(owner, group, is_own)
        kept |= {top for top, names in packages.items() if any(map(_is_compiled, names))}
        names = own.union(*(names for top, names in packages.items() if top not in kept))
        users: set[Plugin] = set()
        strangers: set[str] = set()
        for name, module in _others(names):
            user = _user(plugins, owner, name, is_own) if with_users else None
            held = _held(name, module, names, homes)
            if user is not None and not held:
                held = imported_by(module) & names
            if not held:
                continue
            if user is None:
                strangers |= {_top(each) for each in held - own}
            elif user not in group:
                users.add(user)
        if not users and not strangers:
            rest = sorted(group[1:], key=lambda each: each.rank)
            return UnloadPlan((plugin, *rest), tuple(sorted(names)), tuple(sorted(kept)))
        group += users
        kept |= strangers


def _is_part(name: str, plugin: Plugin) -> bool:
    return name == plugin.module or name.startswith(f"{plugin.module}.")


def _top(name: str) -> str:
    return name.partition(".")[0]


def _packages(owner: Callable[[str], Plugin | None], group: Sequence[Plugin], is_own: OwnCode) -> dict[str, set[str]]:
    """Return the imported modules that the distributions of *group* bring besides plugins, by top-level package."""
    packages: dict[str, set[str]] = {}
    for plugin in group:
        if plugin.is_built_in:  # its distribution is the application itself
            continue
        for name in list(sys.modules):
            if owner(name) is None and is_own(plugin, name):
                packages.setdefault(_top(name), set()).add(name)
    return packages


def _is_compiled(name: str) -> bool:
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return isinstance(getattr(spec, "loader", None), ExtensionFileLoader)


def _others(names: AbstractSet[str]) -> Iterator[tuple[str, ModuleType]]:
    for name, module in list(sys.modules.items()):
        if name in names or _top(name) in sys.stdlib_module_names:  # Python's own modules use no plugin
            continue
        if isinstance(getattr(module, "__dict__", None), dict):
            yield name, module


def _held(name: str, module: ModuleType, names: AbstractSet[str], homes: dict[type, object]) -> set[str]:
    """Return those of *names* that a global variable of *module* is, or has its definition from."""
    held = set()
    for variable, value in list(vars(module).items()):
        kind = type(value)  # not `isinstance`: what stands in for something else may import it to answer
        found = homes.get(kind, _UNKNOWN)
        if found is _UNKNOWN:
            found = homes[kind] = _home(kind)
        if found is None:
            found = value.__dict__.get("__name__" if issubclass(kind, ModuleType) else "__module__")
            if found == f"{name}.{variable}":  # a package holds its modules anyway
                continue
        elif found is FunctionType:
            found = value.__module__
        if isinstance(found, str) and found in names:
            held.add(found)
    return held


_UNKNOWN = object()


def _home(kind: type) -> object:
    """Return the module that *kind* is from; None if its values, modules and classes, say themselves where they are."""
    if issubclass(kind, ModuleType | type):
        return None
    if kind is FunctionType:
        return FunctionType
    home = kind.__dict__.get("__module__")
    return home if isinstance(home, str) else "builtins"


def imported_by(module: ModuleType) -> set[str]:
    """Return the full names of what the source of *module* imports; nothing where there is no source.

    For what no variable tells of: a number that was imported by name, a module that is imported inside a function. For
    `from a import b` both `a` and `a.b` are returned.
    """
    spec = module.__spec__
    source = getattr(spec.loader, "get_source", None) if spec is not None else None
    try:
        text = source(module.__name__) if source is not None else None
        tree = ast.parse(text or "")
    except (ImportError, SyntaxError, ValueError):
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level and module.__package__ is not None:
                parent = module.__package__.rsplit(".", node.level - 1)[0]
                base = f"{parent}.{base}" if base else parent
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return found


def _user(
    plugins: Sequence[Plugin], owner: Callable[[str], Plugin | None], name: str, is_own: OwnCode
) -> Plugin | None:
    """Return the plugin in use that the module *name* is code of; None when it is nobody's, or the application's."""
    plugin = owner(name)
    if plugin is not None:
        return plugin if plugin.state == ACTIVE else None
    others = (plugin for plugin in plugins if plugin.state == ACTIVE and not plugin.is_built_in)
    return next((plugin for plugin in others if is_own(plugin, name)), None)
