"""Saves an unfinished bisection, so that it can be resumed after a crash, a quit or Ctrl-C."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import Any

from pegboard.startup.recording.files import remove, write

_VERSION = 1


@dataclass
class State:
    """An unfinished bisection and the results of its trials."""

    plugins: list[list[str]]
    """Name, distribution and version of each plugin under suspicion, in order."""
    settings: dict[str, Any]
    """The user's options: the command, and what counts as a failure."""
    answers: list[tuple[list[str], bool | None]] = field(default_factory=list)
    """The plugins that were on, and whether it failed; None when that is not known."""

    def answer(self, chosen: frozenset[str]) -> tuple[bool, bool | None]:
        """Return whether there was a trial with the plugins *chosen* on, and its result."""
        wanted = sorted(chosen)
        for names, outcome in self.answers:
            if names == wanted:
                return True, outcome
        return False, None

    def note(self, chosen: frozenset[str], outcome: bool | None) -> None:  # noqa: FBT001 -- an answer
        """Add the result of a trial."""
        self.answers.append((sorted(chosen), outcome))

    def save(self, path: str) -> str | None:
        """Write it to the file *path*; return why that failed, in words, or None."""
        return write(path, json.dumps({"version": _VERSION, **asdict(self)}, indent=1).encode())


def load(path: str) -> State | None:
    """Return the content of the file *path*; None when there is none, or when it is invalid."""
    try:
        with open(path, encoding="utf-8") as stream:
            data = json.load(stream)
        if data.pop("version") != _VERSION:
            return None
        state = State(**data)
        state.answers = [(list(names), outcome) for names, outcome in state.answers]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return state


def forget(path: str, cache: str) -> bool:
    """Remove the file *path* and the records of its trials; return whether there was one."""
    from shutil import rmtree

    existed = os.path.exists(path)
    remove(path)
    rmtree(cache, ignore_errors=True)
    return existed
