"""What did plugins and the application contribute, and what of it is in use?

In: a host, which is started if need be. Out: every contribution of every kind, as plain data. No plugin is imported
for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import ALL, HOOK, RULES
from pegboard.precedence import judge, owner_text, rule_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pegboard.hooks.explanation import HookExplanation
    from pegboard.host import Host
    from pegboard.ledger import Contribution


@dataclass(frozen=True, slots=True)
class Claim:
    """One contribution, and what became of it."""

    kind: str
    """Which registry it is in, or `component`, `decorator`, `middleware`, `hook`."""
    name: str
    """What it is found by: a name in a registry, a hook's name, or a component's type as `module:name`."""
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
    implementation: str = ""
    """Of a hook's: the function that implements it, as `module:qualified name`."""
    role: str = ""
    """Of a hook's: `implementation`, or `wrapper`, which runs around all of them."""

    @property
    def id(self) -> str:
        """What the command `why` takes for it: `KIND:NAME`."""
        return f"{self.kind}:{self.name}"


def claims_of(host: Host, hooks: Sequence[HookExplanation] = ()) -> tuple[Claim, ...]:
    """Return every contribution to *host*, which is started if need be, by kind, name and order.

    Args:
        host: The application's.
        hooks: Its hooks, whose implementations come last, in the order of calls.
    """
    host.start()
    kinds = [kind for kind in host.manager.ledger.kinds() if not kind.startswith(HOOK)]
    known = dict.fromkeys((*host.registries, *RULES, *kinds))
    found = [claim for kind in known for claim in _claims(host, kind)]
    return (*found, *(claim for hook in hooks for claim in _implementations(hook)))


def hooks_of(host: Host) -> tuple[HookExplanation, ...]:
    """Return the hooks of *host*, which is started if need be; nothing is imported for an application without any."""
    host.start()
    if not host._hooks and not any(kind.startswith(HOOK) for kind in host.manager.ledger.kinds()):  # noqa: SLF001
        return ()
    from pegboard.hooks.explanation import explain_all

    return explain_all(host)


def _implementations(hook: HookExplanation) -> Iterator[Claim]:
    for each in hook.implementations:
        yield Claim(
            kind=HOOK.strip(),
            name=hook.name,
            plugin=each.plugin,
            owner=each.owner,
            status=each.status,
            is_in_use=each.is_in_use,
            overrides=(),
            metadata=each.metadata,
            is_primed=each.is_primed,
            implementation=each.name,
            role=each.role,
        )


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
