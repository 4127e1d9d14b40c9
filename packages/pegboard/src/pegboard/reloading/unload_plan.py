"""Which modules and which other plugins are unloaded with a plugin, and what has to stay?

In: a plugin, and what is loaded in this process. Out: a plan; nothing is changed.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from importlib.machinery import ExtensionFileLoader
from types import FunctionType, ModuleType

from pegboard._typing import TYPE_CHECKING
from pegboard.entry_objects import is_distribution
from pegboard.ledger import ACTIVE
from pegboard.startup.recording.ownership import Ownership

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from pegboard.ledger import Plugin


@dataclass(frozen=True, slots=True)
class UnloadPlan:
    """What is unloaded together."""

    plugins: tuple[Plugin, ...]
    """The plugin that was asked for, then the plugins that use its code, in their order."""
    modules: tuple[str, ...]
    """The full names of their loaded modules."""
    kept: tuple[str, ...]
    """Their top-level packages that stay: other code uses them, or Python cannot import them twice."""


def plan_unload(
    plugins: Sequence[Plugin], owner: Callable[[str], Plugin | None], plugin: Plugin, *, with_users: bool
) -> UnloadPlan:
    """Return what has to be unloaded with *plugin*.

    A plugin's code is its module with its submodules, and the other packages of its distribution. Another plugin that
    has imported something of that code is unloaded, too: otherwise it would go on using the old code. A package that
    other code uses stays: its old and new types would not match.

    Args:
        plugins: All plugins of the host.
        owner: Returns the plugin that a module is, or is a part of; None when it belongs to no plugin.
        plugin: The plugin to unload.
        with_users: Whether to unload plugins that use its code, too; otherwise what they use stays.
    """
    ownership = Ownership(owner)
    group = [plugin]
    kept: set[str] = set()
    sources: dict[type, object] = {}
    while True:  # each round adds a plugin or keeps a package, until there is nothing to add
        own = {name for name in list(sys.modules) if type(name) is str and any(_is_part(name, each) for each in group)}
        packages = _packages(group, ownership)
        kept |= {package for package, names in packages.items() if any(map(_is_compiled, names))}
        names = own.union(*(names for package, names in packages.items() if package not in kept))
        users: set[Plugin] = set()
        used_elsewhere: set[str] = set()
        for name, module in _others(names):
            user = _active_owner(name, plugins, ownership) if with_users else None
            used = _used(name, module, names, sources)
            if user is not None and not used:
                used = imported_by(module) & names
            if not used:
                continue
            if user is None:
                used_elsewhere |= {_top_level(each) for each in used - own}
            elif user not in group:
                users.add(user)
        if not users and not used_elsewhere:
            rest = sorted(group[1:], key=lambda each: each.rank)
            return UnloadPlan((plugin, *rest), tuple(sorted(names)), tuple(sorted(kept)))
        group += users
        kept |= used_elsewhere


def _is_part(name: str, plugin: Plugin) -> bool:
    return name == plugin.module or name.startswith(f"{plugin.module}.")


def _top_level(name: str) -> str:
    return name.partition(".")[0]


def _packages(group: Sequence[Plugin], ownership: Ownership) -> dict[str, set[str]]:
    """Return the loaded modules of the distributions of *group* that belong to no plugin, by top-level package."""
    packages: dict[str, set[str]] = {}
    for plugin in group:
        if plugin.is_built_in:  # its distribution is the application
            continue
        for name in [name for name in list(sys.modules) if type(name) is str]:
            owner = ownership.owner(name)
            is_apart = owner is None or (owner is plugin and is_distribution(plugin))
            if is_apart and ownership.is_own(plugin, name):
                packages.setdefault(_top_level(name), set()).add(name)
    return packages


def _is_compiled(name: str) -> bool:
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return isinstance(getattr(spec, "loader", None), ExtensionFileLoader)


def _others(names: AbstractSet[str]) -> Iterator[tuple[str, ModuleType]]:
    for name, module in list(sys.modules.items()):
        if (
            type(name) is not str or name in names or _top_level(name) in sys.stdlib_module_names
        ):  # Python's own modules use no plugin
            continue
        if isinstance(getattr(module, "__dict__", None), dict):
            yield name, module


def _used(name: str, module: ModuleType, names: AbstractSet[str], sources: dict[type, object]) -> set[str]:
    """Return those of *names* that global variables of *module* come from.

    Args:
        name: The full name of *module*.
        module: A loaded module.
        names: Full names of modules.
        sources: A cache of `_source`.
    """
    used = set()
    for variable, value in list(vars(module).items()):
        kind = type(value)  # not `isinstance`: a proxy may import what it stands for to answer that
        source = sources.get(kind, _UNKNOWN)
        if source is _UNKNOWN:
            source = sources[kind] = _source(kind)
        if source is None:
            source = value.__dict__.get("__name__" if issubclass(kind, ModuleType) else "__module__")
            if source == f"{name}.{variable}":  # a package always has its submodules as attributes
                continue
        elif source is FunctionType:
            source = value.__module__
        if isinstance(source, str) and source in names:
            used.add(source)
    return used


_UNKNOWN = object()


def _source(kind: type) -> object:
    """Return the module that values of *kind* come from; None or `FunctionType` if each value says that itself."""
    if issubclass(kind, ModuleType | type):
        return None
    if kind is FunctionType:
        return FunctionType
    source = kind.__dict__.get("__module__")
    return source if isinstance(source, str) else "builtins"


def imported_by(module: ModuleType) -> set[str]:
    """Return the full names of what the source of *module* imports; nothing if there is no source.

    That includes what global variables do not show: a number that was imported by name, a module that is imported
    inside a function. For `from a import b` both `a` and `a.b` are returned.
    """
    spec = module.__spec__
    get_source = getattr(spec.loader, "get_source", None) if spec is not None else None
    try:
        text = get_source(module.__name__) if get_source is not None else None
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


def _active_owner(name: str, plugins: Sequence[Plugin], ownership: Ownership) -> Plugin | None:
    """Return the active plugin whose own code the module *name* is; None when there is none."""
    plugin = ownership.owner(name)
    if plugin is not None:
        return plugin if plugin.state == ACTIVE else None
    others = (plugin for plugin in plugins if plugin.state == ACTIVE and not plugin.is_built_in)
    return next((plugin for plugin in others if ownership.is_own(plugin, name)), None)
