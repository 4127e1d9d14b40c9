"""What this very start imports: which plugins, when, for how long, and inside of which other one.

The activator keeps no times, so that no start pays for them. Here its bracket is wrapped while one start is watched.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pegboard.host import Host
    from pegboard.ledger import Plugin


@dataclass(slots=True)
class Import:
    """One plugin's import."""

    plugin: str
    at_ms: float
    """When it began, since the start did."""
    inside: str | None
    """The plugin that imported it; None when the host did."""
    total_ms: float = 0.0
    own_ms: float = 0.0
    """Without the plugins that it imported itself."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a host."""

    total_ms: float
    """How long it took to make the plugins ready; 0 when that was done before."""
    imports: tuple[Import, ...]
    """In the order in which they began."""


def watched(host: Host) -> Start:
    """Start *host* as any command does, and return what was imported meanwhile."""
    importer = host.manager.importer
    known = len(importer.imports)
    began = perf_counter()
    host.start()
    total_ms = (perf_counter() - began) * 1000
    ended = sorted(importer.imports[known:], key=lambda each: each[2])  # by when they began
    within: dict[Plugin, float] = {}
    for _, outer, started, stopped in ended:
        if outer is not None:
            within[outer] = within.get(outer, 0.0) + stopped - started
    return Start(
        round(total_ms, 3),
        tuple(
            Import(
                plugin.name,
                round((started - began) * 1000, 3),
                outer.name if outer is not None else None,
                round((stopped - started) * 1000, 3),
                round((stopped - started - within.get(plugin, 0.0)) * 1000, 3),
            )
            for plugin, outer, started, stopped in ended
        ),
    )
