"""What is one effect of an import, and how sure is it?

In: what was seen. Out: words for people, a place in the plugin's code, and a kind, on which it depends whether the
plugin's author may say that it does not matter.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

SEEN: Final = "seen"
"""It was seen to change the process or the application: the plugin is imported at every start, whoever says what."""
LIBRARY: Final = "library"
"""It was seen to change the state of a library; the plugin's author may say that this does not matter."""
NOT_SHOWN: Final = "not shown"
"""It could not be shown to do no more than register; the plugin's author may say that it does not."""


class Effect:
    """One thing that an import does besides registering, or that could not be shown to be harmless."""

    __slots__ = ("kind", "location", "words")

    def __init__(self, kind: str, words: str, location: str) -> None:
        self.kind: str = kind
        """`SEEN`, `LIBRARY` or `NOT_SHOWN`."""
        self.words: str = words
        """What it does, as a predicate in the present tense: `starts a thread`."""
        self.location: str = location
        """`file:line` in the plugin's own code; empty where no line is known."""

    def __str__(self) -> str:
        return f"{self.words} ({self.location})" if self.location else self.words

    def __repr__(self) -> str:
        return f"Effect({self.kind!r}, {self.words!r}, {self.location!r})"
