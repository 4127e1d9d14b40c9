"""Files that are not what was installed, by the hashes in `RECORD`.

Source: "Recording installed projects", PyPA specifications: "The hash is ... urlsafe-base64-nopad".
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from pegboard.startup.discovery.owners import editable_project
from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Examination

_SHOWN = 3


def modified(examination: Examination) -> Iterator[Finding]:
    """Yield each distribution of plugins with files that have been changed, or are gone."""
    for item, plugins in examination.concerned.values():
        if item.is_egg or editable_project(item.read("direct_url.json")):
            continue
        changed, missing = [], []
        for path, recorded in examination.recorded(item):
            if len(examination.brought[path]) > 1:
                continue  # why it differs is another finding
            algorithm, _, expected = recorded.partition("=")
            data = examination.files.read_bytes(path)
            if data is None:
                missing.append(path)
            elif expected and algorithm in hashlib.algorithms_guaranteed and not algorithm.startswith("shake"):
                digest = hashlib.new(algorithm, data, usedforsecurity=False).digest()
                if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != expected.rstrip("="):
                    changed.append(path)
        bad = changed + missing
        mine = [plugin for plugin in plugins if plugin.origin in bad] or [
            plugin for plugin in plugins if not plugin.is_built_in
        ]
        for code, files, verb in (
            ("modified-since-install", changed, "changed"),
            ("file-missing", missing, "removed"),
        ):
            if files:
                number = "1 file has" if len(files) == 1 else f"{len(files)} files have"
                more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
                yield finding(
                    code,
                    f"{number} been {verb} since {item.distribution} was installed",
                    plugin=mine[0].name if mine else "",
                    distribution=str(item.distribution),
                    cause="what its RECORD says does not hold any more",
                    where=", ".join(files[:_SHOWN]) + more,
                    remedy=f"reinstall {item.distribution.name}"
                    + (", unless you edited it on purpose" if files is changed else ""),
                )
