"""How is the record of one plugin changed while the application runs?

In: the path of an index, and a plugin of which something else turned out than its record says. Out: an index that says
so, in place of the old one. If it cannot be read or written, the next start sees to it.
"""

from __future__ import annotations

import time

from pegboard._typing import TYPE_CHECKING
from pegboard.entry_objects import is_distribution
from pegboard.index import PROVISIONAL, read
from pegboard.ledger import BROKEN, FOUND, PRIMED
from pegboard.startup.recording.encoding import content_of, to_bytes
from pegboard.startup.recording.files import write
from pegboard.startup.recording.notes import Notes
from pegboard.startup.recording.record import READS, UNRECORDED, Record, has_changed

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pegboard.ledger import Plugin


def drop_drifted(path: str, plugin: Plugin) -> None:
    """Drop the record of *plugin*, which registered something else just now: the next start records it anew.

    What it registers in this process is not recorded, since another plugin may have changed what it depends on.

    Args:
        path: The index on disk; empty when there is none.
        plugin: What has been imported.
    """

    def change(content: dict[str, Any], entry: dict[str, Any]) -> bool:
        if plugin.module in content["early"]:
            return False  # recorded by the first start in which it is not imported early
        if entry["record"] is None:
            if entry["reason"].startswith(UNRECORDED):
                return False
            content["validity"].append(PROVISIONAL)  # it was broken, and is not any more: the next start records it
            return True
        record = Record.from_dict(entry["record"])
        now = time.time_ns()
        if any(has_changed(record.files, file, now) for file in record.files):
            return False  # edited while the program runs, and reloaded: the next start records it anew
        content["validity"].append(PROVISIONAL)
        entry["record"], entry["state"], entry["reason"] = None, FOUND, ""
        notes = Notes.beside(path)
        notes.reasons[plugin.name] = "it registered something else than its record said when it was used"
        notes.drifts[plugin.name] = notes.drifts.get(plugin.name, 0) + 1
        notes.write(path)
        return True

    _amend(path, plugin, change)


def drop_record(path: str, plugin: Plugin) -> None:
    """Drop the record of *plugin*, whose import has failed: the next start imports and records it anew.

    Args:
        path: The index on disk; empty when there is none.
        plugin: What could not be imported.
    """

    def change(content: dict[str, Any], entry: dict[str, Any]) -> bool:
        content["validity"].append(PROVISIONAL)
        entry["record"], entry["state"], entry["reason"] = None, FOUND, ""
        return True

    _amend(path, plugin, change)


def require_order(path: str, plugin: Plugin) -> None:
    """Note that *plugin* can be imported only after those that come before it.

    Args:
        path: The index on disk; empty when there is none.
        plugin: What was imported in the end.
    """

    def change(_: dict[str, Any], entry: dict[str, Any]) -> bool:
        if entry["record"] is not None:
            entry["record"]["is_in_order"] = True
        return entry["record"] is not None

    _amend(path, plugin, change)


def note_reader(path: str, plugin: Plugin) -> None:
    """Note that *plugin* reads what others contribute while it is imported: from the next start on it is eager.

    Args:
        path: The index on disk; empty when there is none.
        plugin: What has been imported.
    """

    def change(_: dict[str, Any], entry: dict[str, Any]) -> bool:
        if entry["record"] is not None:
            entry["record"] |= {"reads_registries": True, "eager": READS}
            entry["is_eager"], entry["reason"] = True, READS
        return entry["record"] is not None

    _amend(path, plugin, change)


def _amend(path: str, plugin: Plugin, change: Callable[[dict[str, Any], dict[str, Any]], bool]) -> None:
    """Change the index at *path*.

    Args:
        path: Empty when there is none.
        plugin: Which entry is to be changed; nothing happens if it is not there any more.
        change: Changes content and entry, and returns whether that is to be written.
    """
    if is_distribution(plugin):  # what it contributes is known from its metadata
        return
    try:
        content = content_of(read(path))
        entry = content["plugins"].get(plugin.module)
        if entry is not None and entry["state"] in (PRIMED, FOUND, BROKEN) and change(content, entry):
            write(path, to_bytes(content))
    except Exception:
        return  # another process is at it, or the disk is: whatever is wrong with an index makes a start slow
