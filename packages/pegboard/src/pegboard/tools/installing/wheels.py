"""Lists the wheels in folders.

In: values of options, folders among them. Out: the path, the normalised name and the version of each wheel.

Source:
    "Binary distribution format", PyPA specifications: names of files.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pegboard.startup.discovery.distributions import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_PARTS = 5
"""The least number of parts in the name of a wheel: name, version, and three tags."""


def wheels_in(options: Iterable[str]) -> Iterator[tuple[Path, str, str]]:
    """Yield the wheels in those of *options* that are folders."""
    for folder in map(Path, options):
        for path in sorted(folder.glob("*.whl")) if folder.is_dir() else ():
            parts = path.stem.split("-")
            if len(parts) >= _PARTS:
                yield path, normalise(parts[0]), parts[1]


def is_same_version(one: str, other: str) -> bool:
    """Return whether two versions are equal; without `packaging`, whether their texts are."""
    try:
        from packaging.utils import canonicalize_version
    except ImportError:
        return one == other
    return bool(canonicalize_version(one) == canonicalize_version(other))
