"""Plugins that are imported at every start, and plugins that do not register what their record says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Evidence


def eager(evidence: Evidence) -> Iterator[Finding]:
    """Yield each plugin that is imported at every start, with the reason and the duration of its import."""
    for plugin in evidence.plugins:
        record = evidence.record(plugin)
        reason = (plugin.reason if plugin.eager else "") or (record and record["eager"]) or ""
        if plugin.is_built_in or not plugin.is_usable or not reason:
            continue
        cost = evidence.notes.cost_ms.get(plugin.name)
        yield finding(
            "plugin-eager",
            f"{plugin.who()} is imported at every start" + (f", which took {cost:.1f} ms" if cost else ""),
            about=plugin,
            cause=reason,
            remedy=f"none is necessary; '{evidence.commands} profile' shows what it costs",
        )


def drifts(evidence: Evidence) -> Iterator[Finding]:
    """Yield each plugin that has registered something else than recorded although nothing had changed."""
    offer = evidence.settings.offers.get("depends_on")
    for name, times in sorted(evidence.notes.drifts.items()):
        plugin = evidence.plugin(name)
        if plugin is None or not times:
            continue
        yield finding(
            "plugin-drifts",
            f"{plugin.who()} sometimes registers something else than recorded",
            about=plugin,
            cause="it depends on something that is not observed: a clock, a network, an undeclared file",
            remedy=f"ask its author to declare what its registrations depend on: {offer}"
            if offer
            else "tell its author",
        )
