"""The files of indexes: written in one step, by nobody else, and not without end."""

from __future__ import annotations

import os
import time

_KEEP = 16
_ENDINGS = (".index", ".notes")


def write(path: str, data: bytes) -> str | None:
    """Put *data* in the place of the file *path*, in one step, readable and writable by the owner alone.

    Returns:
        Why it could not be done, in words; None when it was.
    """
    directory = os.path.dirname(path)
    temporary = f"{path}.{os.getpid()}.{time.monotonic_ns()}.tmp"
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        return f"{path} cannot be written: {error.strerror or error}"
    return None


def prune(path: str, application: str) -> None:
    """Remove all but the newest indexes beside the one at *path*: each environment and import path has its own."""
    directory, newest = os.path.split(path)
    try:
        with os.scandir(directory) as entries:
            found = [
                (entry.stat().st_mtime_ns, entry.path)
                for entry in entries
                if entry.name.startswith(f"plugins-{application}-")
                and entry.name.endswith(".index")
                and entry.name != newest
            ]
        for _, old in sorted(found)[: -_KEEP + 1]:
            for ending in _ENDINGS:
                remove(old.removesuffix(".index") + ending)
    except OSError:
        return


def clear(directory: str, application: str) -> int:
    """Remove every index of *application* in *directory*, with its notes, and return how many there were.

    Raises:
        OSError: If one cannot be removed.
    """
    names = [
        name for name in os.listdir(directory) if name.startswith(f"plugins-{application}-") and name.endswith(_ENDINGS)
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


def _is_of(application: str, name: str) -> bool:
    return name.startswith(f"plugins-{application}-") and name.endswith(_ENDINGS)
