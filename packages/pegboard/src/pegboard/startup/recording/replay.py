"""Replay: which recorded problems are reported at a warm start?

In: the index in use, and what the application has registered. Out: reports. Name clashes depend on the names that the
application itself registers; where these differ from the recorded ones, every name is decided again.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import NameClashError, PluginImportError, RecordedProblem
from pegboard.ledger import BROKEN
from pegboard.startup.recording.own_names import own_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.errors import PegboardError
    from pegboard.index import Index
    from pegboard.ledger import Ledger, Plugin


def report_recorded(
    index: Index,
    ledger: Ledger,
    application: Plugin,
    *,
    plugin_of: Callable[[str], Plugin | None],
    report: Callable[[PegboardError], None],
    report_clashes: Callable[[], None],
) -> None:
    """Report the problems that *index* has of its plugins, and name clashes as they are now.

    Args:
        index: The index in use.
        ledger: Has the names that the application registers itself.
        application: The owner of these.
        plugin_of: Returns the plugin that is a module; a plugin that lacks something gets the error that says so.
        report: Told of each problem.
        report_clashes: Decides every name again, and reports who else claims it.
    """
    for module, *fields in index.head.get("L", ()):
        plugin = plugin_of(module)
        if plugin is not None and plugin.state == BROKEN:
            error = PluginImportError(*fields)
            error.is_recorded = True
            plugin.fail(error)
            report(error)
    has_same_names = [[own_names(ledger, application)]] == index.head.get("O", [[""]])
    for code, summary, hint in index.head.get("W", ()):
        if has_same_names or code != NameClashError.code:
            report(RecordedProblem(code, summary, hint))
    if not has_same_names:
        report_clashes()
