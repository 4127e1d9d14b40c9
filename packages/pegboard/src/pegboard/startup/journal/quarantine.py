"""Quarantine: a plugin with two strikes is left out, for as long as it is the one that got them."""

from __future__ import annotations

import time

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import PluginHangsError, PluginQuarantinedError, PluginSlowError
from pegboard.index import path_stamp
from pegboard.ledger import QUARANTINED
from pegboard.startup.journal.crashes import LIMIT, Strikes, changing, files_of, fingerprint, path_beside

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pegboard.errors import PegboardError
    from pegboard.host import Roster
    from pegboard.ledger import Plugin

_NOTE = "the plugin that was being imported has been named"
_INTERRUPTED_S = 3.0
"""Whoever presses Ctrl-C after so long an import means that the plugin hangs, if the host has no budget."""


def apply(roster: Roster, plugins: Iterable[Plugin]) -> list[PegboardError]:
    """Quarantine those of *plugins* that have two strikes, and return what is to be reported."""
    if not roster.journal:
        return []
    strikes = Strikes(path_beside(roster.journal))
    problems: list[PegboardError] = []
    suspects = []
    for plugin in plugins:
        case = strikes.of(plugin)
        if case is None or not plugin.is_usable or plugin.is_built_in:
            continue
        if case["strikes"] < LIMIT or not strikes.holds(case, plugin):
            suspects.append([plugin.module])
            continue
        plugin.state = QUARANTINED
        plugin.reason = f"it took the process down {case['strikes']} times, last on {case['when']}: {case['how']}"
        command = f"{roster.application} plugins release {plugin.name}"
        owner = str(plugin.distribution or "")
        problems.append(PluginQuarantinedError(plugin.name, owner, plugin.reason, plugin.origin, command))
    roster.suspects = suspects
    return problems


def stamps(roster: Roster, plugins: Iterable[Plugin]) -> dict[str, str]:
    """Return the stamps of all files on which it depends who is in quarantine."""
    if not roster.journal:
        return {}
    paths = [path_beside(roster.journal)]
    for plugin in plugins:
        if plugin.state == QUARANTINED and plugin.origin:
            paths += files_of(plugin.origin)
    return {path: path_stamp(path, of_file=True) for path in paths}


def succeeded(roster: Roster) -> None:
    """Take notice that the plugins have been made ready: failed starts before this one do not count any more."""
    if not roster.journal or roster.left_out:
        return
    path = path_beside(roster.journal)
    if Strikes(path).failed_starts:
        with changing(path) as strikes:
            strikes.failed_starts = []


def survived(roster: Roster, plugin: Plugin) -> None:
    """Take notice that *plugin* has been imported: clear its strikes, and tell if it took too long."""
    if [plugin.module] in roster.suspects and roster.journal:
        with changing(path_beside(roster.journal)) as strikes:
            strikes.forget(plugin)
    seconds = (plugin.cost_ms or 0) / 1000
    if roster.slow_after is not None and seconds > roster.slow_after:
        owner = str(plugin.distribution or "")
        roster.report(PluginSlowError(plugin.name, owner, seconds, plugin.origin))


def interrupted(roster: Roster, plugin: Plugin, error: BaseException, seconds: float) -> None:
    """Count a strike for *plugin* if Ctrl-C ended an import that had lasted long, and name it."""
    limit = _INTERRUPTED_S if roster.slow_after is None else roster.slow_after
    notes = getattr(error, "__notes__", ())
    if seconds <= limit or plugin.is_built_in or _NOTE in notes:  # the innermost plugin is to blame
        return
    error.add_note(_NOTE)
    distribution = plugin.distribution
    roster.report(PluginHangsError(plugin.name, str(distribution or ""), seconds, None, plugin.origin))
    if not roster.journal:
        return
    with changing(path_beside(roster.journal)) as strikes:
        strikes.strike(
            {
                "name": plugin.name,
                "module": plugin.module,
                "origin": plugin.origin or "",
                "distribution": distribution.name if distribution else "",
                "version": distribution.version if distribution else "",
                "fingerprint": fingerprint(plugin.origin or ""),
                "when": time.strftime("%Y-%m-%d %H:%M"),
                "how": f"it was interrupted after {seconds:.1f} s of being imported",
            }
        )
