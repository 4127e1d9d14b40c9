"""What an unfinished bisection remembers, so that it goes on after a crash, a quit or Ctrl-C."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import Any

from pegboard.startup.recording.files import remove, write

_VERSION = 1


@dataclass
class State:
    """One bisection: what it is about, and the answers so far."""

    plugins: list[list[str]]
    """Name, distribution and version of each plugin that takes part, in order."""
    settings: dict[str, Any]
    """What the user said: the command, and what counts as failing."""
    answers: list[tuple[list[str], bool | None]] = field(default_factory=list)
    """The plugins that were on, and whether it failed; None when that could not be told."""

    def answer(self, chosen: frozenset[str]) -> tuple[bool, bool | None]:
        """Return whether it is known, and what is known, of a run with the plugins *chosen* on."""
        wanted = sorted(chosen)
        for names, outcome in self.answers:
            if names == wanted:
                return True, outcome
        return False, None

    def note(self, chosen: frozenset[str], outcome: bool | None) -> None:  # noqa: FBT001 -- an answer
        """Take down one answer."""
        self.answers.append((sorted(chosen), outcome))

    def save(self, path: str) -> str | None:
        """Put it into the file *path*, in one step; return why not, in words, when that cannot be done."""
        return write(path, json.dumps({"version": _VERSION, **asdict(self)}, indent=1).encode())


def load(path: str) -> State | None:
    """Return what is in the file *path*; None when there is none, or none that can be understood."""
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
    """Remove the file *path* and the records of its runs; return whether there was one."""
    from shutil import rmtree

    existed = os.path.exists(path)
    remove(path)
    rmtree(cache, ignore_errors=True)
    return existed
