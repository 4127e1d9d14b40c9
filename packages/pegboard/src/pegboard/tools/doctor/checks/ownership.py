"""Files that two distributions bring: the one installed last has overwritten the other's.

Source: "Recording installed projects", PyPA specifications.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pegboard.tools.doctor.codes import NOTE
from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Examination

_SHOWN = 3


def owned_twice(examination: Examination) -> Iterator[Finding]:
    """Yield each pair of distributions with files in common, of which at least one brings plugins."""
    said = {found.where for found in examination.findings if found.code == "stray-package-file"}
    said |= examination.duplicates
    pairs: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for path, owners in examination.brought.items():
        for (one, digest), (other, other_digest) in pairwise(owners if path not in said else ()):
            pairs.setdefault((one.key, other.key), []).append((path, digest == other_digest))
    for keys, files in sorted(pairs.items()):
        if not any(key in examination.concerned for key in keys):
            continue
        culprits = [examination.by_key[key] for key in keys]
        names = [str(item.distribution) for item in culprits]
        plugins = [plugin for key in keys if key in examination.concerned for plugin in examination.concerned[key][1]]
        mine = next((plugin for plugin in plugins if not plugin.is_built_in), None)
        shown = ", ".join(path for path, _ in files[:_SHOWN])
        more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
        is_equal = all(equal for _, equal in files)
        yield finding(
            "file-owned-twice",
            f"{names[0]} and {names[1]} bring the same file" + ("s" if len(files) > 1 else ""),
            severity=NOTE if is_equal else None,
            plugin=mine.name if mine else "",
            distribution=f"{names[0]}, {names[1]}",
            cause="they are equal, but to uninstall one takes them from the other"
            if is_equal
            else "the one that was installed last has overwritten the other's",
            where=shown + more,
            remedy=f"uninstall {culprits[0].distribution.name} or {culprits[1].distribution.name}, "
            "then reinstall the other",
        )
