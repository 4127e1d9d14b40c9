"""Which of several contributions to one name or key is in use, and why are the others not?

In: the contributions of one kind and one text, in the ledger's order. Out: the one in use, or a verdict on each.
Registries, the container, `Host.explain` and the `plugins` commands use this one rule. Where there is only one
contribution, it is not needed.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import ALL, COMPONENT, FIRST, HOOK, LAST, MIDDLEWARE, RULES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from typing import Final

    from pegboard.errors import ContributionNotFoundError, NameClashError
    from pegboard.ledger import Contribution, Ledger, Plugin

IN_USE: Final = "in use"


class Verdict:
    """What became of one contribution."""

    __slots__ = ("contribution", "is_in_use", "status")

    def __init__(self, contribution: Contribution, status: str, *, is_in_use: bool) -> None:
        self.contribution: Contribution = contribution
        self.status: str = status
        """`in use`, with the reason where there are several contributions, or why it is not."""
        self.is_in_use: bool = is_in_use


def rule_for(kind: str, *, allow_override: bool = False) -> str:
    """Return the rule for contributions of *kind*: `FIRST`, `LAST` or `ALL`.

    Args:
        kind: A contribution's kind.
        allow_override: Whether the registry of that name was made with `allow_override=True`.
    """
    if kind.startswith(HOOK):
        return ALL
    return RULES.get(kind, LAST if allow_override else FIRST)


def can_serve(contribution: Contribution) -> bool:
    """Return whether *contribution* can be used, as far as is known: neither its plugin nor its provider has failed."""
    return contribution.failure is None and contribution.owner.is_usable


def contested(contributions: Iterable[Contribution]) -> list[str]:
    """Return the texts that several of *contributions* have whose plugins can be used, in order."""
    counts: dict[str, int] = {}
    for contribution in contributions:
        if contribution.owner.is_usable:
            counts[contribution.text] = counts.get(contribution.text, 0) + 1
    return [text for text, count in counts.items() if count > 1]


def decide(contributions: Iterable[Contribution], rule: str) -> tuple[Contribution | None, list[Contribution]]:
    """Return the winner of *contributions*, and those that wanted its name and may not have it.

    Args:
        contributions: The contributions that are to be considered.
        rule: `FIRST` or `LAST`.
    """
    winner: Contribution | None = None
    losers = []
    for contribution in contributions:
        if winner is None or rule == LAST or contribution.override or contribution.owner is winner.owner:
            winner = contribution
        elif contribution.owner.is_built_in and not winner.owner.is_built_in and not winner.override:
            losers.append(winner)  # a plugin does not take the application's own name by coming before it
            winner = contribution
        else:
            losers.append(contribution)
    return winner, losers


def decide_without(
    contributions: Sequence[Contribution], without: Collection[Plugin], rule: str
) -> tuple[Contribution | None, list[Contribution]]:
    """Do what `decide` does with those of *contributions* that can serve; those of some plugins are left out."""
    return decide([each for each in able_to_serve(contributions) if each.owner not in without], rule)


def able_to_serve(contributions: Sequence[Contribution]) -> Sequence[Contribution]:
    """Return those of *contributions* that can serve; if none can, all of them, so that errors have one to name."""
    return [contribution for contribution in contributions if can_serve(contribution)] or contributions


def judge(contributions: Sequence[Contribution], rule: str) -> list[Verdict]:
    """Return a verdict on each of *contributions*, in the same order."""
    if rule == ALL:
        return _judge_all(contributions)
    winner = decide(able_to_serve(contributions), rule)[0]
    return [
        Verdict(contribution, _why(contribution, contributions, rule), is_in_use=True)
        if contribution is winner and can_serve(contribution)
        else Verdict(contribution, _why_not(contribution, winner, contributions, rule), is_in_use=False)
        for contribution in contributions
    ]


def _judge_all(contributions: Sequence[Contribution]) -> list[Verdict]:
    serving = [contribution for contribution in contributions if can_serve(contribution)]
    verdicts = []
    for contribution in contributions:
        if contribution not in serving:
            verdicts.append(Verdict(contribution, why_unusable(contribution, "left out"), is_in_use=False))
        elif len(serving) == 1:
            verdicts.append(Verdict(contribution, IN_USE, is_in_use=True))
        else:  # the first decorator is the innermost, the first middleware the outermost
            side = "outside" if contribution.kind == MIDDLEWARE else "inside"
            status = f"{IN_USE}, {serving.index(contribution) + 1} of {len(serving)} from the {side}"
            verdicts.append(Verdict(contribution, status, is_in_use=True))
    return verdicts


def _why(winner: Contribution, contributions: Sequence[Contribution], rule: str) -> str:
    usable = [contribution for contribution in contributions if can_serve(contribution)]
    if len(contributions) == 1:
        return IN_USE
    if winner.override:
        reason = "it says override=True"
    elif rule == LAST:
        reason = "it comes last" if winner is contributions[-1] else "what comes after it failed"
    elif all(contribution.owner is winner.owner for contribution in contributions):
        reason = "it was registered last"
    elif winner.owner is contributions[0].owner:
        reason = "it comes first"
    elif winner.owner is usable[0].owner:
        reason = "what comes before it cannot be used"
    else:
        reason = "it is the application's own"
    return f"{IN_USE}, since {reason}"


def _why_not(
    contribution: Contribution, winner: Contribution | None, contributions: Sequence[Contribution], rule: str
) -> str:
    if not can_serve(contribution):
        return why_unusable(contribution, "failed")
    if contribution.kind == COMPONENT and winner is not None:
        return f"overridden by {owner_text(winner.owner)}"
    if winner is None or contribution.owner is winner.owner:
        return "replaced by a later registration of its own"
    if winner.override and not contribution.override:
        return "overridden"
    if rule == LAST or (winner.override and contributions.index(contribution) < contributions.index(winner)):
        return "overridden"
    return "not used: the name is taken, and it does not say override=True"


def why_unusable(contribution: Contribution, outcome: str) -> str:
    """Return why *contribution* cannot serve; what became of it is *outcome* if its plugin can be used."""
    return f"{outcome}: {contribution.failure}" if contribution.owner.is_usable else "its plugin cannot be used"


def owner_text(owner: Plugin) -> str:
    """Return *owner* as messages name it, e.g. `plugin 'csv' of acme-csv 1.2.0`, or `the application`."""
    return owner.who() if owner.name else "the application"


def not_found(kind: str, text: str, ledger: Ledger, names: tuple[str, ...]) -> ContributionNotFoundError:
    """Return the error that says that nothing has the name *text*, and names the plugin that had it and has failed.

    Args:
        kind: What the registry is called.
        text: The name that was asked for.
        ledger: Has the contributions.
        names: Those that are there.
    """
    from pegboard.errors import ContributionNotFoundError

    for contribution in ledger.find(kind, text):
        error = contribution.owner.error
        if error is not None:
            return ContributionNotFoundError(kind, text, names, error.summary(), error.where(), error.hint())
    return ContributionNotFoundError(kind, text, names)


def clash(loser: Contribution, winner: Contribution) -> NameClashError:
    """Return the error that says that *loser* does not get its name, which *winner* has.

    Args:
        loser: What is not used.
        winner: What is used.
    """
    from pegboard.errors import NameClashError

    owner = loser.owner
    return NameClashError(
        owner.name,
        str(owner.distribution or ""),
        loser.kind,
        loser.text,
        owner_text(winner.owner),
        owner.origin,
    )
