"""What this very start imports: which plugins, when, for how long, and inside of which other one.

The activator keeps no times, so that no start pays for them. Here its bracket is wrapped while one start is watched.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from pegboard._typing import TYPE_CHECKING
from pegboard.importer import Activator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    imports: list[Import] = []
    began = perf_counter()
    with _bracketed(host, imports, began):
        host.start()
    for each in imports:
        each.own_ms += each.total_ms
        each.at_ms, each.total_ms, each.own_ms = (round(ms, 3) for ms in (each.at_ms, each.total_ms, each.own_ms))
    return Start(round((perf_counter() - began) * 1000, 3), tuple(imports))


@contextmanager
def _bracketed(host: Host, imports: list[Import], began: float) -> Iterator[None]:
    plain = Activator.run
    roster = host.roster

    def run(activator: Activator, plugin: Plugin, execute: Callable[[], None]) -> None:
        if activator._roster is not roster:  # another host of this process
            plain(activator, plugin, execute)
            return
        stack = activator.stack()
        outer = next((each for each in reversed(imports) if stack and each.plugin == stack[-1].name), None)
        started = perf_counter()
        noted = Import(plugin.name, (started - began) * 1000, outer.plugin if outer else None)
        imports.append(noted)
        try:
            plain(activator, plugin, execute)
        finally:
            noted.total_ms = (perf_counter() - started) * 1000
            if outer is not None:
                outer.own_ms -= noted.total_ms

    Activator.run = run  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Activator.run = plain  # type: ignore[method-assign]
