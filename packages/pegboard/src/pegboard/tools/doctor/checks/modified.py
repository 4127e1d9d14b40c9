"""Files that have changed since they were installed, by the hashes in `RECORD`.

Source: "Recording installed projects", PyPA specifications: "The hash is ... urlsafe-base64-nopad".
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from pegboard.startup.discovery.owners import editable_project
from pegboard.tools.doctor.finding import Finding, finding, first_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.startup.discovery.distributions import Installed
    from pegboard.tools.doctor.evidence import Evidence


def modified(evidence: Evidence) -> Iterator[Finding]:
    """Yield each distribution of plugins with files that have changed or are gone."""
    for item, plugins in evidence.with_application.values():
        if item.is_egg or editable_project(item.read("direct_url.json")):
            continue
        changed, missing = _differences(evidence, item)
        bad = changed + missing
        of_files = [plugin for plugin in plugins if plugin.origin in bad]
        plugin = next(iter(of_files or [plugin for plugin in plugins if not plugin.is_built_in]), None)
        for code, files, verb in (
            ("modified-since-install", changed, "changed"),
            ("file-missing", missing, "removed"),
        ):
            if files:
                number = "1 file has" if len(files) == 1 else f"{len(files)} files have"
                yield finding(
                    code,
                    f"{number} been {verb} since {item.distribution} was installed",
                    about=plugin,
                    distribution=str(item.distribution),
                    cause="the files do not match its RECORD",
                    where=first_of(files),
                    remedy=f"reinstall {item.distribution.name}"
                    + (", unless you edited it on purpose" if files is changed else ""),
                )


def _differences(evidence: Evidence, item: Installed) -> tuple[list[str], list[str]]:
    """Return the files of *item* that have changed, and those that are missing."""
    changed, missing = [], []
    for path, recorded in evidence.files_of(item):
        if len(evidence.installed_files[path]) > 1:
            continue  # `shared_files` reports it
        algorithm, _, expected = recorded.partition("=")
        data = evidence.files.read_bytes(path)
        if data is None:
            missing.append(path)
        elif expected and algorithm in hashlib.algorithms_guaranteed and not algorithm.startswith("shake"):
            digest = hashlib.new(algorithm, data, usedforsecurity=False).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != expected.rstrip("="):
                changed.append(path)
    return changed, missing
