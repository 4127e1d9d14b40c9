"""Which wheels lie in the folders that were named?

In: the values of options, folders among them. Out: the name, the version and the hash of each wheel.

Source:
    "Binary distribution format", PyPA specifications, as `packaging` reads names of files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.version import Version


@dataclass(frozen=True, slots=True)
class Wheel:
    """One file."""

    path: Path
    key: str
    """The normalised name of its distribution."""
    version: Version

    def has_version(self, text: str) -> bool:
        """Return whether *text* is its version, however it is written: `1.0` is `1.0.0`."""
        from packaging.utils import canonicalize_version

        return canonicalize_version(self.version) == canonicalize_version(text)

    @property
    def hash(self) -> str:
        """Its hash, as requirements have it, e.g. `sha256:1c...`."""
        from hashlib import sha256

        return f"sha256:{sha256(self.path.read_bytes()).hexdigest()}"


def wheels_in(places: Iterable[str]) -> Iterator[Wheel]:
    """Yield the wheels in those of *places* that are folders; other files are passed over."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    for folder in map(Path, places):
        for path in sorted(folder.glob("*.whl")) if folder.is_dir() else ():
            try:
                key, version, _, _ = parse_wheel_filename(path.name)
            except InvalidWheelFilename:
                continue
            yield Wheel(path, key, version)
