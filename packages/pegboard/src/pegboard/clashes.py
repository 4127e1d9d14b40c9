"""Clashes: who of several that register one name does not get it?"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import NameClashError

if TYPE_CHECKING:
    from pegboard.ledger import Contribution


def clash(row: Contribution, winner: Contribution) -> NameClashError:
    """Return the warning that *row* does not get its name, which *winner* has."""
    owner, winner_name = row.owner, winner.owner.who() if winner.owner.name else "the application"
    return NameClashError(owner.name, str(owner.distribution or ""), row.kind, row.text, winner_name, owner.origin)
