"""Which plugins change what others find when they are imported, and is each of these still what it was?

In: the effects of imports. Out: why what was recorded beside such a plugin does not hold any more.

A plugin that hides a module, replaces a function of a library or sets a variable decides what others register that are
recorded after it in the same process. Nothing in their own files says so. Who comes after it is not known for sure,
either: another plugin may import it early. So when it changes or goes, no record holds; while it stays, that costs
nothing.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.index import path_stamp
from pegboard.startup.recording.effects.effect import LIBRARY, SEEN
from pegboard.startup.recording.record import READS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pegboard.ledger import Plugin
    from pegboard.startup.recording.record import Record

IMPORTED_BEFORE = "it had been imported before the plugins were looked at"
"""Why a plugin is recorded anew that is loaded already."""
_NO_CHANGES = (READS, IMPORTED_BEFORE)
"""Why a plugin is recorded anew although it is what it was."""
_OF_ITS_OWN = ("starts a ", "connects a socket", "binds a socket", "registers an exit handler")
"""How effects begin that others do not find when they are imported."""


def is_influence(effects: Iterable[tuple[str, str]]) -> bool:
    """Return whether one of *effects*, each a kind and words, changes what others find."""
    return any(kind in (SEEN, LIBRARY) and not words.startswith(_OF_ITS_OWN) for kind, words in effects)


def stamps(plugins: Iterable[Plugin]) -> dict[str, str]:
    """Return the stamps of the files of *plugins*, which have such effects, by module; for the index."""
    return {plugin.module: path_stamp(plugin.origin, of_file=True) if plugin.origin else "" for plugin in plugins}


def invalidate_others(
    influences: Mapping[str, str],
    plugins: Iterable[Plugin],
    records: Mapping[str, Record | None],
    reasons: dict[str, str | None],
) -> None:
    """Invalidate all records if a plugin that had such effects is gone, is left out or is not what it was.

    Args:
        influences: From `stamps`, of the old index.
        plugins: All plugins that exist now.
        records: The record of each plugin, by module.
        reasons: Why a record does not hold; None where it holds. Changed in place.
    """
    usable = {plugin.module: plugin for plugin in plugins if plugin.is_usable}
    now = stamps(usable[module] for module in influences.keys() & usable.keys())
    for module, stamp in sorted(influences.items()):
        if _is_same(module, stamp, now, records, reasons):
            continue
        for other, reason in reasons.items():
            if reason is None:
                reasons[other] = f"{module}, which changed what others find while it was recorded, is not what it was"
        return


def _is_same(
    module: str,
    stamp: str,
    now: Mapping[str, str],
    records: Mapping[str, Record | None],
    reasons: Mapping[str, str | None],
) -> bool:
    if module not in now:
        return False
    if records.get(module) is None:  # its import fails, or it cannot be recorded: only its file can tell
        return now[module] == stamp
    reason: str | None = reasons.get(module)
    return reason is None or reason in _NO_CHANGES
