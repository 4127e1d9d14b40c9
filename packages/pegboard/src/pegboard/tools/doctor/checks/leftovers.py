"""Directories of uninstalled plugins, which Python still imports as empty packages.

Source: PEP 420: a directory without `__init__` is a package. Uninstallers keep files that they have not installed
(measured).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pegboard.startup.discovery import finders
from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Evidence

_SHOWN = 3


def leftovers(evidence: Evidence) -> Iterator[Finding]:
    """Yield each directory in `app.plugins` that is not a plugin."""
    used = [os.path.realpath(plugin.origin) for plugin in evidence.plugins if plugin.origin]
    for portion in evidence.discovery.portions:
        for name in evidence.files.names(portion):
            path = f"{portion}/{name}"
            if name == "__pycache__" or name.startswith(".") or not os.path.isdir(path):
                continue
            if finders.init_file(path, evidence.files) or evidence.owners.below(path):
                continue
            if any(origin == os.path.realpath(path) or origin.startswith(f"{path}{os.sep}") for origin in used):
                continue
            content = ", ".join(evidence.files.names(path)[:_SHOWN]) or "nothing"
            yield finding(
                "leftover-directory",
                f"the directory {name!r} among the plugins is not a plugin",
                cause=f"it has no __init__.py, and no distribution owns it; it contains: {content}",
                where=path,
                remedy="remove it, unless you need its content",
            )
