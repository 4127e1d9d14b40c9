"""Quarantine: a plugin with two strikes is left out, for as long as it is the one that got them."""

from __future__ import annotations

import time

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import PluginHangsError, PluginQuarantinedError, PluginSlowError
from pegboard.index import path_stamp
from pegboard.ledger import QUARANTINED
from pegboard.startup.journal.crashes import LIMIT, Strikes, changing, files_of, fingerprint, path_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pegboard.errors import PegboardError
    from pegboard.index import Settings
    from pegboard.ledger import Plugin

_NOTE = "the plugin that was being imported has been named"
_INTERRUPTED_S = 3.0
"""Whoever presses Ctrl-C after so long an import means that the plugin hangs, if the host has no budget."""


def apply(settings: Settings, plugins: Iterable[Plugin]) -> tuple[list[PegboardError], tuple[tuple[str, ...], ...]]:
    """Quarantine those of *plugins* that have crashed twice.

    Returns:
        What is to be reported, and the module of each plugin that has crashed and may be imported nevertheless.
    """
    if not settings.journal:
        return [], ()
    strikes = Strikes(path_beside(settings.journal))
    problems: list[PegboardError] = []
    suspects: list[tuple[str, ...]] = []
    for plugin in plugins:
        case = strikes.of(plugin)
        if case is None or not plugin.is_usable or plugin.is_built_in:
            continue
        if case["strikes"] < LIMIT or not strikes.holds(case, plugin):
            suspects.append((plugin.module,))
            continue
        plugin.state = QUARANTINED
        plugin.reason = f"it took the process down {case['strikes']} times, last on {case['when']}: {case['how']}"
        command = f"{settings.application} plugins release {plugin.name}"
        owner = str(plugin.distribution or "")
        problems.append(PluginQuarantinedError(plugin.name, owner, plugin.reason, plugin.origin, command))
    return problems, tuple(suspects)


def stamps(journal: str, plugins: Iterable[Plugin]) -> dict[str, str]:
    """Return the stamps of the files that decide which of *plugins* are in quarantine, by path."""
    if not journal:
        return {}
    paths = [path_beside(journal)]
    for plugin in plugins:
        if plugin.state == QUARANTINED and plugin.origin:
            paths += files_of(plugin.origin)
    return {path: path_stamp(path, of_file=True) for path in paths}


def succeeded(journal: str) -> None:
    """Forget failed starts before this one, which has made the plugins ready."""
    if not journal:
        return
    path = path_beside(journal)
    if Strikes(path).failed_starts:
        with changing(path) as strikes:
            strikes.failed_starts = []


def survived(
    plugin: Plugin,
    suspects: Sequence[Sequence[str]],
    journal: str,
    slow_after: float | None,
    report: Callable[[PegboardError], None],
) -> None:
    """Forget the crashes of *plugin*, which has just been imported, and report it if that took too long.

    Args:
        plugin: It is active.
        suspects: The module of each plugin that has crashed.
        journal: The folder of the journal; empty when none is kept.
        slow_after: Seconds that an import may take; None when it may take as long as it likes.
        report: Told of the fault.
    """
    if journal and plugin.module in [module for (module,) in suspects]:
        with changing(path_beside(journal)) as strikes:
            strikes.forget(plugin)
    seconds = (plugin.cost_ms or 0) / 1000
    if slow_after is not None and seconds > slow_after:
        owner = str(plugin.distribution or "")
        report(PluginSlowError(plugin.name, owner, seconds, plugin.origin))


def interrupted(
    plugin: Plugin,
    error: BaseException,
    seconds: float,
    *,
    journal: str,
    slow_after: float | None,
    report: Callable[[PegboardError], None],
) -> None:
    """Count a crash for *plugin* if Ctrl-C ended an import that had lasted long, and report it.

    Args:
        plugin: What was being imported.
        error: The interrupt; it gets a note, so that only the innermost plugin is named.
        seconds: How long the import had lasted.
        journal: As in `survived`; so are the next two.
        slow_after: See above.
        report: See above.
    """
    limit = _INTERRUPTED_S if slow_after is None else slow_after
    notes = getattr(error, "__notes__", ())
    if seconds <= limit or plugin.is_built_in or _NOTE in notes:  # the innermost plugin is to blame
        return
    error.add_note(_NOTE)
    distribution = plugin.distribution
    report(PluginHangsError(plugin.name, str(distribution or ""), seconds, None, plugin.origin))
    if not journal:
        return
    with changing(path_beside(journal)) as strikes:
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
