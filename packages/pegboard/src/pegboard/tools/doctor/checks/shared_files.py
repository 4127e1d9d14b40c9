"""Files that two distributions contain: the one installed last has overwritten the other's file.

Source: "Recording installed projects", PyPA specifications.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.startup.discovery.shared_files import culprit_first
from pegboard.tools.doctor.codes import NOTE
from pegboard.tools.doctor.finding import Finding, finding, first_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Evidence


def shared_files(evidence: Evidence) -> Iterator[Finding]:
    """Yield each pair of distributions with files in common, if one of them has plugins, or is the application."""
    reported = {found.where for found in evidence.findings if found.code in ("stray-package-file", "file-owned-twice")}
    pairs: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for path, owners in evidence.installed_files.items():
        if len({item.key for item, _ in owners}) < 2 or path in reported:  # noqa: PLR2004 -- several
            continue
        digest = evidence.owners.digest(path)
        culprit, victim = culprit_first([(item, known == digest) for item, known in owners], evidence.blame)
        is_equal = len({known for _, known in owners}) == 1
        pairs.setdefault((culprit.key, victim.key), []).append((path, is_equal))
    for keys, files in sorted(pairs.items()):
        if not any(key in evidence.with_application for key in keys):
            continue
        plugins = [plugin for key in keys for plugin in evidence.plugins_of(key)]  # the culprit's first
        culprit, victim = (evidence.by_key[key] for key in keys)
        are_equal = all(is_equal for _, is_equal in files)
        yield finding(
            "file-owned-twice",
            f"{culprit.distribution} and {victim.distribution} contain the same file" + ("s" if len(files) > 1 else ""),
            severity=NOTE if are_equal else None,
            about=next((plugin for plugin in plugins if not plugin.is_built_in), None),
            distribution=f"{culprit.distribution}, {victim.distribution}",
            cause="both are equal, but uninstalling one distribution removes the files of the other"
            if are_equal
            else "the distribution installed last has overwritten the files of the other",
            where=first_of([path for path, _ in files]),
            remedy=f"uninstall {culprit.distribution.name}, then reinstall {victim.distribution.name}",
        )
