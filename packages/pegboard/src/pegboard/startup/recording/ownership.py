"""Which modules are a plugin's own code, including those that are not below its name?

In: a plugin and the name of a module. Out: yes or no. A plugin `app.plugins.balance` is often a few lines that use a
package `acme_balance` of the same distribution; that package is the plugin's own code, too.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.discovery.distributions import by_name, normalise
from pegboard.startup.recording.holding_packages import HoldingPackages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pegboard.ledger import Distribution, Plugin
    from pegboard.startup.discovery.distributions import Installed


class Ownership:
    """Says which plugin a module is a part of, and whether it is a plugin's own code."""

    def __init__(
        self,
        owner: Callable[[str], Plugin | None],
        shared: Iterable[str] | None = None,
        holding: HoldingPackages | None = None,
        found: Sequence[Installed] | None = None,
    ) -> None:
        """Start with an empty cache.

        Args:
            owner: Returns the plugin that a module is a part of by its name, or None.
            shared: Packages whose top-level package is no plugin's own: the application, and the namespace that plugins
                are modules of. None for the top-level package of each plugin's module, whichever that is.
            holding: Knows which modules are beside a plugin; None where it does not matter that several share them.
            found: What is installed, from `without_stale`; None to look when it is needed.
        """
        self._find_owner = owner
        self._shared = None if shared is None else frozenset(name.partition(".")[0] for name in shared)
        self.holding: HoldingPackages = holding or HoldingPackages((), owner, ())
        """Knows which modules are beside a plugin."""
        self.of_nobody: set[str] = set()
        """Modules that are known to be a part of no plugin."""
        self._packages: dict[Distribution, frozenset[str]] = {}
        self._found = found
        self._installed: dict[str, Installed] | None = None

    def owner(self, module: str) -> Plugin | None:
        """Return the plugin that *module* is a part of by its name, or None."""
        if module in self.of_nobody:
            return None
        owner = self._find_owner(module)
        if owner is None:
            self.of_nobody.add(module)
        return owner

    def is_own(self, plugin: Plugin, module: str) -> bool:
        """Return whether *module*, a full name, is code of *plugin*."""
        owner = self.owner(module)
        if owner is not None:
            return owner is plugin
        if beside := self.holding.beside(module):
            return beside == [plugin]  # what several share is observed by itself
        if plugin.distribution is None:
            return False
        package = module.partition(".")[0]
        if package in sys.stdlib_module_names or package == "pegboard":
            return False
        if package == plugin.module.partition(".")[0] if self._shared is None else package in self._shared:
            return False
        packages = self._packages.get(plugin.distribution)
        if packages is None:
            if self._installed is None:
                self._installed = by_name(self._found)
            installed = self._installed.get(normalise(plugin.distribution.name))
            packages = self._packages[plugin.distribution] = _packages(plugin.distribution, installed)
        return package in packages


def _packages(distribution: Distribution, installed: Installed | None) -> frozenset[str]:
    """Return the top-level packages and modules that *distribution* installed, by its metadata, if that was found.

    Source: recording installed projects, https://packaging.python.org/en/latest/specifications/recording-installed-packages/.
    """
    # an editable installation does not list its packages: guess the name
    names = {distribution.name.replace("-", "_").replace(".", "_").lower()}
    if installed is None:
        return frozenset(names)
    names.update(installed.read("top_level.txt").split())
    for line in installed.read("RECORD").splitlines():
        path = line.rpartition(",")[0].rpartition(",")[0].strip('"')
        first, slash, _ = path.partition("/")
        if slash or first.endswith(".py"):
            names.add(first.removesuffix(".py"))
    return frozenset(name for name in names if name.isidentifier())
