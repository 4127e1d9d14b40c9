"""In which order do the plugins come?

The order is total and the same on every machine: it never depends on the file system or on who was imported first.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from pegboard.errors import PegboardError
    from pegboard.ledger import Plugin

_MOST_PROBLEMS: Final = 5
"""How many wishes that cannot be met are reported of one plugin, and how many unknown names of the user's order."""
_MOST_NAMES: Final = 10
"""How many plugins of a circle are named."""


def order(
    plugins: Sequence[Plugin],
    user_order: Sequence[str] = (),
    *,
    built_in_first: bool = True,
    heeds_authors: bool = True,
) -> tuple[list[Plugin], list[PegboardError]]:
    """Return *plugins* in their order, with the wishes that could not be met.

    Without wishes, built-in plugins come first, unless *built_in_first* is False, then the others, each by name.
    `Plugin.after` and `Plugin.before` move a plugin as little as possible; *user_order* beats both.

    Args:
        plugins: In any order; names are unique.
        user_order: Plugin names that must come in this order among themselves.
        built_in_first: Whether the application's own plugins come before all others.
        heeds_authors: Whether the wishes of plugins' authors count, which nobody knows before the import.

    Returns:
        Every item of *plugins* once, and a problem for each unknown name and each circle; a wish that is part of
        one is left out, the user's never.
    """
    from pegboard.errors import ConfigurationError, OrderError

    problems: list[PegboardError] = []
    by_name = {plugin.name: plugin for plugin in plugins}
    natural = sorted(plugins, key=lambda plugin: (built_in_first and not plugin.is_built_in, plugin.name))
    wishing = natural if heeds_authors else []
    if not user_order and not any(plugin.after or plugin.before for plugin in wishing):
        return natural, problems

    earlier: dict[str, set[str]] = {plugin.name: set() for plugin in natural}
    unknown = [name for name in user_order if name not in by_name]
    problems += [
        ConfigurationError("the order of plugins", f"no plugin is named {name!r}") for name in unknown[:_MOST_PROBLEMS]
    ]
    if more := len(unknown) - _MOST_PROBLEMS + 1 if len(unknown) > _MOST_PROBLEMS else 0:
        problems[-1] = ConfigurationError("the order of plugins", f"{more:,} more names in it are of no plugin")
    listed = [name for name in user_order if name in by_name]
    for first, second in zip(listed, listed[1:], strict=False):  # noqa: RUF007 -- pairwise would import itertools
        earlier[second].add(first)

    for plugin in wishing:
        why_not = _add_wishes(plugin, earlier)
        if len(why_not) > _MOST_PROBLEMS:
            more = len(why_not) - _MOST_PROBLEMS + 1
            why_not[_MOST_PROBLEMS - 1 :] = [f"{more:,} more of its wishes cannot be met either"]
        distribution = str(plugin.distribution or "")
        problems += [OrderError(plugin.name, distribution, cause, plugin.origin) for cause in why_not]

    return _sorted(natural, earlier), problems


def _add_wishes(plugin: Plugin, earlier: dict[str, set[str]]) -> list[str]:
    """Add what *plugin* wishes for to what comes *earlier* than each, and return why wishes cannot be met, in words."""
    why_not = []
    wishes = [(name, True) for name in plugin.after] + [(name, False) for name in plugin.before]
    for other, is_after in dict.fromkeys(wishes):
        wish = f"it wishes to come {'after' if is_after else 'before'} {other!r}"
        if other not in earlier:
            why_not.append(f"{wish}, which is not installed")
            continue
        first, second = (other, plugin.name) if is_after else (plugin.name, other)
        if settled := _path(earlier, second, first):
            names = [*map(repr, settled)]
            if len(names) > _MOST_NAMES:
                names[_MOST_NAMES // 2 : -_MOST_NAMES // 2] = [f"{len(names) - _MOST_NAMES:,} others"]
            why_not.append(f"{wish}, but {' before '.join(names)} is settled")
        else:
            earlier[second].add(first)
    return why_not


def _path(earlier: dict[str, set[str]], first: str, last: str) -> list[str]:
    """Return names from *first* to *last* of which each comes before the next; none when *last* need not come later."""
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
    from graphlib import TopologicalSorter
    from heapq import heappop, heappush

    rank = {plugin.name: number for number, plugin in enumerate(natural)}
    sorter = TopologicalSorter(earlier)
    sorter.prepare()
    free: list[int] = []
    ordered: list[Plugin] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heappush(free, rank[name])
        plugin = natural[heappop(free)]  # of all that may come next, the one that comes first without wishes
        ordered.append(plugin)
        sorter.done(plugin.name)
    return ordered
