"""Lists the wheels in folders.

In: values of options, folders among them. Out: the path, the normalised name and the version of each wheel.

Source:
    "Binary distribution format", PyPA specifications: names of files.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pegboard.tools.installing.references import of_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def wheels_in(options: Iterable[str]) -> Iterator[tuple[Path, str, str]]:
    """Yield the wheels in those of *options* that are folders."""
    for folder in map(Path, options):
        for path in sorted(folder.glob("*.whl")) if folder.is_dir() else ():
            key, version = of_file(path.name)
            if key:
                yield path, key, version


def is_same_version(one: str, other: str) -> bool:
    """Return whether two versions are equal; without `packaging`, whether their texts are."""
    try:
        from packaging.utils import canonicalize_version
    except ImportError:
        return one == other
    return bool(canonicalize_version(one) == canonicalize_version(other))


def is_older(one: str, other: str) -> bool:
    """Return whether version *one* comes before *other*; without `packaging`, never."""
    try:
        from packaging.version import InvalidVersion, Version
    except ImportError:
        return False
    try:
        return Version(one) < Version(other)
    except InvalidVersion:
        return False
