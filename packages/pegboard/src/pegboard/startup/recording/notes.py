"""What else is known of the last recording? Nothing is decided by it.

In: what a rebuild measures. Out: a file beside the index. It is a file of its own so that the same plugins in the same
environment give the same index, byte for byte: the duration of an import and the reason for it differ each time.
"""

from __future__ import annotations

import json

from pegboard._typing import TYPE_CHECKING
from pegboard.regular_file import read_file
from pegboard.startup.recording.files import notes_path, write

if TYPE_CHECKING:
    from typing import Any


class Notes:
    """Notes on each plugin, by plugin name."""

    __slots__ = ("cost_ms", "doubtful", "drifts", "judging_ms", "prints", "reasons", "uses")

    def __init__(self) -> None:
        self.cost_ms: dict[str, float] = {}
        """The duration of its last recorded import, in milliseconds."""
        self.reasons: dict[str, str] = {}
        """Why it was last imported and recorded, in words."""
        self.drifts: dict[str, int] = {}
        """How often it registered something else although nothing had changed that it is known to depend on."""
        self.uses: dict[str, int] = {}
        """In how many processes something of it was used while it waited to be judged."""
        self.doubtful: dict[str, bool] = {}
        """Plugins that are judged alone the next time: while several were compared at once, one changed something."""
        self.prints: dict[str, str] = {}
        """What it printed when it was last recorded; the beginning of it."""
        self.judging_ms: dict[str, float] = {}
        """How long it took, beyond its import, to judge it; milliseconds."""

    @classmethod
    def beside(cls, index_path: str) -> Notes:
        """Return the notes beside the index at *index_path*; empty ones when they are missing or damaged."""
        notes = cls()
        try:
            data: dict[str, Any] = json.loads(read_file(notes_path(index_path)))
            for name in cls.__slots__:
                setattr(notes, name, dict(data.get(name, ())))
        except (OSError, ValueError, AttributeError, TypeError, RecursionError):
            return cls()
        return notes

    def write(self, index_path: str) -> None:
        """Write the notes beside the index at *index_path*; nothing happens if that is not possible."""
        data = json.dumps({name: getattr(self, name) for name in self.__slots__}, sort_keys=True)
        write(notes_path(index_path), data.encode())
