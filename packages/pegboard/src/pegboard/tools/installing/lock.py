"""Locks the environment, so that one change is made at a time.

In: nothing. Out: a lock on the environment's folder, which the installer inherits: it holds on when the command that
started the installer is killed, and nobody takes a change that still goes on for one that was interrupted.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pegboard.errors import InstallRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def lock_environment() -> Iterator[None]:
    """Lock this environment, if the system has such locks (Windows has none).

    Raises:
        InstallRefusedError: If somebody is changing it.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    # Not by `filelock`: it unlocks for the processes that have inherited its file, too, and needs a file of its own.
    folder = os.open(sys.prefix, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InstallRefusedError(
                "another change of this environment is under way",
                sys.prefix,
                "wait until it has ended; an installer works on when the command that started it was killed",
            ) from None
        except OSError:
            pass  # a file system without locks
        os.set_inheritable(folder, True)
        yield
    finally:
        os.close(folder)
