"""Replaces a file in one step: a reader finds the old content or the new one, never half of it.

In: a path and the bytes. Out: the file, or an `OSError` and the old file.
"""

from __future__ import annotations

import os
import time

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HALF_WRITTEN = ".tmp"
"""The ending of the temporary file. Only a process that was killed leaves one."""


def replace_file(
    path: str,
    data: bytes,
    *,
    mode: int = 0o600,
    keeps_mode: bool = False,
    is_durable: bool = False,
    check: Callable[[], None] | None = None,
) -> None:
    """Put *data* in the place of the file *path*, whole or not at all; nothing is left behind if that fails.

    Args:
        path: The file; it need not exist, its folder must. A link is replaced by a file: give `os.path.realpath` to
            replace what it leads to.
        data: The new content.
        mode: The permissions of the file, less the process's umask.
        keeps_mode: Whether a file that exists keeps its permissions instead.
        is_durable: Whether the content is on the disk before it takes the old one's place, so that it survives a loss
            of power.
        check: Called just before the old file is replaced; it stays if this raises.

    Raises:
        OSError: If it cannot be written or replaced.
    """
    temporary = f"{path}.{os.getpid()}.{time.monotonic_ns()}{HALF_WRITTEN}"
    kept = _mode_of(path) if keeps_mode else None
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, mode if kept is None else kept & 0o700)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
            if is_durable:
                stream.flush()
                os.fsync(stream.fileno())
        if kept is not None:
            os.chmod(temporary, kept)
        if check is not None:
            check()
        os.replace(temporary, path)
    except BaseException:  # also Ctrl-C
        try:
            os.unlink(temporary)
        except FileNotFoundError:
            pass
        raise


def _mode_of(path: str) -> int | None:
    try:
        return os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        return None
