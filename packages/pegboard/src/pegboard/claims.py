"""Answering for a name in a registry: who has it, who else claims it, and why. Loaded when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.ledger import Contribution


@dataclass(frozen=True, slots=True)
class Claim:
    """One registration of a name."""

    owner: str
    """Who registered it, e.g. `plugin 'csv' of acme-csv 1.2.0`, or `the application`."""
    state: str
    """The owner's state, e.g. `primed`."""
    status: str
    """`in use`, or why it is not."""

    def __str__(self) -> str:
        return f"{self.owner} ({self.state}): {self.status}"


@dataclass(frozen=True, slots=True)
class Claims:
    """All registrations of one name in one registry, as plain data; `str()` is for reading."""

    registry: str
    name: str
    claims: tuple[Claim, ...]
    """The one in use first, then the others in the order of their plugins."""

    def __str__(self) -> str:
        head = f"{self.name!r} in {self.registry!r}"
        if not self.claims:
            return f"{head}\n  registered by nobody"
        return "\n".join([head, *(f"  {claim}" for claim in self.claims)])


def explain(registry: str, name: str, rows: Sequence[Contribution], winner: Contribution | None) -> Claims:
    """Return who claims *name*, in *rows*, of which *winner* is in use; nothing is imported."""
    others = [_claim(row, _why_not(row, winner, rows)) for row in rows if row is not winner and winner is not None]
    used = [_claim(winner, _why(winner, rows))] if winner is not None else []
    return Claims(registry, name, (*used, *others))


def _claim(row: Contribution, status: str) -> Claim:
    return Claim(row.owner.who() if row.owner.name else "the application", row.owner.state, status)


def _why(winner: Contribution, rows: Sequence[Contribution]) -> str:
    if len(rows) == 1:
        return "in use"
    if winner.override:
        return "in use, since it says override=True"
    return "in use, since it comes first" if rows[0] is winner else "in use, since it is the last that may override"


def _why_not(row: Contribution, winner: Contribution | None, rows: Sequence[Contribution]) -> str:
    if winner is None or row.owner is winner.owner:
        return "replaced by a later registration of its own"
    if winner.override and not row.override:
        return "overridden"
    is_ours = winner.owner.is_built_in and not row.owner.is_built_in and not winner.override
    if rows.index(row) < rows.index(winner) and not is_ours:  # the registry lets later ones replace earlier ones
        return "overridden"
    return "not used: the name is taken, and it does not say override=True"
