"""Which files do indexes have, and how are they written and removed?

In: the path of an index. Out: the file in a folder of its own, readable by its owner alone; old indexes beside it are
removed.
"""

from __future__ import annotations

import os
import sys
import time

from pegboard._typing import TYPE_CHECKING
from pegboard.atomic_file import HALF_WRITTEN, replace_file

if TYPE_CHECKING:
    from typing import Final

_INDEX: Final = ".index"
_NOTES: Final = ".notes"
_RECORDS: Final = ".records"
_MAX_INDEXES: Final = 16
_DAY_NS: Final = 24 * 3600 * 1_000_000_000


def notes_path(index_path: str) -> str:
    """Return the path of the notes beside the index at *index_path*."""
    return index_path.removesuffix(_INDEX) + _NOTES


def records_path(index_path: str, application: str) -> str:
    """Return the path of the records that outlive the index at *index_path*; all indexes in its folder share them."""
    return os.path.join(os.path.dirname(index_path), f"plugins-{application}-{sys.implementation.cache_tag}{_RECORDS}")


def write(path: str, data: bytes) -> str | None:
    """Replace the content of the file *path* by *data*; create its folder if there is none.

    Returns:
        Why that failed, in words; None when it succeeded.
    """
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        return f"{path} cannot be written: {error.strerror or error}"
    return None


def why_not_writable(path: str) -> str | None:
    """Return, in words, why the file *path* could not be written; None if it could, as far as can be seen."""
    folder = os.path.dirname(path)
    while not os.path.lexists(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder):
        return f"{folder} is not a folder"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"you may not write to {folder}"


def _other_files(path: str, application: str) -> list[tuple[int, str]]:
    """Return time and path of the other files of *application* in the folder of *path*, the newest first."""
    directory, name = os.path.split(path)
    try:
        with os.scandir(directory) as entries:
            found = [
                (entry.stat().st_mtime_ns, entry.path)
                for entry in entries
                if entry.name.startswith(f"plugins-{application}-") and entry.name != name
            ]
    except OSError:
        return []
    return sorted(found, reverse=True)


def other_indexes(path: str, application: str) -> list[str]:
    """Return the other indexes of *application* in the folder of *path*, the newest first."""
    return [other for _, other in _other_files(path, application) if other.endswith(_INDEX)]


def remove_old(path: str, application: str) -> None:
    """Remove all but the newest indexes of *application* in the folder of *path*, which is one of them.

    Several are in use: each environment and import path has its own. Temporary files that are older than a
    day are removed, too: the processes that wrote them were killed.
    """
    for index in other_indexes(path, application)[_MAX_INDEXES - 1 :]:
        remove(index)
        remove(notes_path(index))
    for written_ns, other in _other_files(path, application):
        if other.endswith(HALF_WRITTEN) and written_ns < time.time_ns() - _DAY_NS:
            remove(other)


def remove_all(directory: str, application: str) -> int:
    """Remove every index of *application* in *directory*, with its notes, and return how many there were.

    Raises:
        OSError: If one cannot be removed.
    """
    names = [
        name
        for name in os.listdir(directory)
        if name.startswith(f"plugins-{application}-") and name.endswith((_INDEX, _NOTES, _RECORDS, HALF_WRITTEN))
    ]
    for name in names:
        os.unlink(os.path.join(directory, name))
    return sum(name.endswith(_INDEX) for name in names)


def remove(path: str) -> None:
    """Remove the file *path*; nothing happens if that is not possible."""
    try:
        os.unlink(path)
    except OSError:
        return
