"""What did plugins and the application contribute, and what of it is in use?

In: a host, which is started if need be. Out: every contribution of every kind, as plain data. No plugin is imported
for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import ALL, RULES
from pegboard.precedence import judge, owner_text, rule_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pegboard.host import Host
    from pegboard.ledger import Contribution


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
    known = dict.fromkeys((*host.registries, *RULES, *host.manager.ledger.kinds()))
    return tuple(claim for kind in known for claim in _claims(host, kind))


def _claims(host: Host, kind: str) -> Iterator[Claim]:
    registry = host.registries.get(kind)
    rule = rule_for(kind, allow_override=registry is not None and registry.allow_override)
    by_name: dict[str, list[Contribution]] = {}
    for contribution in host.manager.ledger.contributions(kind):
        by_name.setdefault(contribution.text, []).append(contribution)
    for contributions in by_name.values():
        for verdict in judge(contributions, rule):
            contribution = verdict.contribution
            yield Claim(
                kind=contribution.kind,
                name=contribution.text,
                plugin=contribution.owner.name,
                owner=owner_text(contribution.owner),
                status=verdict.status,
                is_in_use=verdict.is_in_use,
                overrides=_overridden(contribution, contributions)
                if verdict.is_in_use and RULES.get(kind) != ALL
                else (),
                metadata=dict(contribution.metadata),
                is_primed=contribution.is_primed,
            )


def _overridden(winner: Contribution, contributions: Sequence[Contribution]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            contribution.owner.name for contribution in contributions if contribution.owner is not winner.owner
        )
    )
