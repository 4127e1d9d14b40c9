"""The order of plugins: built-in ones first, then by name, then what authors wish, and the user's word last.

The order is total and the same on every machine: it never depends on the file system or on who was imported first.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.errors import PegboardError
    from pegboard.ledger import Plugin


def order(
    plugins: Sequence[Plugin], user_order: Sequence[str] = (), *, built_in_first: bool = True
) -> tuple[list[Plugin], list[PegboardError]]:
    """Return *plugins* in their order, with the wishes that could not be met.

    Without wishes built-in plugins come first, unless *built_in_first* is False, then the others, each by name.
    `Plugin.after` and `Plugin.before` move a plugin as little as they can; *user_order* beats both.

    Args:
        plugins: In any order; names are unique.
        user_order: Plugin names that must come in this order among themselves.
        built_in_first: Whether the application's own plugins come before all others.

    Returns:
        Every item of *plugins* once, and a problem for each unknown name and each circle; a wish that is part of
        one is left out, the user's never.

    Source:
        Kahn, "Topological sorting of large networks", CACM 5 (1962).
    """
    from pegboard.errors import ConfigurationError, OrderError

    problems: list[PegboardError] = []
    by_name = {plugin.name: plugin for plugin in plugins}
    natural = sorted(plugins, key=lambda plugin: (built_in_first and not plugin.is_built_in, plugin.name))
    if not user_order and not any(plugin.after or plugin.before for plugin in plugins):
        return natural, problems

    earlier: dict[str, set[str]] = {plugin.name: set() for plugin in natural}
    problems.extend(
        ConfigurationError("the order of plugins", f"no plugin is named {name!r}")
        for name in user_order
        if name not in by_name
    )
    listed = [name for name in user_order if name in by_name]
    for first, second in zip(listed, listed[1:], strict=False):  # noqa: RUF007 -- pairwise would import itertools
        earlier[second].add(first)

    for plugin in natural:
        for other, is_after in [(name, True) for name in plugin.after] + [(name, False) for name in plugin.before]:
            wish = f"it wishes to come {'after' if is_after else 'before'} {other!r}"
            place, owner = plugin.origin, str(plugin.distribution or "")
            if other not in by_name:
                problems.append(OrderError(plugin.name, owner, f"{wish}, which is not installed", place))
                continue
            first, second = (other, plugin.name) if is_after else (plugin.name, other)
            if settled := _path(earlier, second, first):
                order_so_far = " before ".join(map(repr, settled))
                problems.append(OrderError(plugin.name, owner, f"{wish}, but {order_so_far} is settled", place))
            else:
                earlier[second].add(first)

    return _sorted(natural, earlier), problems


def _path(earlier: dict[str, set[str]], first: str, last: str) -> list[str]:
    """Return a way from *first* to *last* on which each comes before the next; empty when there is none."""
    came_from: dict[str, str] = {last: last}
    pending = [last]
    while pending:
        name = pending.pop()
        if name == first:
            path = [name]
            while name != last:
                name = came_from[name]
                path.append(name)
            return path
        for other in sorted(earlier[name] - came_from.keys()):
            came_from[other] = name
            pending.append(other)
    return []


def _sorted(natural: list[Plugin], earlier: dict[str, set[str]]) -> list[Plugin]:
    from heapq import heapify, heappop, heappush

    place = {plugin.name: index for index, plugin in enumerate(natural)}
    later: dict[str, list[str]] = {}
    for name, names in earlier.items():
        for first in names:
            later.setdefault(first, []).append(name)
    missing = {name: len(names) for name, names in earlier.items()}
    free = [place[name] for name, count in missing.items() if not count]
    heapify(free)
    ordered: list[Plugin] = []
    while free:
        plugin = natural[heappop(free)]
        ordered.append(plugin)
        for name in later.get(plugin.name, ()):
            missing[name] -= 1
            if not missing[name]:
                heappush(free, place[name])
    return ordered
