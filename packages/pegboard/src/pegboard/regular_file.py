"""How is a file read that anybody may have put there? It may be a pipe, a device, a directory, or have no end.

In: a path. Out: all that the file holds, or an `OSError`. Nothing is waited for, and memory is bounded.
"""

from __future__ import annotations

import os
import stat

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

MOST_BYTES: Final = 64 * 1024 * 1024
"""What a file of metadata, or one that a plugin depends on, may have; larger ones count as unreadable."""
_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
)
_CHUNK: Final = 1024 * 1024


def read_file(path: str, most_bytes: int = MOST_BYTES, *, status: os.stat_result | None = None) -> bytes:
    """Return what the regular file *path* holds; a link is followed.

    Args:
        path: The file.
        most_bytes: How large it may be.
        status: What `os.stat` has just said of it, if it was asked.

    Raises:
        OSError: If it cannot be read, is not a regular file, or is larger. `strerror` says so.
        ValueError: If no file can have that name.
    """
    # Before it is opened: to open a device may already do something. Should one take its place just now, then what is
    # read of it is bounded, too, and nothing is waited for.
    size = _check(status or os.stat(path), path, most_bytes)
    file = os.open(path, _FLAGS)
    try:
        parts: list[bytes] = []
        left = most_bytes + 1
        while left:
            wanted = min(left, size + 1 if size else _CHUNK, _CHUNK)
            part = os.read(file, wanted)
            parts.append(part)
            left -= len(part)
            if not part or (len(part) < wanted and most_bytes + 1 - left == size):  # all, and no more was there
                break
    finally:
        os.close(file)
    if not left:  # it grows, or has no size, as files in /proc
        raise _refusal(path, _too_large(most_bytes))
    return b"".join(parts)


def read_part(path: str, length: int, start: int, identity: tuple[int, int] | None) -> bytes:
    """Return a part of the file *path*; nothing if it is not the one of that *identity*, its device and inode."""
    try:
        file = os.open(path, _FLAGS)
    except OSError:
        return b""
    try:
        status = os.fstat(file)
        if (status.st_dev, status.st_ino) != identity:
            return b""
        os.lseek(file, start, os.SEEK_SET)
        return os.read(file, length)
    except OSError:
        return b""
    finally:
        os.close(file)


def _check(status: os.stat_result, path: str, most_bytes: int) -> int:
    if stat.S_ISDIR(status.st_mode):
        from errno import EISDIR

        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), path)
    if not stat.S_ISREG(status.st_mode):
        raise _refusal(path, "it is not a regular file")
    if status.st_size > most_bytes:
        raise _refusal(path, _too_large(most_bytes))
    return status.st_size


def _too_large(most_bytes: int) -> str:
    return f"it is larger than {most_bytes // 1024:,} KiB"


def _refusal(path: str, problem: str) -> OSError:
    from errno import EINVAL

    return OSError(EINVAL, problem, path)
