"""Has a plugin replaced or hidden modules, so that what is recorded after it would not hold without it?

In: the modules that are loaded before the first plugin is recorded. Out: the plugin, and the module, in words.

A plugin that removes the application's API from `sys.modules`, say, makes every plugin that comes after it register
with a second copy of the application. The record of such a plugin would say that it registers nothing, and would go on
saying so when the culprit is long gone.
"""

from __future__ import annotations

import sys
from operator import is_

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.ledger import Plugin


class LoadedModules:
    """The modules that are loaded now, but for those of plugins."""

    __slots__ = ("_before", "_modules", "_owner", "why_changed")

    def __init__(self, owner: Callable[[str], Plugin | None]) -> None:
        """Remember what is loaded; *owner* returns the plugin that a module is a part of, or None."""
        self._before = dict(sys.modules)
        self._modules = tuple(self._before.values())
        self._owner = owner
        self.why_changed: str | None = None
        """Which plugin has replaced or hidden a module, in words; None as long as none has."""

    def look(self, plugin: Plugin) -> None:
        """Look whether *plugin*, whose import has just ended, has replaced or hidden one of them."""
        if self.why_changed is not None:
            return
        now_loaded = sys.modules
        if len(now_loaded) >= len(self._modules) and all(map(is_, self._modules, now_loaded.values())):
            return  # in the same order, as nearly always; nobody's code runs
        for name, module in self._before.items():
            now = sys.modules.get(name)
            if now is not module and self._owner(name) is None:
                what = "hidden" if now is None else "replaced"
                self.why_changed = f"{plugin.who()}, which was imported before it, had {what} the module {name}"
                return
