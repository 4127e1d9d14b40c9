"""Plugins whose import took long when they were last recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Evidence


def slow(evidence: Evidence) -> Iterator[Finding]:
    """Yield each plugin that takes longer than the application allows, by the notes of the last recording."""
    allowed_s = evidence.settings.slow_after
    reported = {found.plugin for found in evidence.findings if found.code == "plugin-slow"}
    for plugin in evidence.plugins:
        seconds = evidence.notes.cost_ms.get(plugin.name, 0.0) / 1000
        if allowed_s is not None and seconds > allowed_s and plugin.is_usable and plugin.name not in reported:
            yield finding(
                "plugin-slow",
                f"{plugin.who()} took {seconds:.1f} s to import when it was last recorded",
                about=plugin,
                cause=f"that is longer than the application allows, {allowed_s:g} s",
                remedy="report it to its author",
            )
