"""`TYPE_CHECKING` without importing `typing`, which costs about as much as starting the interpreter.

Type checkers know the name wherever it comes from. The modules of the hot path say it themselves: each module that a
start imports counts.
"""

from __future__ import annotations

TYPE_CHECKING = False

__all__ = ["TYPE_CHECKING"]
