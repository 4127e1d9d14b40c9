"""Validity: under which conditions an index is still true, and whether they hold now.

Hot: a few comparisons and one `stat` for each directory and each file that people edit in place. Stamps are compared
for equality and never rounded: an installer may bring an older time than the one it replaces.

    S <fact>                        interpreter, environment, application, `sys.path`: compared as text
    D path mtime_ns inode           a directory on the import path, or a portion; `-` `-` when it is absent
    F path mtime_ns size inode      a file; `-` `-` `-` when it is absent
    E name hash                     an environment variable that an import read; `-` when it was not set
    Y                               something had changed so shortly before the scan that a stamp may not show the next

Source: git's "racy" rule (git documentation, technical/racy-git); measurements of what installers touch, `DESIGN.md`.
"""

from __future__ import annotations

import os
import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.activation.index import ENCODING, SEPARATOR, digest, escape, unescape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Final

YOUNG_NS: Final = 2_000_000_000
"""Nanoseconds within which a file system may give two changes one time: FAT counts in steps of two seconds."""
YOUNG: Final = "Y"


def facts(application: str, policy: str) -> list[str]:
    """Return what must be the same, in the same words, for any record to be used.

    Args:
        application: The host's name.
        policy: Whatever else the caller depends on, as text.
    """
    path = SEPARATOR.join(escape(entry) if isinstance(entry, str) else repr(entry) for entry in sys.path)
    implementation = sys.implementation
    return [
        f"S python {sys.hexversion:x} {implementation.cache_tag} {implementation.name}",
        f"S prefix {escape(sys.prefix)}",
        f"S application {application}",
        f"S policy {escape(policy)}",
        f"S path {path}",
    ]


def directory_stamp(path: str) -> str:
    """Return the stamp of a directory, or of an archive in its place."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return f"-{SEPARATOR}-"
    return f"{status.st_mtime_ns}{SEPARATOR}{status.st_ino}"


def file_stamp(path: str) -> str:
    """Return the stamp of a file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return f"-{SEPARATOR}-{SEPARATOR}-"
    return f"{status.st_mtime_ns}{SEPARATOR}{status.st_size}{SEPARATOR}{status.st_ino}"


def variable_stamp(name: str, environ: Mapping[str, str]) -> str:
    """Return the stamp of an environment variable: a hash, since variables hold secrets."""
    value = environ.get(name)
    return "-" if value is None else digest(value.encode(*ENCODING)).decode()


def is_young(stamp: str, scan_started_ns: int) -> bool:
    """Return whether the time in *stamp* is so recent that the next change could have the same."""
    time = stamp.partition(SEPARATOR)[0]
    return time != "-" and int(time) > scan_started_ns - YOUNG_NS


def conditions(
    known_facts: Sequence[str],
    directories: Mapping[str, str],
    files: Mapping[str, str],
    variables: Mapping[str, str],
    scan_started_ns: int,
) -> list[str]:
    """Return the conditions for an index, one line each; the stamps are those the scan worked with."""
    lines = list(known_facts)
    lines += [f"D{SEPARATOR}{escape(path)}{SEPARATOR}{stamp}" for path, stamp in directories.items()]
    lines += [f"F{SEPARATOR}{escape(path)}{SEPARATOR}{stamp}" for path, stamp in files.items()]
    lines += [f"E{SEPARATOR}{escape(name)}{SEPARATOR}{stamp}" for name, stamp in variables.items()]
    if any(is_young(stamp, scan_started_ns) for stamp in (*directories.values(), *files.values())):
        lines.append(YOUNG)
    return lines


def objection(lines: Iterable[str], known_facts: Iterable[str], environ: Mapping[str, str]) -> str | None:
    """Return which of the conditions *lines* does not hold any more, in words; None when all hold.

    Args:
        lines: As `conditions` returned them.
        known_facts: What `facts` says now.
        environ: The environment variables.
    """
    now = iter(known_facts)
    for line in lines:
        kind = line[0]
        if kind == "S":
            if line != next(now, None):
                return f"{line.split(' ', 2)[1]} is not what it was"
        elif kind == YOUNG:
            return "something had changed right before the plugins were last looked at"
        else:
            _, subject, stamp = line.split(SEPARATOR, 2)
            subject = unescape(subject)
            if kind == "F":
                if file_stamp(subject) != stamp:
                    return f"the file {subject} has changed"
            elif kind == "D":
                if directory_stamp(subject) != stamp:
                    return f"the directory {subject} has changed"
            elif variable_stamp(subject, environ) != stamp:
                return f"the environment variable {subject} has changed"
    return None if next(now, None) is None else "the index is of another format"
