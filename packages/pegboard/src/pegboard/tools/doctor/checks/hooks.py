"""Hooks that are called at every start, and implementations that are never called, or not when they wish to be.

Records say who implements what; the application declares its hooks before the doctor runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.hooks.order import unmet
from pegboard.ledger import HOOK, Contribution
from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Evidence


def hooks(evidence: Evidence) -> Iterator[Finding]:
    """Yield what is known of hooks; nothing is imported for it."""
    made = evidence.host._hooks  # noqa: SLF001 -- it makes none
    declared = {hook.kind: hook for hook in made or ()}
    for plugin, name in (made.woken if made is not None else {}).items():
        woken = evidence.plugin(plugin)
        if woken is None or woken.is_built_in:
            continue
        yield finding(
            "hook-at-every-start",
            f"{woken.who()} is imported at every start, since the hook {name!r} is called",
            about=woken,
            cause="the application calls it before it knows which command it runs",
            remedy=f"none is necessary; '{evidence.commands} profile' shows what it costs",
        )
    rows = _recorded(evidence)
    for kind, contributions in rows.items():
        if kind not in declared:
            yield from _undeclared(kind, contributions)
            continue
        for contribution, wish in unmet(contributions):
            if any(f" {plugin.name!r}, which" in wish for plugin in evidence.plugins):
                yield finding(
                    "hook-order-unmet",
                    f"{contribution.owner.who()} wishes to answer the hook {kind[len(HOOK) :]!r} {wish}",
                    about=contribution.owner,
                    cause=f"{contribution.text} says so",
                    remedy=f"none is necessary; '{evidence.commands} why hook:{kind[len(HOOK) :]}' shows the order",
                )


def _undeclared(kind: str, contributions: list[Contribution]) -> Iterator[Finding]:
    for plugin in dict.fromkeys(each.owner for each in contributions):
        yield finding(
            "hook-undeclared",
            f"{plugin.who()} implements the hook {kind[len(HOOK) :]!r}, which the application does not declare",
            about=plugin,
            cause="nothing that this start has imported declares it, so that nobody calls the plugin",
            remedy="update the plugin, or tell its author",
        )


def _recorded(evidence: Evidence) -> dict[str, list[Contribution]]:
    """Return the implementations that are on record, by kind, in the order of plugins."""
    found: dict[str, list[Contribution]] = {}
    for plugin in evidence.plugins:
        record = evidence.record(plugin) if plugin.is_usable else None
        for kind, text, _, metadata in record["rows"] if record else ():
            if kind.startswith(HOOK):
                row = Contribution(plugin, kind, text, None, text=text, metadata=metadata)
                found.setdefault(kind, []).append(row)
    return found
