"""Who has a name in a registry, who else claims it, and why?

In: the contributions of that name, and the registry's rule. Out: plain data that prints as text.
"""

from __future__ import annotations

from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.precedence import judge, owner_text

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


def explain(registry: str, name: str, contributions: Sequence[Contribution], rule: str) -> Claims:
    """Return who claims *name*, in *contributions*; nothing is imported."""
    verdicts = sorted(judge(contributions, rule), key=lambda verdict: not verdict.is_in_use)
    return Claims(
        registry,
        name,
        tuple(
            Claim(owner_text(verdict.contribution.owner), verdict.contribution.owner.state, verdict.status)
            for verdict in verdicts
        ),
    )
