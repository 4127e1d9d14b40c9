"""How does the process of a plugin end when the application's process does, however that ends?

Each child process has one end of a pipe, the life line, and the application's process has the other one. The system
closes that when the process ends: by an exception, by `os._exit`, by a signal that nobody can handle. On Linux the
system then kills the child and the processes that it has started, without a line of Python having to run there.
Elsewhere a thread of the child waits for the end of the pipe; code in C that keeps the interpreter makes it wait.

A signal at the death of the parent, as `prctl(PR_SET_PDEATHSIG)` asks for, would be sent when the thread that has
started the child ends.

Source: Linux, `fcntl(2)`, `F_SETOWN`, `F_SETSIG` and `O_ASYNC`; `pipe(7)`.
"""

from __future__ import annotations

import os
import signal
import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

_SET_SIGNAL: Final = 10  # F_SETSIG, of `linux/fcntl.h`


def hold(descriptor: int) -> None:
    """Let this process and its group be killed when the other end of the life line is closed.

    Args:
        descriptor: The end of a pipe that can be read; nothing is ever written to it.
    """
    os.set_inheritable(descriptor, False)
    if sys.platform == "linux":
        import fcntl
        from select import POLLIN, poll

        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(descriptor, _SET_SIGNAL, signal.SIGKILL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)
        ended = poll()
        ended.register(descriptor, POLLIN)
        if ended.poll(0):  # before it was asked for
            _end()
    else:
        from threading import Thread

        Thread(target=_wait, args=(descriptor,), name="pegboard-life-line", daemon=True).start()


def _wait(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    _end()


def _end() -> None:
    os.killpg(os.getpgrp(), signal.SIGKILL)
