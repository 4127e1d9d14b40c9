"""The conditions under which an index holds, as they are written; `pegboard.index` checks them at a start.

Source: git's "racy" rule (git documentation, technical/racy-git); measurements of what installers touch, `DESIGN.md`.
"""

from __future__ import annotations

import os.path

from pegboard._typing import TYPE_CHECKING
from pegboard.fields import escape
from pegboard.index import SEPARATOR, YOUNG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

YOUNG_NS: Final = 2_000_000_000
"""Nanoseconds within which a file system may give two changes one time: FAT counts in steps of two seconds."""


def is_young(stamp: str, scan_started_ns: int) -> bool:
    """Return whether the time in *stamp* is so recent that the next change could have the same."""
    time = stamp.partition(SEPARATOR)[0]
    return time != "-" and int(time) > scan_started_ns - YOUNG_NS


def _is_absent(stamp: str) -> bool:
    return stamp.startswith("-")


def is_implied(path: str, directories: Mapping[str, str]) -> bool:
    """Return whether *path*, which is not there, cannot appear without another one of *directories* changing.

    That one is the nearest directory above it: absent itself, or without the entry that leads to *path*, so that
    making the entry changes it. Every start is spared a look for each entry of `sys.path` that has no plugins.

    Args:
        path: What was not there when it was looked for.
        directories: The stamps of all that were looked for.
    """
    below = path
    while (above := os.path.dirname(below)) not in ("", below):
        if above in directories:
            return _is_absent(directories[above]) or not os.path.lexists(below)
        below = above
    return False


def conditions(
    known_facts: Sequence[str],
    directories: Mapping[str, str],
    files: Mapping[str, str],
    variables: Mapping[str, str],
    scan_started_ns: int,
) -> list[str]:
    """Return the conditions for an index, one line each; what has changed since the search began counts as young."""
    lines = list(known_facts)
    lines += [
        f"D{SEPARATOR}{escape(path)}{SEPARATOR}{stamp}"
        for path, stamp in directories.items()
        if not (_is_absent(stamp) and is_implied(path, directories))
    ]
    lines += [f"F{SEPARATOR}{escape(path)}{SEPARATOR}{stamp}" for path, stamp in files.items()]
    lines += [f"E{SEPARATOR}{escape(name)}{SEPARATOR}{stamp}" for name, stamp in variables.items()]
    if any(is_young(stamp, scan_started_ns) for stamp in (*directories.values(), *files.values())):
        lines.append(YOUNG)
    return lines
