"""Clashes: who of several that register one name does not get it. Loaded when all are known anew."""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import NameClashError

if TYPE_CHECKING:
    from typing import Any

    from pegboard.host import Roster
    from pegboard.ledger import Contribution
    from pegboard.registry import Registry


def settle(registry: Registry[Any]) -> None:
    """Decide every name that several plugins claim, and report those that lose."""
    for name in registry.names():
        registry.winner(name)


def report_clash(roster: Roster, row: Contribution, winner: Contribution) -> None:
    """Report that *row* does not get its name, which *winner* has."""
    owner, winner_name = row.owner, winner.owner.who() if winner.owner.name else "the application"
    roster.report(
        NameClashError(owner.name, str(owner.distribution or ""), row.kind, row.text, winner_name, owner.origin)
    )
