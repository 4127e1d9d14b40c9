"""Directories that an uninstalled plugin has left behind: Python would still import them, as empty packages.

Source: PEP 420, a directory without `__init__` is a package; measured, uninstallers keep files that they did not bring.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pegboard.startup.discovery import finders
from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Examination

_SHOWN = 3


def leftovers(examination: Examination) -> Iterator[Finding]:
    """Yield each directory in `app.plugins` that is no plugin."""
    used = [os.path.realpath(plugin.origin) for plugin in examination.plugins if plugin.origin]
    for portion in examination.found.portions:
        for name in examination.files.names(portion):
            place = f"{portion}/{name}"
            if name == "__pycache__" or name.startswith(".") or not os.path.isdir(place):
                continue
            if finders.init_file(place, examination.files) or examination.owners.below(place):
                continue
            if any(origin == os.path.realpath(place) or origin.startswith(f"{place}{os.sep}") for origin in used):
                continue
            content = ", ".join(examination.files.names(place)[:_SHOWN]) or "nothing"
            yield finding(
                "leftover-directory",
                f"the directory {name!r} among the plugins is no plugin",
                cause=f"it has no __init__.py, and no distribution owns it; in it: {content}",
                where=place,
                remedy="remove it, if nothing in it is of use",
            )
