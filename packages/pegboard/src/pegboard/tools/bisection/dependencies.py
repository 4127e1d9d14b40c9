"""Which plugins does each plugin need, so that these must be on with it?"""

from __future__ import annotations

import re
from importlib import metadata
from typing import TYPE_CHECKING

from pegboard.errors import UnusableIndexError
from pegboard.index import read
from pegboard.startup.discovery.distributions import normalise
from pegboard.startup.recording.encoding import content_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.ledger import Plugin

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRA = re.compile(r"\bextra\s*==")


def needs(plugins: Sequence[Plugin], index_path: str | None) -> dict[str, set[str]]:
    """Return for each plugin the names of those that it needs.

    A plugin needs the plugins of the distributions that its own distribution requires, directly or indirectly, and the
    plugins that it imported when it was last recorded.

    Args:
        plugins: All plugins; none is imported.
        index_path: The file with the records; None when there is none.

    Source:
        "Core metadata", `Requires-Dist`; PEP 503 for equality of names.
    """
    by_distribution: dict[str, set[str]] = {}
    for plugin in plugins:
        if plugin.distribution is not None and not plugin.is_built_in:
            by_distribution.setdefault(normalise(plugin.distribution.name), set()).add(plugin.name)
    needed: dict[str, set[str]] = {plugin.name: set() for plugin in plugins}
    requirements: dict[str, set[str]] = {}
    for distribution, names in by_distribution.items():
        for other in _required(distribution, requirements) - {distribution}:
            for name in names:
                needed[name] |= by_distribution.get(other, set())
    by_module = {plugin.module: plugin.name for plugin in plugins}
    for module, used in _imported(index_path).items():
        if module in by_module:
            name = by_module[module]
            needed[name] |= {by_module[other] for other in used if other in by_module} - {name}
    return needed


def _required(distribution: str, known: dict[str, set[str]]) -> set[str]:
    """Return the distributions that *distribution* requires, directly or indirectly, without extras."""
    reached: set[str] = set()
    pending = [distribution]
    while pending:
        name = pending.pop()
        if name not in known:
            try:
                lines = metadata.requires(name) or []
            except metadata.PackageNotFoundError:
                lines = []
            known[name] = {
                normalise(found[0])
                for line in lines
                if not _EXTRA.search(line.partition(";")[2]) and (found := _NAME.match(line.strip()))
            }
        pending += known[name] - reached
        reached |= known[name]
    return reached


def _imported(index_path: str | None) -> dict[str, list[str]]:
    if index_path is None:
        return {}
    try:
        content = content_of(read(index_path))
    except (UnusableIndexError, ValueError):
        return {}
    return {module: list(entry["record"]["uses"]) for module, entry in content["plugins"].items() if entry["record"]}
