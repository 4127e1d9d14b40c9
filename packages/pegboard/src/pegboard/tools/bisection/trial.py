"""One trial: a run of a command in a new process, with some plugins off, and its result."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from pegboard.index import YES
from pegboard.tools import processes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LAST_LINES = 20
_LAST_BYTES = 64 * 1024


@dataclass(frozen=True)
class Result:
    """The result of one trial."""

    status: int | None
    """The exit status, negative for a signal as in `subprocess`; None when it was ended at the deadline."""
    output: str
    """The last lines of standard output and standard error together."""
    contains: bool
    """Whether the output contains the text that was searched for."""

    @property
    def summary(self) -> str:
        """How the command ended, in words."""
        if self.status is None:
            return "it did not end before the deadline"
        name = processes.killed_by(self.status)
        if name is None:
            return f"exit status {self.status}"
        return f"it was ended by {name if name.startswith('SIG') else f'signal {name}'}"


def can_leave_out(name: str) -> bool:
    """Whether the environment variable can name a plugin: commas separate the names in it."""
    return bool(name) and name == name.strip() and not any(letter in name for letter in ",\0\n\r")


def variables(prefix: str, off: Iterable[str], environ: Mapping[str, str], cache: str | None) -> dict[str, str]:
    """Return the environment variables that make an application leave plugins out.

    Args:
        prefix: The prefix of the application's variables.
        off: The plugins to leave out.
        environ: The user's variables: the plugins that they leave out stay off.
        cache: The folder for the records of trials, which must not replace the user's own.
    """
    name = f"{prefix}_NO_PLUGINS"
    given = environ.get(name, "").strip()
    changed = {} if cache is None else {f"{prefix}_PLUGINS_CACHE": cache}
    if given.lower() in YES:
        return changed
    no = ("0", "false", "no", "off")
    out = dict.fromkeys([*(part.strip() for part in given.split(",") if given.lower() not in no), *off])
    names = [part for part in out if part]
    # the last comma makes it a list: a plugin may be called `all` or `off`
    changed[name] = "".join(f"{part}," for part in names) if names else ""
    return changed


def run(
    command: Sequence[str], changed: Mapping[str, str], *, deadline_s: float | None = None, text: str | None = None
) -> Result:
    """Run *command* with some environment variables changed, without input, and return the result.

    At the deadline, and when the user interrupts, it is killed together with the processes that it has started.

    Args:
        command: The program and its arguments.
        changed: Environment variables to set.
        deadline_s: Seconds after which it counts as hanging; None waits for ever.
        text: The text to search for in its output.

    Raises:
        OSError: If it cannot be started.
    """
    with tempfile.TemporaryFile() as output:  # a pipe could be held open by what the command leaves behind
        process = processes.start(command, changed, output=output)
        status: int | None = None
        try:
            status = process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            processes.end(process)
        except BaseException:
            processes.end(process)
            raise
        return Result(status, _tail(output), text is not None and _contains(output, text))


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
