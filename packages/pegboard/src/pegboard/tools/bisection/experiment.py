"""One experiment: a command in a process of its own, with some plugins left out, and what it came to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from pegboard.index import YES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LAST_LINES = 20
_LAST_BYTES = 64 * 1024


@dataclass(frozen=True)
class Result:
    """What one run came to."""

    status: int | None
    """The exit status, negative for a signal as `subprocess` has it; None when it was stopped at the deadline."""
    output: str
    """The last lines of standard output and standard error together."""
    contains: bool
    """Whether the text looked for was anywhere in the output."""

    @property
    def summary(self) -> str:
        """How it ended, in words."""
        if self.status is None:
            return "it did not end before the deadline"
        if self.status < 0:
            try:
                return f"it was ended by {signal.Signals(-self.status).name}"
            except ValueError:
                return f"it was ended by signal {-self.status}"
        return f"exit status {self.status}"


def can_leave_out(name: str) -> bool:
    """Whether the environment variable can name a plugin: its commas separate names."""
    return bool(name) and name == name.strip() and not any(letter in name for letter in ",\0\n\r")


def variables(prefix: str, off: Iterable[str], environ: Mapping[str, str], cache: str | None) -> dict[str, str]:
    """Return the environment variables by which an application leaves plugins out, and nothing else.

    Args:
        prefix: How the application's variables begin.
        off: The plugins to leave out.
        environ: The variables as the user has them: what these leave out stays out.
        cache: The folder for the records of such runs, so that they do not push the user's own out of theirs.
    """
    name = f"{prefix}_NO_PLUGINS"
    given = environ.get(name, "").strip()
    changed = {} if cache is None else {f"{prefix}_PLUGINS_CACHE": cache}
    if given.lower() in YES:
        return changed
    no = ("0", "false", "no", "off")
    out = dict.fromkeys([*(part.strip() for part in given.split(",") if given.lower() not in no), *off])
    names = [part for part in out if part]
    # the comma at the end says that it is a list: a plugin may be called `all` or `off`
    changed[name] = "".join(f"{part}," for part in names) if names else ""
    return changed


def run(
    command: Sequence[str], changed: Mapping[str, str], *, deadline_s: float | None = None, text: str | None = None
) -> Result:
    """Run *command* with some environment variables changed, without input, and return what it came to.

    What it started is ended with it when time is up, or when the user interrupts.

    Args:
        command: The program and its arguments.
        changed: Environment variables to set.
        deadline_s: Seconds after which it counts as hanging; None waits for ever.
        text: What to look for in its output.

    Raises:
        OSError: If it cannot be started.
    """
    own_group = {"start_new_session": True} if os.name == "posix" else {}
    with tempfile.TemporaryFile() as output:  # a pipe could be held open by what the command leaves behind
        process = subprocess.Popen(  # noqa: S603 -- the user's own command
            command,
            env=os.environ | changed,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **own_group,  # type: ignore[call-overload]
        )
        status: int | None = None
        try:
            status = process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            _end(process)
        except BaseException:
            _end(process)
            raise
        return Result(status, _tail(output), text is not None and _contains(output, text))


def _end(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
    process.wait()


def _tail(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _LAST_BYTES))
    return "\n".join(output.read().decode("utf-8", "replace").splitlines()[-_LAST_LINES:])


def _contains(output: IO[bytes], text: str) -> bool:
    wanted = text.encode("utf-8", "surrogateescape")
    output.seek(0)
    before = b""
    while piece := output.read(1 << 20):
        if wanted in before + piece:
            return True
        before = piece[-len(wanted) :]
    return not wanted
