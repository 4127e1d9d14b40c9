"""Under which conditions does a new index hold?

In: the stamps of directories, files and environment variables that the plugins depend on. Out: the lines of the index
that `pegboard.index` checks at each start.

Source: git's "racy" rule (git documentation, technical/racy-git); measurements of what installers touch, `DESIGN.md`.
"""

from __future__ import annotations

import os.path

from pegboard._typing import TYPE_CHECKING
from pegboard.fields import escape
from pegboard.frozen import UNPACKED
from pegboard.index import PROVISIONAL, SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

TIME_STEP_NS: Final = 2_000_000_000
"""Two changes within this time may get the same time stamp: FAT counts in steps of two seconds."""


def is_recent(stamp: str, search_began_ns: int) -> bool:
    """Return whether *stamp* is so recent that a change after the search could leave it the same."""
    time = stamp.partition(SEPARATOR)[0]
    return time != "-" and int(time) > search_began_ns - TIME_STEP_NS


def _is_absent(stamp: str) -> bool:
    return stamp.startswith("-")


def is_implied(path: str, directories: Mapping[str, str]) -> bool:
    """Return whether the absent *path* cannot appear unless another one of *directories* changes.

    The other one is the nearest directory above *path*. It is absent itself, or it lacks the entry that leads to
    *path*, so that creating the entry changes it. Thus a start need not check the absent plugin folder of each entry of
    `sys.path`.

    Args:
        path: It was absent during the search.
        directories: The stamps of all directories that were looked for.
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
    search_began_ns: int,
    *,
    is_complete: bool,
) -> list[str]:
    """Return the conditions for an index, one line each.

    Args:
        known_facts: `Settings.facts`.
        directories: The stamp of each directory.
        files: The stamp of each file.
        variables: The stamp of each environment variable.
        search_began_ns: When the search for plugins began. If a stamp is recent, the next start makes a new index.
        is_complete: Whether every plugin has been judged; if not, the next start goes on.
    """
    if UNPACKED:  # what is in there has been made for this process; the executable that it came from is a file, too
        directories = {path: stamp for path, stamp in directories.items() if not path.startswith(UNPACKED)}
        files = {path: stamp for path, stamp in files.items() if not path.startswith(UNPACKED)}
    lines = list(known_facts)
    lines += [
        f"D{SEPARATOR}{escape(path)}{SEPARATOR}{stamp}"
        for path, stamp in directories.items()
        if not (_is_absent(stamp) and is_implied(path, directories))
    ]
    lines += [f"F{SEPARATOR}{escape(path)}{SEPARATOR}{stamp}" for path, stamp in files.items()]
    lines += [f"E{SEPARATOR}{escape(name)}{SEPARATOR}{stamp}" for name, stamp in variables.items()]
    if not is_complete:
        lines.append(f"{PROVISIONAL} not every plugin has been judged yet")
    if any(is_recent(stamp, search_began_ns) for stamp in (*directories.values(), *files.values())):
        lines.append(PROVISIONAL)
    return lines
