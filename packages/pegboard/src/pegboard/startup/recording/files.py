"""Writes and removes the files of indexes.

In: the path of an index. Out: the file and its folder, for the owner alone; old indexes beside it are removed.
"""

from __future__ import annotations

import os
import time

from pegboard.atomic_file import HALF_WRITTEN, replace_file

_KEEP = 16
_ENDINGS = (".index", ".notes")
_DAY_NS = 24 * 3600 * 1_000_000_000


def write(path: str, data: bytes) -> str | None:
    """Replace the file *path* by *data*, for the owner alone, and make its folder if there is none.

    Returns:
        Why it could not be done, in words; None when it was.
    """
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        return f"{path} cannot be written: {error.strerror or error}"
    return None


def siblings(path: str, application: str) -> list[str]:
    """Return the other indexes of *application* beside the one at *path*, the newest first."""
    directory = os.path.dirname(path)
    try:
        with os.scandir(directory) as entries:
            found = [
                (entry.stat().st_mtime_ns, entry.path)
                for entry in entries
                if entry.name.startswith(f"plugins-{application}-") and entry.name.endswith(".index")
            ]
    except OSError:
        return []
    return [other for _, other in sorted(found, reverse=True) if other != path]


def prune(path: str, application: str) -> None:
    """Remove all but the newest indexes beside the one at *path*: each environment and import path has its own.

    What processes that were killed have left half written goes, too, when nobody can be writing it any more.
    """
    directory, newest = os.path.split(path)
    try:
        with os.scandir(directory) as entries:
            found = [
                (entry.stat().st_mtime_ns, entry.path)
                for entry in entries
                if entry.name.startswith(f"plugins-{application}-") and entry.name != newest
            ]
        indexes = sorted(item for item in found if item[1].endswith(".index"))
        for _, old in indexes[: -_KEEP + 1]:
            for ending in _ENDINGS:
                remove(old.removesuffix(".index") + ending)
        for written_ns, half in found:
            if half.endswith(HALF_WRITTEN) and written_ns < time.time_ns() - _DAY_NS:
                remove(half)
    except OSError:
        return


def clear(directory: str, application: str) -> int:
    """Remove every index of *application* in *directory*, with its notes, and return how many there were.

    Raises:
        OSError: If one cannot be removed.
    """
    names = [
        name
        for name in os.listdir(directory)
        if name.startswith(f"plugins-{application}-") and name.endswith((*_ENDINGS, HALF_WRITTEN))
    ]
    for name in names:
        os.unlink(os.path.join(directory, name))
    return sum(name.endswith(".index") for name in names)


def remove(path: str) -> None:
    """Remove the file *path*, if there is one and it can be removed."""
    try:
        os.unlink(path)
    except OSError:
        return
