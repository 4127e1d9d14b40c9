"""Which distributions does a distribution need?

In: requirements as metadata and users write them. Out: normalised names, each with the extras that are asked for.

Source:
    "Dependency specifiers", PyPA specifications (PEP 508), as `packaging` reads them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pegboard.startup.discovery.distributions import normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from packaging.requirements import Requirement

    Extras = Mapping[str, Collection[str]]

_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?=$|[\[(<>=!~;@])")


class _Named:
    """A requirement of which only the name is read, since `packaging` is not installed."""

    extras: frozenset[str] = frozenset()
    marker = None

    def __init__(self, name: str) -> None:
        self.name = name


def parse(text: str) -> Requirement | _Named | None:
    """Return the requirement that *text* is; None if it is none, as a path, an option or nonsense is not.

    Without `packaging`, which comes with the extra `cli`, it is a name whose markers and extras do not count: then too
    many distributions are kept, and never too few.
    """
    try:
        from packaging.requirements import InvalidRequirement, Requirement
    except ImportError:
        match = _NAME.match(text)
        return _Named(match[1]) if match else None
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def name_of(requirement: str) -> str:
    """Return the normalised name in *requirement*; empty if it is none."""
    parsed = parse(requirement)
    return normalise(parsed.name) if parsed else ""


def needs(lines: Iterable[str], extras: Collection[str] = ()) -> dict[str, set[str]]:
    """Return what the requirements *lines* of one distribution ask for in this environment.

    Args:
        lines: As `Requires-Dist` has them.
        extras: Those of the distribution that somebody asks for.
    """
    found: dict[str, set[str]] = {}
    for line in lines:
        # a version that nobody understands names a distribution all the same
        wanted = parse(line) or parse(re.split(r"[^\w.-]", line.strip(), maxsplit=1)[0])
        if wanted is None:
            continue
        if wanted.marker and not any(wanted.marker.evaluate({"extra": extra}) for extra in extras or ("",)):
            continue
        found.setdefault(normalise(wanted.name), set()).update(wanted.extras)
    return found


def closure(wanted: Extras, requires: Mapping[str, Sequence[str]]) -> dict[str, set[str]]:
    """Return *wanted* and all that it needs, directly or not, with the extras that are asked for.

    Args:
        wanted: Normalised names, each with its extras.
        requires: The requirements of each distribution that is there; others are left out.
    """
    found: dict[str, set[str]] = {}
    waiting = [(key, set(extras)) for key, extras in wanted.items()]
    while waiting:
        key, extras = waiting.pop()
        if key not in requires or (key in found and extras <= found[key]):
            continue
        found[key] = found.get(key, set()) | extras
        waiting += needs(requires[key], found[key]).items()
    return found
