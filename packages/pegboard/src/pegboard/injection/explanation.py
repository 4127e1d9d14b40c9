"""Who provides a component, whom does that override, and what is connected with it?

In: a key. Out: plain data that prints as text. No plugin is imported, and nothing is called.
"""

from __future__ import annotations

from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.injection.faults import owner_text
from pegboard.injection.keys import key_text, normal, show
from pegboard.injection.provider import describe
from pegboard.ledger import ALL, COMPONENT, DECORATOR, DORMANT, LAST, SINGLETON
from pegboard.precedence import IN_USE, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pegboard.injection.core import Core
    from pegboard.injection.provider import Provider
    from pegboard.injection.store import Instance
    from pegboard.ledger import Contribution
    from pegboard.precedence import Verdict

    Contributions = tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One provider or decorator of a component."""

    owner: str
    """Who brings it, e.g. `plugin 'csv' of acme-csv 1.2.0`."""
    made_by: str
    """The class or function, e.g. `acme.views:View`; what it is when it is a value."""
    scope: str
    """How long an instance lives; empty for a decorator."""
    status: str
    """`in use`, or why it is not."""

    def __str__(self) -> str:
        scope = f", {self.scope}" if self.scope else ""
        return f"{self.made_by} from {self.owner}{scope}: {self.status}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a container knows of one key, as plain data; `str()` is for reading."""

    key: str
    """The key as text with modules, e.g. `notes.app:Clock`."""
    providers: tuple[Part, ...]
    """The one in use first, then those it overrides, nearest first."""
    decorators: tuple[Part, ...]
    """In the order in which they wrap, the innermost first."""
    dependencies: tuple[str, ...]
    """The keys that it is given; of a plugin that is not imported they are unknown."""
    dependants: tuple[str, ...]
    """The keys that are given it, as far as their plugins are imported."""
    instances: int
    """How many are built now: at most one, and one more for each scope that is open."""

    @property
    def is_built(self) -> bool:
        """Whether there is an instance now."""
        return self.instances > 0

    def __str__(self) -> str:
        lines = [self.key]
        if not self.providers:
            lines.append("  provided by nobody")
        lines += [f"  {'overrides' if number else 'provided by'} {part}" for number, part in enumerate(self.providers)]
        lines += [f"  decorated by {part}" for part in self.decorators]
        for label, keys in (("needs", self.dependencies), ("needed by", self.dependants)):
            if keys:
                lines.append(f"  {label} {', '.join(keys)}")
        lines.append(f"  {'built' if self.is_built else 'not built yet'}")
        return "\n".join(lines)


def explain(core: Core, key: Any) -> Explanation:
    """Return what is known of *key*; no plugin is imported, and nothing is called."""
    with core.lock:
        form = normal(key)
        contributions, decorators = core.contributions(key, form)
        nearest_first = judge(contributions, LAST)[::-1]
        verdicts = sorted(nearest_first, key=lambda verdict: not verdict.is_in_use)
        serving = verdicts[0].contribution if verdicts and verdicts[0].is_in_use else None
        built = [store.instances[form] for store in core.stores() if form in store.instances]
        return Explanation(
            key_text(key),
            tuple(_provider(verdict, contributions) for verdict in verdicts),
            tuple(map(_decorator, judge(decorators, ALL))),
            _sorted_names(_dependencies(core, serving, decorators, built)),
            _sorted_names(_dependants(core, form)),
            len(built),
        )


def _provider(verdict: Verdict, contributions: Contributions) -> Part:
    contribution = verdict.contribution
    status = IN_USE + _why(contribution, contributions) if verdict.is_in_use else verdict.status
    return Part(
        owner_text(contribution.owner), _made_by(contribution), contribution.metadata.get("scope", SINGLETON), status
    )


def _why(contribution: Contribution, contributions: Contributions) -> str:
    if len(contributions) == 1:
        return ", the only one"
    if contribution is not contributions[-1]:
        return ", since what comes after it failed"
    if contribution.owner is contributions[-2].owner:
        return ", registered last"
    return ", since its owner comes last in the order"


def _decorator(verdict: Verdict) -> Part:
    status = IN_USE if verdict.is_in_use else verdict.status
    return Part(owner_text(verdict.contribution.owner), _made_by(verdict.contribution), "", status)


def _made_by(contribution: Contribution) -> str:
    return "something not imported yet" if contribution.live is DORMANT else describe(contribution.live)


def _sorted_names(forms: Iterable[Any]) -> tuple[str, ...]:
    return tuple(sorted({show(form) for form in forms}))


def _dependencies(
    core: Core, serving: Contribution | None, decorators: Contributions, built: list[Instance]
) -> Iterator[Any]:
    for instance in built:
        yield from instance.direct
    if not built and serving is not None:
        for provider in _live(core, (serving, *decorators)):
            yield from _wanted(core, provider)


def _dependants(core: Core, form: Any) -> Iterator[Any]:
    for store in core.stores():
        for instance in store.instances.values():
            if form in instance.direct:
                yield instance.normal
    for kind in (COMPONENT, DECORATOR):
        for contribution in core.ledger.contributions(kind):
            for provider in _live(core, (contribution,)):
                if form in _wanted(core, provider):
                    yield normal(contribution.id)


def _live(core: Core, contributions: Iterable[Contribution]) -> Iterator[Provider]:
    for contribution in contributions:
        if contribution.live is not DORMANT:
            yield core.provider(contribution) if contribution.kind == COMPONENT else core.decorator(contribution)


def _wanted(core: Core, provider: Provider) -> list[Any]:
    wanted = []
    for parameter in provider.parameters():
        forms = [form for key, form in parameter.keys if core.provides(key, form)]
        if forms:
            wanted.append(forms[0])
        elif parameter.keys and not parameter.has_default:
            wanted.append(parameter.keys[-1][1])
    return wanted
