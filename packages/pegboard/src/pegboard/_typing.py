"""`TYPE_CHECKING` without importing `typing`, which costs about as much as starting the interpreter.

Type checkers know the name wherever it comes from. The modules of the hot path say it themselves: each module that a
start imports counts. Here is, too, what only they need to know.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from pegboard.ledger import Contribution

    class Records(Protocol):
        """What plugins registered when they were last imported, looked up without reading all of it."""

        def find(self, kind: str, text: str) -> Sequence[Contribution]:
            """Return the primed rows of *kind* whose text is *text*, in order."""

        def rows(self, kind: str) -> Sequence[Contribution]:
            """Return every primed row of *kind*, in any order."""

        def texts(self, kind: str) -> tuple[str, ...]:
            """Return the text of every row of *kind* once, in the order of first appearance."""


__all__ = ["TYPE_CHECKING"]
