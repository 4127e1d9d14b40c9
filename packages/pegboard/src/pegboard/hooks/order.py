"""In which order are the implementations of a hook called?

In: contributions in the order of their plugins, with wishes in their metadata. Out: the same in order, and why.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from pegboard.ledger import Contribution

_PLACES: Final = {"early": 0, "late": 2}


def place_of(contribution: Contribution) -> int:
    """Return 0 for an early one, 1 for a normal one, 2 for a late one."""
    return _PLACES.get(str(contribution.metadata.get("order")), 1)


def in_order(contributions: Sequence[Contribution]) -> list[Contribution]:
    """Return *contributions* in the order of calls.

    Early ones come first, and late ones last. Among those of one word, wishes to come after or before plugins move each
    as little as possible; what is left is the order of plugins. Of wishes that form a circle, the last is left out.

    Args:
        contributions: In the order of their plugins, and of one plugin as they were registered.
    """
    if not any(each.metadata.keys() & {"order", "after", "before"} for each in contributions):
        return list(contributions)
    return [
        each for place in range(3) for each in _with_wishes([one for one in contributions if place_of(one) == place])
    ]


def unmet(contributions: Sequence[Contribution]) -> list[tuple[Contribution, str]]:
    """Return the wishes of *contributions* that the order does not meet: who wishes it, and what, in words."""
    ordered = in_order(contributions)
    found = []
    for at, each in enumerate(ordered):
        owners = [other.owner.name for other in ordered]
        for name in _names(each, "after"):
            if name not in owners:
                found.append((each, f"after {name!r}, which does not implement the hook"))
            elif name in owners[at + 1 :]:
                found.append((each, f"after {name!r}, which comes later"))
        for name in _names(each, "before"):
            if name not in owners:
                found.append((each, f"before {name!r}, which does not implement the hook"))
            elif name in owners[:at]:
                found.append((each, f"before {name!r}, which comes earlier"))
    return found


def _with_wishes(natural: list[Contribution]) -> list[Contribution]:
    earlier: dict[int, set[int]] = {at: set() for at in range(len(natural))}
    for at, each in enumerate(natural):
        for wish in ("after", "before"):
            for name in _names(each, wish):
                for other, one in enumerate(natural):
                    if one.owner.name != name or one.owner is each.owner:
                        continue
                    first, second = (other, at) if wish == "after" else (at, other)
                    if not _comes_before(earlier, second, first):
                        earlier[second].add(first)
    ordered: list[int] = []
    left = list(earlier)
    while left:  # of all that may come next, the one that comes first without wishes
        free = next(at for at in left if earlier[at].issubset(ordered))
        ordered.append(free)
        left.remove(free)
    return [natural[at] for at in ordered]


def _comes_before(earlier: dict[int, set[int]], first: int, second: int) -> bool:
    """Return whether it is settled that *first* comes before *second*."""
    pending = [second]
    seen: set[int] = set()
    while pending:
        at = pending.pop()
        if at == first:
            return True
        pending += earlier[at] - seen
        seen |= earlier[at]
    return False


def _names(contribution: Contribution, wish: str) -> Sequence[str]:
    names = contribution.metadata.get(wish, ())
    return [name for name in names if isinstance(name, str)] if isinstance(names, (list, tuple)) else ()
