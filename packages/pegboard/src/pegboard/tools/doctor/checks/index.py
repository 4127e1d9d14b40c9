"""The index: does what is recorded still hold, and can it be kept?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pegboard.index import YOUNG
from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Examination


def index(examination: Examination) -> Iterator[Finding]:
    """Yield why the index is not used, and why it cannot be written."""
    path = examination.index_path
    if path is None:
        return
    validity = examination.content.get("validity", ())
    # Young: it was made right after an installation. The next start makes it again, and nobody has to know.
    if examination.objection is not None and not (validity and validity[-1] == YOUNG):
        yield finding(
            "index-stale",
            "the index is not used",
            cause=examination.objection,
            where=path,
            remedy=f"the next start makes it anew; '{examination.commands} index build' does it now",
        )
    place = os.path.dirname(path)
    while not os.path.lexists(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    if not os.path.isdir(place) or not os.access(place, os.W_OK | os.X_OK):
        yield finding(
            "index-unwritable",
            "the index cannot be written, so that every start looks for all plugins and imports them",
            cause=f"{place} is not a folder" if not os.path.isdir(place) else f"you may not write to {place}",
            where=path,
            remedy=f"make it writable, or set {examination.host.settings.prefix}_PLUGINS_CACHE to a folder that is",
        )
