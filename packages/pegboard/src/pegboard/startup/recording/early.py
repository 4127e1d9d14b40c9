"""Which plugins were imported before the start, by the application or by whoever runs it?

In: plugins, and `sys.modules`. Out: those plugins. What they registered belongs to the application, and their wishes
for the order are not known. So their records do not count in this start, and the new index holds only for starts before
which the same plugins were imported.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import ACTIVE, FOUND, PRIMED, Records

if TYPE_CHECKING:
    from pegboard.index import Index
    from pegboard.ledger import Ledger, Plugin


def is_early(plugin: Plugin) -> bool:
    """Return whether *plugin* has been imported, but not by the host.

    A plugin that another thread is importing now does not count: that thread had finished its start before.
    """
    module = sys.modules.get(plugin.module)
    if getattr(getattr(module, "__spec__", None), "_initializing", False):
        return False
    return plugin.state in (FOUND, PRIMED) and bool(getattr(module, "__file__", None))


def early_plugins(records: Records) -> list[Plugin]:
    """Return the plugins of *records* that were imported before the start."""
    found = [records.plugin(module) for module in list(sys.modules)]
    return [plugin for plugin in found if plugin is not None and is_early(plugin)]


def why_invalid_for_early(index: Index) -> str | None:
    """Return, in words, that other plugins had been imported early when *index* was made; None otherwise."""
    recorded = {module for modules in index.head.get("B", ()) for module in modules}
    if {plugin.module for plugin in early_plugins(Records(index))} == recorded:
        return None
    return "other plugins than the last time had been imported before the start"


def mark_active(plugin: Plugin, ledger: Ledger) -> None:
    """Mark *plugin*, which was imported before the start, as active; its record does not count."""
    plugin.state = ACTIVE
    ledger.ignore_record(plugin)
