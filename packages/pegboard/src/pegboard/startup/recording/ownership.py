"""Own code: which modules are a plugin's, although its name does not begin them.

Cold. A plugin `app.plugins.balance` is often a few lines over a package `acme_balance` of the same distribution; what
that package does, the plugin does.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.ledger import Distribution, Plugin


class OwnCode:
    """Tells whether a module is a plugin's own code."""

    def __init__(self, owner: Callable[[str], Plugin | None]) -> None:
        """Make one; *owner* returns the plugin that a module is, or is a part of."""
        self._owner = owner
        self._packages: dict[Distribution, frozenset[str]] = {}

    def __call__(self, plugin: Plugin, module: str) -> bool:
        """Return whether *module*, a full name, is code of *plugin*."""
        owner = self._owner(module)
        if owner is not None or plugin.distribution is None:
            return owner is plugin
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names or top in ("pegboard", plugin.module.partition(".")[0]):
            return False
        packages = self._packages.get(plugin.distribution)
        if packages is None:
            packages = self._packages[plugin.distribution] = _packages(plugin.distribution)
        return top in packages


def _packages(distribution: Distribution) -> frozenset[str]:
    """Return the top-level packages and modules that *distribution* installed.

    Source: recording installed projects, https://packaging.python.org/en/latest/specifications/recording-installed-packages/.
    """
    from importlib import metadata  # 40 ms: only for a plugin that imports others' code

    names = {distribution.name.replace("-", "_").replace(".", "_").lower()}  # what an editable one does not list
    try:
        installed = metadata.distribution(distribution.name)
    except metadata.PackageNotFoundError:
        return frozenset(names)
    names.update((installed.read_text("top_level.txt") or "").split())
    for line in (installed.read_text("RECORD") or "").splitlines():
        path = line.rpartition(",")[0].rpartition(",")[0].strip('"')
        top, slash, _ = path.partition("/")
        if slash or top.endswith(".py"):
            names.add(top.removesuffix(".py"))
    return frozenset(name for name in names if name.isidentifier())
