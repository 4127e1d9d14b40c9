"""How is a file written to without damage?

In: an open file and what to append. Out: all of that is in the file and on the disk, or an `OSError` and the file as
it was.
"""

from __future__ import annotations

import errno
import io
import os

from utt.log.lock import lock

_OPEN = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
NO_DATA = (0, 0, 0)
"""The state of a file that is empty or missing."""


class NotTakenBackError(OSError):
    """A part of what was to be appended was written and could not be removed."""


def file_state(descriptor: int) -> tuple[int, int, int]:
    """Return a value that changes whenever the file does. An empty file and a missing one have the same value."""
    status = os.fstat(descriptor)
    return (status.st_ino, status.st_size, status.st_mtime_ns) if status.st_size else NO_DATA


def open_locked(path: str) -> int:
    """Open the file for appending, create it if it is missing, and wait for its lock."""
    while True:
        descriptor = os.open(path, _OPEN, 0o666)
        try:
            lock(descriptor)
            # An editor may have replaced the file in the meantime: then the new file is the log.
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):  # noqa: PTH116
                return descriptor
        except FileNotFoundError:
            pass  # removed in the meantime
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def ends_its_line(descriptor: int, size: int) -> bool:
    if not size:
        return True
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


def append(descriptor: int, size: int, data: bytes) -> None:
    """Append all of *data* to the *size* bytes of the file and flush it to the disk, or append nothing."""
    written = 0
    try:
        while written < len(data):  # once, unless the disk is full
            written += os.write(descriptor, data[written:])
        _sync(descriptor)
    except BaseException:
        # Remove only what this process wrote: a program without locks may have appended in the meantime.
        if written and os.fstat(descriptor).st_size == size + written:
            try:
                os.ftruncate(descriptor, size)
            except OSError as exc:  # such as a file with the append-only attribute
                raise NotTakenBackError(exc.errno, exc.strerror) from exc
        raise


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as exc:
        if exc.errno not in {errno.EINVAL, errno.ENOTSUP}:  # not a file on a disk, such as /dev/null
            raise


def make_name_durable(folder: str) -> None:
    """Flush the folder to the disk, so that a new log survives a power failure, if the system supports that."""
    try:
        descriptor = os.open(folder or os.curdir, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        return  # Windows opens no folders; the entry is written in any case


def remove_if_empty(path: str, descriptor: int) -> None:
    """Remove a new file without an entry; a process that waits for its lock opens the path again."""
    if os.fstat(descriptor).st_size == 0:
        try:
            os.unlink(os.path.realpath(path))  # noqa: PTH108
        except OSError:
            return  # an empty file does no harm


def beside(path: str) -> str:
    """Return the folder beside the file *path*, in which each editor that has the file open has its notes."""
    folder, name = os.path.split(os.path.realpath(path))
    return os.path.join(folder, f".{name}.editing")  # noqa: PTH118


def has_notes(path: str) -> bool:
    """Return whether an editor may have the file open, or had it when it was killed; `editing.py` knows for sure."""
    notes = beside(path)
    if os.path.isdir(notes):  # noqa: PTH112
        return True
    return not os.access(os.path.dirname(notes), os.W_OK) and os.path.exists(path)  # noqa: PTH110, PTH120


def locale_encoding() -> str:
    """Return the encoding that Python uses for text files here: nearly everywhere UTF-8."""
    return io.TextIOWrapper(io.BytesIO()).encoding
