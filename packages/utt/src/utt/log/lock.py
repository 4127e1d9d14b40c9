"""One writer at a time, also across processes.

The log file itself is locked, not a file beside it: nothing is left lying about, and whoever may write
the log may lock it. The lock is the operating system's, so that it ends with its process, even a killed one.
Readers take no lock: an entry appears in one `write`.
"""

from __future__ import annotations

import errno
import os
import sys

if sys.platform == "win32":
    import msvcrt

    # Windows forbids others to read a locked range, so we lock one byte far beyond the end of any log.
    _BYTE_FAR_BEYOND = 0x7FFF_FFF0

    def lock(descriptor: int) -> None:
        """Wait until this process alone may write the file."""
        while True:
            os.lseek(descriptor, _BYTE_FAR_BEYOND, os.SEEK_SET)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError as exc:  # it gives up after ten seconds; we do not
                if exc.errno != errno.EDEADLK:
                    raise
            else:
                return

    def unlock(descriptor: int) -> None:
        """Let the next process write; call it just before closing *descriptor*."""
        os.lseek(descriptor, _BYTE_FAR_BEYOND, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    # File systems that know no locks: appending in one `write` is then all the protection there is.
    _NO_LOCKS_HERE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}

    def lock(descriptor: int) -> None:
        """Wait until this process alone may write the file."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as exc:
            if exc.errno not in _NO_LOCKS_HERE:
                raise

    def unlock(descriptor: int) -> None:
        """Let the next process write; call it just before closing *descriptor*, which is what does it here."""
