"""Which of several contributions to one name or key is in use, and why are the others not?

In: the rows of one kind and one text, in the ledger's order. Out: the row in use, or a verdict on each row.
Registries, the container, `Host.explain` and the `plugins` commands use this one rule. A row that is alone needs none.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import COMPONENT, DECORATOR, MIDDLEWARE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final

    from pegboard.errors import NameClashError
    from pegboard.ledger import Contribution, Plugin

IN_USE: Final = "in use"

FIRST: Final = "first"
"""The first row keeps the name; a later one takes it with `override=True`."""
LAST: Final = "last"
"""The last row is used, and overrides the others."""
ALL: Final = "all"
"""Every row is used, one around the other."""


class Verdict:
    """What became of one row."""

    __slots__ = ("is_in_use", "row", "status")

    def __init__(self, row: Contribution, status: str, *, is_in_use: bool) -> None:
        self.row: Contribution = row
        self.status: str = status
        """`in use`, with the reason where there are several rows, or why it is not."""
        self.is_in_use: bool = is_in_use


def rule_for(kind: str, *, allow_override: bool = False) -> str:
    """Return the rule for rows of *kind*: `FIRST`, `LAST` or `ALL`.

    Args:
        kind: A row's kind.
        allow_override: Whether the registry of that name was made with `allow_override=True`.
    """
    if kind in (DECORATOR, MIDDLEWARE):
        return ALL
    return LAST if kind == COMPONENT or allow_override else FIRST


def can_serve(row: Contribution) -> bool:
    """Return whether *row* can be used, as far as is known: neither its plugin nor its provider has failed."""
    return row.failure is None and row.owner.is_usable


def decide(rows: Iterable[Contribution], rule: str) -> tuple[Contribution | None, list[Contribution]]:
    """Return the winner of *rows*, and those that wanted its name and may not have it.

    Args:
        rows: The rows that are to be considered.
        rule: `FIRST` or `LAST`.
    """
    winner: Contribution | None = None
    losers = []
    for row in rows:
        if winner is None or rule == LAST or row.override or row.owner is winner.owner:
            winner = row
        elif row.owner.is_built_in and not winner.owner.is_built_in and not winner.override:
            losers.append(winner)  # a plugin does not take the application's own name by coming before it
            winner = row
        else:
            losers.append(row)
    return winner, losers


def candidates(rows: Sequence[Contribution]) -> Sequence[Contribution]:
    """Return those of *rows* that can serve; if none can, all of them, so that errors have a row to name."""
    return [row for row in rows if can_serve(row)] or rows


def judge(rows: Sequence[Contribution], rule: str) -> list[Verdict]:
    """Return a verdict on each of *rows*, in the same order."""
    if rule == ALL:
        return _judge_all(rows)
    winner = decide(candidates(rows), rule)[0]
    return [
        Verdict(row, _why(row, rows, rule), is_in_use=True)
        if row is winner and can_serve(row)
        else Verdict(row, _why_not(row, winner, rows, rule), is_in_use=False)
        for row in rows
    ]


def _judge_all(rows: Sequence[Contribution]) -> list[Verdict]:
    serving = [row for row in rows if can_serve(row)]
    verdicts = []
    for row in rows:
        if row not in serving:
            verdicts.append(Verdict(row, _why_unusable(row, "left out"), is_in_use=False))
        elif len(serving) == 1:
            verdicts.append(Verdict(row, IN_USE, is_in_use=True))
        else:  # the first decorator is the innermost, the first middleware the outermost
            side = "outside" if row.kind == MIDDLEWARE else "inside"
            status = f"{IN_USE}, {serving.index(row) + 1} of {len(serving)} from the {side}"
            verdicts.append(Verdict(row, status, is_in_use=True))
    return verdicts


def _why(winner: Contribution, rows: Sequence[Contribution], rule: str) -> str:
    usable = [row for row in rows if can_serve(row)]
    if len(rows) == 1:
        return IN_USE
    if winner.override:
        reason = "it says override=True"
    elif rule == LAST:
        reason = "it comes last" if winner is rows[-1] else "what comes after it failed"
    elif all(row.owner is winner.owner for row in rows):
        reason = "it was registered last"
    elif winner.owner is rows[0].owner:
        reason = "it comes first"
    elif winner.owner is usable[0].owner:
        reason = "what comes before it cannot be used"
    else:
        reason = "it is the application's own"
    return f"{IN_USE}, since {reason}"


def _why_not(row: Contribution, winner: Contribution | None, rows: Sequence[Contribution], rule: str) -> str:
    if not can_serve(row):
        return _why_unusable(row, "failed")
    if row.kind == COMPONENT and winner is not None:
        return f"overridden by {owner_text(winner.owner)}"
    if winner is None or row.owner is winner.owner:
        return "replaced by a later registration of its own"
    if winner.override and not row.override:
        return "overridden"
    if rule == LAST or (winner.override and rows.index(row) < rows.index(winner)):
        return "overridden"
    return "not used: the name is taken, and it does not say override=True"


def _why_unusable(row: Contribution, outcome: str) -> str:
    return f"{outcome}: {row.failure}" if row.owner.is_usable else "its plugin cannot be used"


def owner_text(owner: Plugin) -> str:
    """Return *owner* as messages name it, e.g. `plugin 'csv' of acme-csv 1.2.0`, or `the application`."""
    return owner.who() if owner.name else "the application"


def clash(loser: Contribution, winner: Contribution) -> NameClashError:
    """Return the error that says that *loser* does not get its name, which *winner* has."""
    from pegboard.errors import NameClashError

    owner = loser.owner
    return NameClashError(
        owner.name, str(owner.distribution or ""), loser.kind, loser.text, owner_text(winner.owner), owner.origin
    )
