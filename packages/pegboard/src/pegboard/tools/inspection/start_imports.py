"""Which plugins does a start import, when, for how long, and inside which other plugin?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from time import perf_counter

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pegboard.host import Host
    from pegboard.ledger import Plugin


@dataclass(frozen=True, slots=True)
class Import:
    """One plugin's import."""

    plugin: str
    at_ms: float
    """When it began, since the start began."""
    inside: str | None
    """The plugin that imported it; None when the host did."""
    total_ms: float
    own_ms: float
    """Without the plugins that it imported itself."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a host."""

    total_ms: float
    """The duration of the start; about 0 if the plugins were ready before."""
    imports: tuple[Import, ...]
    """In the order in which they began."""


def timed_start(host: Host) -> Start:
    """Start *host* as any command does, and return what the start has imported."""
    began = perf_counter()
    host.start()
    total_ms = (perf_counter() - began) * 1000
    last = [(started, stopped, plugin, by) for plugin, (by, started, stopped) in host.manager.importer.imports.items()]
    seen = sorted((each for each in last if each[0] >= began), key=lambda each: each[0])
    inside: defaultdict[Plugin | None, float] = defaultdict(float)
    for started, stopped, _, outer in seen:
        inside[outer] += stopped - started
    imports = []
    for started, stopped, plugin, outer in seen:
        durations = (started - began, stopped - started, stopped - started - inside[plugin])
        at_ms, plugin_ms, own_ms = (round(seconds * 1000, 3) for seconds in durations)
        imports.append(Import(plugin.name, at_ms, None if outer is None else outer.name, plugin_ms, own_ms))
    return Start(round(total_ms, 3), tuple(imports))
