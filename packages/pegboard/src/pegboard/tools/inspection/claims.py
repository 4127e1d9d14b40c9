"""Who claims what: every contribution of every kind, and whether it is in use. Nothing is imported to find out."""

from __future__ import annotations

from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.container import COMPONENT, DECORATOR, MIDDLEWARE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pegboard.host import Host
    from pegboard.ledger import Contribution, Plugin

IN_USE = "in use"
_ALL_COUNT = (DECORATOR, MIDDLEWARE)  # kinds of which every row counts, one around the other


@dataclass(frozen=True, slots=True)
class Claim:
    """One contribution, and what became of it."""

    kind: str
    """Which registry it is in, or `component`, `decorator`, `middleware`."""
    name: str
    """What it is found by: a name in a registry, or a component's type as `module:name`."""
    plugin: str
    """Whose it is; empty for the application itself."""
    owner: str
    """The same for people, e.g. `plugin 'csv' of acme-csv 1.2.0`."""
    status: str
    """`in use`, with the reason where several claim it, or why it is not."""
    is_in_use: bool
    overrides: tuple[str, ...]
    """The plugins over which this one has it, the application as the empty name."""
    metadata: dict[str, Any]
    is_primed: bool
    """Whether its plugin is still to be imported for it."""

    @property
    def id(self) -> str:
        """What the command `why` takes for it: `KIND:NAME`."""
        return f"{self.kind}:{self.name}"


def claims_of(host: Host) -> tuple[Claim, ...]:
    """Return every contribution to *host*, which is started if need be, by kind, name and order."""
    host.start()
    ledger = host.manager.ledger
    known = dict.fromkeys((*host.registries, COMPONENT, DECORATOR, MIDDLEWARE, *ledger.kinds()))
    found: list[Claim] = []
    for kind in known:
        rows: dict[str, list[Contribution]] = {}
        for row in ledger.rows(kind):
            rows.setdefault(row.text, []).append(row)
        for name, claimants in rows.items():
            found += _judge(host, kind, name, claimants)
    return tuple(found)


def _judge(host: Host, kind: str, name: str, rows: Sequence[Contribution]) -> list[Claim]:
    usable = [row for row in rows if row.owner.is_usable]
    if kind in _ALL_COUNT:
        return [_claim(row, _nth(place, len(rows)), (), is_in_use=True) for place, row in enumerate(rows, 1)]
    if kind == COMPONENT:
        winner = usable[-1] if usable else None  # the latest in order serves
        why_not = f"overridden by {_owner(winner)}" if winner is not None else "its plugin cannot be used"
        status = dict.fromkeys(rows, why_not)
    else:
        registry = host.registries.get(kind)
        decided = registry.decide(name)[0] if registry is not None else usable[-1] if usable else None
        # a primed row is made anew each time that it is asked for
        winner = next((row for row in rows if decided is not None and _place(row) == _place(decided)), None)
        answers = registry.explain(name).claims if registry is not None else ()
        order = [row for row in rows if row is winner] + [row for row in rows if row is not winner]
        status = {row: answer.status for row, answer in zip(order, answers, strict=False)}
    others = tuple(
        dict.fromkeys(row.owner.name for row in rows if winner is not None and row.owner is not winner.owner)
    )
    return [
        _claim(
            row,
            (_used(row, rows) if row is winner else status.get(row, "not used")),
            others if row is winner else (),
            is_in_use=row is winner,
        )
        for row in rows
    ]


def _place(row: Contribution) -> tuple[Plugin, int]:
    return row.owner, row.sequence


def _used(row: Contribution, rows: Sequence[Contribution]) -> str:
    if len(rows) == 1:
        return IN_USE
    if row.override:
        return f"{IN_USE}, since it says override=True"
    return f"{IN_USE}, since it comes {'first' if row is rows[0] else 'last'}"


def _nth(place: int, count: int) -> str:
    return IN_USE if count == 1 else f"{IN_USE}, {place} of {count} from the inside"


def _owner(row: Contribution) -> str:
    return row.owner.who() if row.owner.name else "the application"


def _claim(row: Contribution, status: str, overrides: tuple[str, ...], *, is_in_use: bool) -> Claim:
    return Claim(
        kind=row.kind,
        name=row.text,
        plugin=row.owner.name,
        owner=_owner(row),
        status=status,
        is_in_use=is_in_use,
        overrides=overrides,
        metadata=dict(row.metadata),
        is_primed=row.is_primed,
    )
