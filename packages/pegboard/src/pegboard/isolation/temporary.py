"""Where are the temporary files of a plugin's process, and who removes them?

Each process has a folder of its own for them. The application removes it when the process has ended. If the application
is killed itself, the next one does that: a folder that nobody has locked is of nobody who lives.
"""

from __future__ import annotations

import os
import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class TemporaryFolder:
    """A folder for temporary files, which is removed by `remove`, or by whoever makes the next one beside it."""

    def __init__(self, above: str) -> None:
        """Make a folder.

        Args:
            above: The folder in which it is; made if it is not there.

        Raises:
            OSError: If it cannot be made.
        """
        from tempfile import mkdtemp

        os.makedirs(above, 0o700, exist_ok=True)
        lock = _locked(above, waits=True)  # else somebody could remove the new folder before it is locked
        try:
            for left in _left_behind(above):
                _remove(left)
            self.path: str = mkdtemp(prefix=f"{os.getpid()}-", dir=above)
            self._descriptor: int | None = _locked(self.path)
        finally:
            os.close(lock)

    def remove(self) -> None:
        """Remove the folder and all that is in it; nothing happens the second time."""
        if self._descriptor is not None:
            _remove(self.path)
            self.forget()

    def forget(self) -> None:
        """Leave the folder to another process: this one is a fork of it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _left_behind(above: str) -> Iterator[str]:
    """Yield the folders whose processes have ended without removing them."""
    for name in os.listdir(above):
        path = f"{above}{os.sep}{name}"
        try:
            descriptor = _locked(path)
        except OSError:  # somebody's who lives, or of another user, or removed a moment ago
            continue
        yield path
        os.close(descriptor)


def _locked(path: str, *, waits: bool = False) -> int:
    """Return a descriptor that keeps the folder locked while it is open.

    Args:
        path: The folder.
        waits: Whether to wait until nobody else has it locked.

    Raises:
        OSError: If somebody has locked it, or it is no folder.
    """
    if sys.platform == "win32":
        raise OSError(path)
    import fcntl

    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _remove(path: str) -> None:
    from shutil import rmtree

    rmtree(path, ignore_errors=True)  # what cannot be removed now is tried again by the next one
