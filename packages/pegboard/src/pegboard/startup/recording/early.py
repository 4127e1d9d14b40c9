"""Early imports: plugins whose modules were imported before the start, by the application or by whoever runs it.

Cold. What they registered was taken for the application's own, and nobody heard their wishes: so what is recorded of
them does not count in such a start, and who has which name, and in which order, is recorded of starts like it alone.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import ACTIVE, FOUND, PRIMED, Records
from pegboard.revision import supersede

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.host import Roster
    from pegboard.index import Index
    from pegboard.ledger import Plugin


def is_early(plugin: Plugin) -> bool:
    """Return whether *plugin* has been imported already, although nobody has asked for anything of it.

    One that another thread, which was ready before this one, is waking right now has not been.
    """
    module = sys.modules.get(plugin.module)
    if getattr(getattr(module, "__spec__", None), "_initializing", False):
        return False
    return plugin.state in (FOUND, PRIMED) and bool(getattr(module, "__file__", None))


def objection_to_early(index: Index) -> str | None:
    """Return that *index* was made when other plugins had been imported early than now, in words; None otherwise."""
    if index.records is None:
        index.records = Records(index)
    recorded = {module for modules in index.head.get("B", ()) for module in modules}
    if {plugin.module for plugin in _early(index.records)} == recorded:
        return None
    return "other plugins than the last time had been imported before the start"


def adopt_early(roster: Roster) -> None:
    """Take plugins that were imported early for what they are."""
    if roster.records is not None:
        for plugin in _early(roster.records):
            adopt(roster, plugin)


def adopt(roster: Roster, plugin: Plugin) -> None:
    """Take *plugin*, which was imported early, for active; what is recorded of it does not count."""
    plugin.state = ACTIVE
    supersede(roster.ledger, plugin)


def _early(records: Records) -> Iterator[Plugin]:
    for module in list(sys.modules):
        plugin = records.plugin(module)
        if plugin is not None and is_early(plugin):
            yield plugin
