"""In which order does an eager start import plugins, and which come before a given one?

In: plugins, and the user's wishes. Out: those that an eager start would have imported by now. Authors' wishes do not
count: they are not known before the plugins are imported.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import FOUND, PRIMED
from pegboard.startup.policy.ordering import order
from pegboard.startup.search import user_order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pegboard.index import Settings
    from pegboard.ledger import Plugin


def not_imported_before(plugin: Plugin, settings: Settings, plugins: Sequence[Plugin]) -> list[Plugin]:
    """Return those of *plugins* that an eager start imports before *plugin*, and that have not been, in that order."""
    if not any(each.state in (PRIMED, FOUND) and each is not plugin for each in plugins):
        return []
    in_order, _ = order(plugins, user_order(settings), built_in_first=settings.built_in_first, heeds_authors=False)
    if plugin not in in_order:
        return []
    return [each for each in in_order[: in_order.index(plugin)] if each.state in (FOUND, PRIMED)]


def import_those_before(
    stack: Sequence[Plugin], settings: Settings, plugins: Sequence[Plugin], activate: Callable[[Plugin, str], bool]
) -> None:
    """Import what an eager start would have imported when this thread reads what plugins contribute.

    Args:
        stack: The plugins that this thread is importing, the outermost first.
        settings: The host's.
        plugins: All plugins.
        activate: Imports a plugin for a reason, and returns whether it is usable.
    """
    for each in not_imported_before(stack[0], settings, plugins):
        if each not in stack:
            activate(each, f"it comes before {stack[0].name!r}, which reads what others contribute")
