"""Which plugins have crashed so often that they are left out?

In: plugins, and the file of crashes. Out: quarantined plugins, what is to be reported, and the file without the crashes
of plugins that have been imported without one.
"""

from __future__ import annotations

import time

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import PluginHangsError, PluginQuarantinedError, PluginSlowError
from pegboard.foreign_object import add_note, attribute
from pegboard.index import path_stamp
from pegboard.ledger import ISOLATED, QUARANTINED
from pegboard.startup.journal.crashes import (
    LIMIT,
    Crashes,
    changing_crashes,
    crashes_path,
    is_current,
    new_crash,
    plugin_commands,
    plugin_files,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pegboard.errors import PegboardError
    from pegboard.index import Settings
    from pegboard.ledger import Plugin

_NOTE = "the plugin that was being imported has been named"
_HANGING_S = 3.0
"""If the user interrupts an import that has lasted this long, the plugin hangs; unless the host says `slow_after`."""


def apply(settings: Settings, plugins: Iterable[Plugin]) -> tuple[list[PegboardError], tuple[tuple[str, ...], ...]]:
    """Quarantine those of *plugins* that have crashed `LIMIT` times.

    Returns:
        What is to be reported, and the module of each plugin that has crashed but may be imported.
    """
    if not settings.journal:
        return [], ()
    crashes = Crashes(crashes_path(settings.journal))
    problems: list[PegboardError] = []
    suspects: list[tuple[str, ...]] = []
    for plugin in plugins:
        crash = crashes.of(plugin)
        if crash is None or not plugin.is_usable or plugin.is_built_in:
            continue
        if crash["strikes"] < LIMIT or not is_current(crash, plugin):
            suspects.append((plugin.module,))
            continue
        plugin.state = QUARANTINED
        plugin.reason = f"it took the process down {crash['strikes']} times, last on {crash['when']}: {crash['how']}"
        commands = plugin_commands(settings)
        command = f"{commands} release {plugin.name}" if commands else ""
        owner, file = str(plugin.distribution or ""), crashes_path(settings.journal)
        problems.append(PluginQuarantinedError(plugin.name, owner, plugin.reason, plugin.origin, command, file))
    return problems, tuple(suspects)


def quarantine_stamps(journal: str, plugins: Iterable[Plugin]) -> dict[str, str]:
    """Return the stamp of each file that decides which of *plugins* are quarantined, by path."""
    if not journal:
        return {}
    paths = [crashes_path(journal)]
    for plugin in plugins:
        if plugin.state == QUARANTINED and plugin.origin:
            paths += plugin_files(plugin.origin)
    return {path: path_stamp(path, of_file=True) for path in paths}


def succeeded(journal: str) -> None:
    """Forget earlier failed starts, since this start has made the plugins ready."""
    if journal and Crashes(crashes_path(journal)).has_failed_starts:
        with changing_crashes(crashes_path(journal)) as crashes:
            crashes.forget_failed_starts()


def survived(
    plugin: Plugin,
    suspects: Sequence[Sequence[str]],
    journal: str,
    slow_after: float | None,
    report: Callable[[PegboardError], None],
) -> None:
    """Forget the crashes of *plugin*, which has just been imported, and report it if that took too long.

    Args:
        plugin: The plugin, which is active.
        suspects: The module of each plugin that has crashed.
        journal: The folder of the journal; empty when no journal is kept.
        slow_after: How many seconds an import may take; None when there is no limit.
        report: Told of the fault.
    """
    # that the process of an isolated plugin has started does not say that it survives a call
    if journal and plugin.source != ISOLATED and plugin.module in [module for (module,) in suspects]:
        with changing_crashes(crashes_path(journal)) as crashes:
            crashes.forget(plugin)
    seconds = (plugin.cost_ms or 0) / 1000
    if slow_after is not None and seconds > slow_after:
        owner = str(plugin.distribution or "")
        report(PluginSlowError(plugin.name, owner, seconds, plugin.origin))


def struck(plugin: Plugin, how: str, journal: str) -> None:
    """Count a crash of *plugin*, which is isolated, and whose process has died.

    Args:
        plugin: The plugin.
        how: What happened, in words.
        journal: As in `survived`.
    """
    if not journal:
        return
    name, version = (plugin.distribution.name, plugin.distribution.version) if plugin.distribution else ("", "")
    with changing_crashes(crashes_path(journal)) as crashes:
        crashes.add(new_crash(plugin.name, plugin.module, plugin.origin or "", name, version, time.time(), how))


def served(plugin: Plugin, journal: str) -> None:
    """Forget the crashes of *plugin*, which is isolated, and of which a call has returned."""
    if journal and Crashes(crashes_path(journal)).of(plugin) is not None:
        with changing_crashes(crashes_path(journal)) as crashes:
            crashes.forget(plugin)


def interrupted(
    plugin: Plugin,
    error: BaseException,
    seconds: float,
    *,
    journal: str,
    slow_after: float | None,
    report: Callable[[PegboardError], None],
) -> None:
    """Report a plugin that hangs, and count that as a crash: the user has interrupted a long import.

    Args:
        plugin: The plugin that was being imported.
        error: The interrupt. It gets a note, so that of plugins that import one another only the innermost is named.
        seconds: How long the import had lasted.
        journal: As in `survived`.
        slow_after: As in `survived`.
        report: As in `survived`.
    """
    limit = _HANGING_S if slow_after is None else slow_after
    if seconds <= limit or plugin.is_built_in or _has_note(error):
        return
    add_note(error, _NOTE)
    distribution, origin = plugin.distribution, plugin.origin or ""
    report(PluginHangsError(plugin.name, str(distribution or ""), seconds, None, plugin.origin))
    if not journal:
        return
    name, version = (distribution.name, distribution.version) if distribution else ("", "")
    how = f"it was interrupted after {seconds:.1f} s of being imported"
    with changing_crashes(crashes_path(journal)) as crashes:
        crashes.add(new_crash(plugin.name, plugin.module, origin, name, version, time.time(), how))


def _has_note(error: BaseException) -> bool:
    notes = attribute(error, "__notes__", list) or ()
    return any(type(note) is str and note == _NOTE for note in notes)
