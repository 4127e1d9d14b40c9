"""The lock of the log: one process at a time may write.

The log itself is locked, not a file beside it: no file is left behind, and a user who may write the log may
lock it. The operating system releases the lock when the process ends, even if it is killed. Readers take no
lock: an entry appears in one `write`.
"""

from __future__ import annotations

import errno
import os
import sys

if sys.platform == "win32":
    import msvcrt

    # On Windows no other process can read a locked range, so one byte far beyond the end of any log is locked.
    _BYTE_FAR_BEYOND = 0x7FFF_FFF0

    def lock(descriptor: int) -> None:
        """Wait until this process alone may write the file."""
        while True:
            os.lseek(descriptor, _BYTE_FAR_BEYOND, os.SEEK_SET)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError as exc:  # `locking` gives up after ten seconds
                if exc.errno != errno.EDEADLK:
                    raise
            else:
                return

    def try_lock(descriptor: int) -> bool:
        """Lock the file if no process has it locked, and return whether that was so."""
        os.lseek(descriptor, _BYTE_FAR_BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def unlock(descriptor: int) -> None:
        """Release the lock; call it just before *descriptor* is closed."""
        os.lseek(descriptor, _BYTE_FAR_BEYOND, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    # Errors of file systems without locks: then the only protection is that one `write` appends an entry.
    _LOCKS_UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}

    def lock(descriptor: int) -> None:
        """Wait until this process alone may write the file."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as exc:
            if exc.errno not in _LOCKS_UNSUPPORTED:
                raise

    def try_lock(descriptor: int) -> bool | None:
        """Lock the file if no process has it locked, and return whether that was so; None if nobody can know."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as exc:
            if exc.errno not in _LOCKS_UNSUPPORTED:
                raise
            return None
        return True

    def unlock(descriptor: int) -> None:
        """Do nothing: closing *descriptor* releases the lock."""
