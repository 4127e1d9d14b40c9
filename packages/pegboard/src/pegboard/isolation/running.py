"""One process of a plugin, from its start to its end.

In: a command line, variables, and folders. Out: a channel to it; and, when it has ended, why. A thread shows what the
process prints, and notices its end, whether or not somebody is waiting for it.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import socket
import subprocess
import threading

from pegboard._typing import TYPE_CHECKING
from pegboard.isolation.channel import Channel
from pegboard.isolation.ending import describe_end, out_of_memory_kills
from pegboard.isolation.output import Output
from pegboard.isolation.targets import RUNNING
from pegboard.isolation.temporary import TemporaryFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Final

    from pegboard.isolation.remote_errors import KnownError

_MAIN: Final = "from pegboard.isolation.child import main; main()"
GRACE_S: Final = 2.0
"""How long a process may go on that has closed its connection; how long one may go on with a call that is cancelled."""
_ALIVE: Final[dict[int, Running]] = {}
"""Those of this process, by their ids: none may outlive it, and a fork of it has none."""


class Running:
    """A process that runs, or has run."""

    def __init__(
        self,
        python: str,
        arguments: Sequence[str],
        *,
        environ: Mapping[str, str],
        folder: str,
        who: str,
        name: str,
        notified: Callable[[str, object], None],
        known_error: KnownError,
        ended: Callable[[Running], None],
    ) -> None:
        """Start a process.

        Args:
            python: The interpreter.
            arguments: What `child.main` gets after the descriptors of the socket and of the life line.
            environ: The variables that it gets, and no others; TMPDIR is added.
            folder: The plugin's; in it is a folder for temporary files.
            who: The application and the plugin, for what it prints.
            name: The plugin, for errors.
            notified: Takes its messages.
            known_error: Returns the class of an exception that it has raised; see `Channel`.
            ended: Called, once and in any thread, when it has ended.

        Raises:
            OSError: If it cannot be started.
        """
        self._ended = ended
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self.cause: str = ""
        """Why it has ended, in words; empty while it runs."""
        self.is_expected: bool = False
        """Whether its end is what this process has asked for."""
        self.has_served: bool = False
        """Whether a call has returned."""
        self.waiting: set[object] = set()
        """Stands for the calls of this process that wait for it."""
        self._is_checking = False
        self.output: Output = Output(who)
        self._out_of_memory = out_of_memory_kills()
        self._temporary = TemporaryFolder(f"{folder}{os.sep}tmp")
        self._connection, theirs = socket.socketpair()
        life_line, self._life_line = os.pipe()
        self._output, output = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- the plugin's interpreter
                [python, "-I", "-c", _MAIN, str(theirs.fileno()), str(life_line), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**environ, "TMPDIR": self._temporary.path},
                pass_fds=(theirs.fileno(), life_line),
                start_new_session=True,
            )
        except BaseException:
            self._connection.close()
            _close(self._life_line, self._output)
            self._temporary.remove()
            raise
        finally:
            theirs.close()
            _close(life_line, output)
        self.pid: int = self._process.pid
        self._handle = _handle_of(self.pid)
        _ALIVE[self.pid] = self
        self.channel: Channel = Channel(
            self._connection, serve=_nothing, notified=notified, name=name, known_error=known_error
        )
        self._thread = threading.Thread(target=self._watch, name=f"pegboard-{self.pid}", daemon=True)
        self._thread.start()

    # -- its end ------------------------------------------------------------------------------------------------------

    def end(self, why: str, *, is_expected: bool = False, grace_s: float = 0.0) -> None:
        """Wait for the end of the process, kill it and its group if it goes on, and keep why it has ended.

        Args:
            why: The cause if it has to be killed.
            is_expected: Whether nobody is to be told.
            grace_s: Seconds that it may go on.
        """
        with self._lock:
            is_first = not self.cause
            if is_first:
                has_ended = self._has_ended(grace_s)
                self._kill_group()
                status = self._process.wait()
                self.is_expected = self.is_expected or is_expected
                self.cause = describe_end(status, self._out_of_memory) if has_ended else why
                _ALIVE.pop(self.pid, None)
                self._is_over.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(GRACE_S)  # it reads what has been printed last
        if is_first:
            self.channel.close()
            _close(self._life_line)
            self._temporary.remove()
            self._ended(self)

    def gone(self) -> None:
        """Find out why the connection has ended, having waited for the end of the process."""
        self.end("it closed its connection to the application, and was ended", grace_s=GRACE_S)

    def is_alive(self) -> bool:
        """Return whether it runs; if it has ended a moment ago, find out why."""
        if self.cause:
            return False
        if self._handle is not None:
            try:
                has_ended = os.waitid(os.P_PIDFD, self._handle, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
            except OSError:  # somebody else has waited for it
                has_ended = True
            if has_ended:
                self.gone()
        return not self.cause

    def _has_ended(self, grace_s: float) -> bool:
        if self._handle is not None:
            return bool(_poll(grace_s, self._handle))
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _kill_group(self) -> None:
        """Kill the process and what it has started; its id is its own until somebody has waited for it."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass

    def forget(self) -> None:
        """Let go of a process that is another one's: this one is a fork of that."""
        _close(self._life_line, self._output, *([] if self._handle is None else [self._handle]))
        self._temporary.forget()
        self._process.returncode = 0  # else it would be waited for
        self.cause = "this process is a fork"

    # -- meanwhile ----------------------------------------------------------------------------------------------------

    def check_later(self) -> None:
        """Look in a while whether it goes on with a call that has been given up, and end it then."""
        if not self._is_checking:
            self._is_checking = True
            threading.Thread(target=self._check, name=f"pegboard-{self.pid}-check", daemon=True).start()

    def _check(self) -> None:
        try:
            while not self._is_over.wait(GRACE_S):
                if not self.waiting:
                    if self._is_still_running():
                        self.end("it went on with a call that had been given up, and was ended")
                    return
        finally:
            self._is_checking = False

    def _is_still_running(self) -> bool:
        try:
            count: int = self.channel.call(RUNNING, deadline_s=GRACE_S)
        except Exception:  # it does not answer
            return True
        return count > 0

    def _watch(self) -> None:
        """Show what the process prints, and notice its end; in a thread."""
        watched = [self._output] if self._handle is None else [self._output, self._handle]
        patience_s = None if self._handle is not None else GRACE_S
        while not self.cause:
            ready = _poll(patience_s, *watched)
            if self._output in ready and not self._read():
                watched.remove(self._output)
            if self._handle in ready or (self._handle is None and self._output not in watched and self._has_ended(0)):
                break
        while self._output in watched and _poll(0, self._output) and self._read():
            pass
        self.output.end()
        self.gone()
        _close(self._output, *([] if self._handle is None else [self._handle]))

    def _read(self) -> bool:
        data = os.read(self._output, 65536)
        self.output.write(data)
        return bool(data)


def _poll(timeout_s: float | None, *descriptors: int) -> set[int]:
    """Return those of *descriptors* that can be read, or have ended, having waited for one of them."""
    waiting = select.poll()
    for descriptor in descriptors:
        waiting.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in waiting.poll(None if timeout_s is None else timeout_s * 1000)}


def _handle_of(pid: int) -> int | None:
    """Return a descriptor that can be read when the process has ended; None where the system has none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _nothing(target: str) -> Any:
    raise LookupError(f"the application has no {target!r} to call")


def _end_all() -> None:
    """End all processes, as a program that ends does: plugins may write what they have to write."""
    alive = list(_ALIVE.values())
    for running in alive:
        running.is_expected = True
        running.channel.close()
    for running in alive:
        running.end("the application has ended", is_expected=True, grace_s=GRACE_S)


def _forget_all() -> None:
    for running in _ALIVE.values():
        running.forget()
    _ALIVE.clear()


atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
