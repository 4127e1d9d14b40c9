"""How does a test answer a hook itself?

In: a hook, and a function. Out: a block in which the function is the only implementation.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import Contribution, application

if TYPE_CHECKING:
    from typing import Any


class Substitution:
    """A block in which *role* is what one function is to a hook. Made by `Hook.override` and `record_calls`."""

    __slots__ = ("_announced", "_contribution", "_hook", "_ledger")

    def __init__(self, hook: Any, function: Any, role: str = "substitute") -> None:
        owner = application("override")
        owner.rank = sys.maxsize if role == "substitute" else -sys.maxsize
        self._hook = hook
        self._contribution = Contribution(
            owner, hook.kind, "override", function, metadata={"role": role, "order": "early"}
        )

    def __enter__(self) -> None:
        self._hook.hooks.ready()
        announced = self._hook.announced
        self._announced = 0 if announced is None else announced.begin_block(self._contribution)
        self._ledger = self._hook.hooks.manager.ledger
        self._ledger.insert(self._contribution)

    def __exit__(self, *_: object) -> None:
        self._ledger.remove(self._contribution)
        if self._hook.announced is not None:
            self._hook.announced.end_block(self._contribution, self._announced)
