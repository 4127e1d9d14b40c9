"""Records all plugins in a new process, for a command that imports none itself.

In: a command line for `index build --json`. Out: what that command answered, or the plugin that kept it from answering.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from pegboard.startup.journal.check import JournalEntry
from pegboard.tools import processes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ALL_S = 600.0
"""How long all plugins together may take, where no journal says which one is being imported."""
_PAUSE_S = 0.05
"""How long to wait between two looks into the journal."""


@dataclass(frozen=True, slots=True)
class Culprit:
    """The plugin during whose import recording ended, or did not go on."""

    name: str
    """Empty if that is not known."""
    distribution: str
    """With its version; empty without a distribution."""
    has_hung: bool
    how: str
    """What happened, in words, e.g. `its import did not end within 30 s`."""

    def __str__(self) -> str:
        if not self.name:
            return f"recording {self.how}"
        owner = f" of {self.distribution}" if self.distribution else ""
        return f"plugin {self.name!r}{owner} cannot be recorded: {self.how}"


@dataclass(frozen=True, slots=True)
class Recording:
    """What came of it."""

    answer: dict[str, Any] | None
    """What `index build --json` printed; None if it failed."""
    errors: str
    """What it printed to standard error; if it failed, and printed nothing there, all that it printed."""
    culprit: Culprit | None = None


def record_in_new_process(
    command: Sequence[str],
    changed: Mapping[str, str | None] | None = None,
    *,
    journal: str = "",
    deadline_s: float | None = None,
) -> Recording:
    """Run *command*, and return what came of it.

    The process is ended together with all that it has started, at the deadline and when the user interrupts.

    Args:
        command: The command line, made by `processes.own_command`.
        changed: Environment variables to set, or to unset where the value is None.
        journal: The folder in which it notes which plugin it imports; empty if it has none.
        deadline_s: Seconds that the import of one plugin may take; None waits for ever.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = processes.start(command, changed, output=output, errors=errors)
        try:
            entry = _watched(process, journal, deadline_s)
        except BaseException:
            processes.end(process)
            _forget(journal, process.pid)
            raise
        has_hung = process.returncode is None
        if has_hung:
            entry = entry or _entry(journal, process.pid)
            processes.end(process)
        printed, complaints = _read(output), _read(errors)
    answer = None if has_hung else _answer(printed)
    if answer is not None:
        return Recording(answer, complaints)
    how = _how(process.returncode, deadline_s if has_hung else None)
    found = entry if has_hung else _entry(journal, process.pid)
    _forget(journal, process.pid)  # it is told now: the next start need not tell it again
    if found is None:
        return Recording(None, complaints or printed, Culprit("", "", has_hung, how) if has_hung else None)
    return Recording(None, complaints, Culprit(found.name, found.owner, has_hung, how))


def _answer(printed: str) -> dict[str, Any] | None:
    try:
        data = json.loads(printed)
    except ValueError:
        return None
    return data if isinstance(data, dict) and "plugins" in data else None


def _how(status: int, deadline_s: float | None) -> str:
    if deadline_s is not None:
        return f"its import did not end within {deadline_s:g} s"
    signal = processes.killed_by(status)
    return f"its import ended the process ({signal or f'exit status {status}'})"


def _watched(process: processes.Process, journal: str, deadline_s: float | None) -> JournalEntry | None:
    """Wait until *process* ends; return before that with the plugin whose import takes longer than the deadline."""
    began = time.monotonic()
    while True:
        try:
            process.wait(None if deadline_s is None else _PAUSE_S)
        except subprocess.TimeoutExpired:
            pass
        if process.returncode is not None or deadline_s is None:
            return None
        entry = _entry(journal, process.pid)
        if entry is not None and time.time() - entry.time > deadline_s:
            return entry
        if time.monotonic() - began > max(_ALL_S, deadline_s):
            return None


def _entry(journal: str, pid: int) -> JournalEntry | None:
    """Return what the process *pid* has noted in *journal*: the innermost import; None if it imports nothing."""
    found: list[JournalEntry] = []
    for path in _files(journal, pid):
        try:
            with open(path, encoding="utf-8", errors="surrogateescape", newline="") as stream:
                entry = JournalEntry(os.path.basename(path), stream.read(), os.stat(path).st_mtime)
        except (OSError, ValueError):
            continue
        if entry.module:
            found.append(entry)
    return max(found, key=lambda entry: entry.depth, default=None)


def _forget(journal: str, pid: int) -> None:
    """Remove what the process *pid*, which has ended, has noted in *journal*: it counts as no crash of a plugin."""
    for path in _files(journal, pid):
        with suppress(OSError):
            os.remove(path)


def _files(journal: str, pid: int) -> list[str]:
    try:
        names = os.listdir(journal) if journal else []
    except OSError:
        return []
    return [os.path.join(journal, name) for name in names if name.partition("-")[0] == str(pid)]


def _read(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", "backslashreplace")
