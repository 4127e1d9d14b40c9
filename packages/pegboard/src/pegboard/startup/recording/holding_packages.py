"""What does the code do that runs for a plugin outside of its own module: that of the packages that hold it?

In: the plugins, and what was seen of modules that are a part of none of them but in the package of one. Out: what each
plugin inherits of it. The import system runs a package before a module in it: for `x = acme.main`, that is `acme`. Its
body is as much the plugin's as the module is, and all plugins in one package share it.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import Plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any


class HoldingPackages:
    """Knows which modules count as code of the plugins beside them."""

    def __init__(
        self, plugins: Sequence[Plugin], owner: Callable[[str], Plugin | None], application: Iterable[str]
    ) -> None:
        """Observe nothing yet.

        Args:
            plugins: All that there are.
            owner: Returns the plugin that a module is a part of by its name, or None.
            application: The top-level packages that are the application's: plugins in them share no code.
        """
        self._owner = owner
        self._holding: dict[str, list[Plugin]] = {}  # by the name of a package that holds plugins
        self._beside: dict[str, list[Plugin]] = {}  # by the name of a top-level package that is not the application's
        self._traces: dict[str, Any] = {}
        for plugin in plugins:
            top = plugin.module.partition(".")[0]
            if top in sys.stdlib_module_names or top == "pegboard":
                continue
            packages = list(_packages(plugin.module))
            for package in packages:
                self._holding.setdefault(package, []).append(plugin)
            if packages and top not in application:
                self._beside.setdefault(top, []).append(plugin)
        for some in self._beside.values():
            publishers = {plugin.distribution for plugin in some} - {None}
            some += [plugin for plugin in plugins if plugin.distribution in publishers and plugin not in some]

    def is_observed_alone(self, module: str) -> bool:
        """Return whether *module* is to be observed by itself: it holds plugins, or is beside several of them."""
        return (module in self._holding or len(self.beside(module)) > 1) and self._owner(module) is None

    def plugins(self, module: str) -> list[Plugin]:
        """Return the plugins whose code *module* is, too."""
        return self.beside(module) or self._holding.get(module, [])

    def beside(self, module: str) -> list[Plugin]:
        """Return the plugins that share the top-level package of *module*, which is not the application's."""
        return self._beside.get(module.partition(".")[0], [])

    def is_own(self, holding: str, module: str) -> bool:
        """Return whether *module* is code of the module *holding*, which is observed by itself."""
        top = holding.partition(".")[0]
        is_near = module.partition(".")[0] == top if top in self._beside else f"{module}.".startswith(f"{holding}.")
        return is_near and self._owner(module) is None

    def note(self, module: str, trace: Any) -> None:
        """Note what *module*, which was observed by itself, or should have been, has done."""
        self._traces[module] = trace

    def has(self, module: str) -> bool:
        """Return whether *module* has been observed by itself, or should have been."""
        return module in self._traces

    def bequeath(self, plugin: Plugin, trace: Any) -> None:
        """Add to the *trace* of a plugin what it inherits."""
        for module, other in self._traces.items():
            if plugin in self.plugins(module):
                trace.variables |= other.variables
                trace.packages |= other.packages | {module.partition(".")[0]}
                trace.missing |= other.missing
                trace.uses |= other.uses - {plugin.module}
                trace.effects += [each for each in other.effects if not any(each is known for known in trace.effects)]
                trace.is_judged = trace.is_judged and other.is_judged


def stand_in(module: str) -> Plugin:
    """Return what is observed instead of a plugin while *module* is loaded."""
    return Plugin(module, module)


def _packages(module: str) -> Iterator[str]:
    """Yield the packages that hold *module*."""
    while module := module.rpartition(".")[0]:
        yield module
