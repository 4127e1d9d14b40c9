"""Lists the wheels in folders.

In: values of options, folders among them. Out: the path, the normalised name and the version of each wheel.

Source:
    "Binary distribution format", PyPA specifications, as `packaging` reads names of files.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.version import Version


def wheels_in(options: Iterable[str]) -> Iterator[tuple[Path, str, Version]]:
    """Yield the wheels in those of *options* that are folders."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    for folder in map(Path, options):
        for path in sorted(folder.glob("*.whl")) if folder.is_dir() else ():
            try:
                key, version, _, _ = parse_wheel_filename(path.name)
            except InvalidWheelFilename:
                continue
            yield path, key, version
