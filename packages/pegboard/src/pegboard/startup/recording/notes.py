"""Notes beside an index: what is good to know of the last recording, and decides nothing.

They are a file of their own, so that the index stays the same, byte for byte, for the same plugins in the same
environment: what an import costs differs each time, and why it took place depends on what was there before.
"""

from __future__ import annotations

import json

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.files import write

if TYPE_CHECKING:
    from typing import Any


class Notes:
    """What is noted of each plugin, by plugin name."""

    __slots__ = ("cost_ms", "drifts", "reasons")

    def __init__(self) -> None:
        self.cost_ms: dict[str, float] = {}
        """How long its last recorded import took, in milliseconds."""
        self.reasons: dict[str, str] = {}
        """Why it was last imported in order to be recorded, in words."""
        self.drifts: dict[str, int] = {}
        """How often it registered something else although nothing it is known to depend on had changed."""

    @classmethod
    def beside(cls, index_path: str) -> Notes:
        """Return the notes beside the index at *index_path*; empty ones when they are missing or damaged."""
        notes = cls()
        try:
            with open(_path(index_path), encoding="utf-8") as stream:
                data: dict[str, Any] = json.load(stream)
            for name in cls.__slots__:
                setattr(notes, name, dict(data[name]))
        except (OSError, ValueError, KeyError, TypeError):
            return cls()
        return notes

    def write(self, index_path: str) -> None:
        """Put them beside the index at *index_path*, if that can be done."""
        data = json.dumps({name: getattr(self, name) for name in self.__slots__}, sort_keys=True, indent=1)
        write(_path(index_path), data.encode())


def _path(index_path: str) -> str:
    return index_path.removesuffix(".index") + ".notes"
