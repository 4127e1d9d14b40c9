"""Files that two distributions contain: the one installed last has overwritten the other's file.

Source: "Recording installed projects", PyPA specifications.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pegboard.tools.doctor.codes import NOTE
from pegboard.tools.doctor.finding import Finding, finding, first_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Evidence


def shared_files(evidence: Evidence) -> Iterator[Finding]:
    """Yield each pair of distributions with files in common, if one of them has plugins."""
    reported = {found.where for found in evidence.findings if found.code == "stray-package-file"} | evidence.duplicates
    pairs: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for path, owners in evidence.installed_files.items():
        for (one, digest), (other, other_digest) in pairwise(owners if path not in reported else ()):
            pairs.setdefault((one.key, other.key), []).append((path, digest == other_digest))
    for keys, files in sorted(pairs.items()):
        plugins = [plugin for key in keys if key in evidence.with_plugins for plugin in evidence.with_plugins[key][1]]
        if plugins:
            first, second = (evidence.by_key[key].distribution for key in keys)
            are_equal = all(is_equal for _, is_equal in files)
            yield finding(
                "file-owned-twice",
                f"{first} and {second} contain the same file" + ("s" if len(files) > 1 else ""),
                severity=NOTE if are_equal else None,
                about=next((plugin for plugin in plugins if not plugin.is_built_in), None),
                distribution=f"{first}, {second}",
                cause="both are equal, but uninstalling one distribution removes the files of the other"
                if are_equal
                else "the distribution installed last has overwritten the files of the other",
                where=first_of([path for path, _ in files]),
                remedy=f"uninstall {first.name} or {second.name}, then reinstall the other",
            )
