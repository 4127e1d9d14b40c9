"""A finder that lets the host know when a plugin's own code runs, whoever imports it.

Python's import system stays the only gate: it imports a module once, whichever thread asks, and unwinds on failure.
The finder only brackets the execution of each plugin's module, so that what the module registers has an owner even
when plugins import one another.

Source: PEP 451 (module specs), PEP 302 (meta path finders).
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    from pegboard.plugins.plugin import Plugin

    Bracket = Callable[[Plugin, Callable[[], None]], None]


class PluginFinder:
    """Finds exactly the modules of one host's plugins, by asking all other finders, and brackets their execution."""

    __slots__ = ("_bracket", "_by_module", "_look_up")

    def __init__(self, bracket: Bracket) -> None:
        """Make a finder that knows no plugin yet; *bracket* runs a plugin's code, given the plugin and the code."""
        self._by_module: dict[str, Plugin] = {}
        self._look_up: Callable[[str], Plugin | None] | None = None
        self._bracket = bracket

    def watch(self, plugin: Plugin) -> None:
        """Bracket the import of *plugin* from now on."""
        self._by_module[plugin.module] = plugin
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def consult(self, look_up: Callable[[str], Plugin | None]) -> None:
        """Ask *look_up*, too, which plugin a module is: an index knows thousands without making them."""
        self._look_up = look_up
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def plugin(self, module: str) -> Plugin | None:
        """Return the plugin whose module is exactly *module*; None when there is none."""
        plugin = self._by_module.get(module)
        if plugin is None and self._look_up is not None:
            plugin = self._look_up(module)
        return plugin

    def owner(self, module: str) -> Plugin | None:
        """Return the plugin that *module* is, or is a part of; None when it belongs to no plugin."""
        while module:
            if plugin := self.plugin(module):
                return plugin
            module = module.rpartition(".")[0]
        return None

    def retire(self) -> None:
        """Stop bracketing; what is imported stays."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec that the other finders have for a plugin, with its loader bracketed; None for the rest."""
        plugin = self.plugin(fullname)
        if plugin is None:
            return None
        for finder in sys.meta_path:
            if finder is self:
                continue
            find: Any = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(fullname, path, target) if find else None
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _BracketedLoader(spec.loader, plugin, self._bracket)  # type: ignore[assignment]
                return spec
        return None


class _BracketedLoader:
    """Stands before a module's own loader until the module's code runs, then steps aside for good."""

    __slots__ = ("_bracket", "_loader", "_plugin")

    def __init__(self, loader: Any, plugin: Plugin, bracket: Bracket) -> None:
        self._loader = loader
        self._plugin = plugin
        self._bracket = bracket

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        create = getattr(self._loader, "create_module", None)
        module: ModuleType | None = create(spec) if create else None
        return module

    def exec_module(self, module: ModuleType) -> None:
        loader = self._loader
        # resources, inspect and linecache ask the loader who it is: from here on it is the module's own
        module.__loader__ = loader
        if module.__spec__ is not None:
            module.__spec__.loader = loader
        self._bracket(self._plugin, lambda: loader.exec_module(module))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
