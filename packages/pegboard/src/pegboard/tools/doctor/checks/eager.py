"""Plugins that are imported at every start, and those whose records come to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Examination


def eager(examination: Examination) -> Iterator[Finding]:
    """Yield each plugin that is imported at every start, with the reason, and what it costs."""
    for plugin in examination.plugins:
        record = examination.record(plugin)
        reason = (plugin.reason if plugin.eager else "") or (record and record["eager"]) or ""
        if plugin.is_built_in or not plugin.is_usable or not reason:
            continue
        cost = examination.notes.cost_ms.get(plugin.name)
        yield finding(
            "plugin-eager",
            f"{plugin.who()} is imported at every start" + (f", which took {cost:.1f} ms" if cost else ""),
            plugin=plugin.name,
            distribution=str(plugin.distribution or ""),
            cause=reason,
            where=plugin.origin or "",
            remedy=f"nothing has to be done; '{examination.commands} profile' shows what it costs",
        )


def drifts(examination: Examination) -> Iterator[Finding]:
    """Yield each plugin that was seen to register something else although nothing had changed."""
    for name, times in sorted(examination.notes.drifts.items()):
        plugin = examination.named(name)
        if plugin is None or not times:
            continue
        yield finding(
            "plugin-drifts",
            f"{plugin.who()} registers something else from time to time",
            plugin=name,
            distribution=str(plugin.distribution or ""),
            cause="what it depends on cannot be seen: a clock, a network, a file that it does not declare",
            where=plugin.origin or "",
            remedy="its author should declare with depends_on what its registrations depend on, or eager=True",
        )
