"""The index: is it valid, and can it be written?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.index import PROVISIONAL
from pegboard.startup.journal.place import no_journal
from pegboard.startup.recording.files import why_not_writable
from pegboard.tools.doctor.finding import Finding, finding, from_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Evidence


def index_state(evidence: Evidence) -> Iterator[Finding]:
    """Yield why the index is not used, and why it cannot be written."""
    settings = evidence.settings
    if settings.keeps_journal and not settings.journal:
        yield from_error(no_journal(settings))
    path = evidence.index_path
    if path is None:
        return
    validity = evidence.content.get("validity", ())
    # A provisional index was made right after an installation: that the next start rebuilds it is not worth a note.
    if evidence.index_problem is not None and not (validity and validity[-1].startswith(PROVISIONAL)):
        yield finding(
            "index-stale",
            "the index is not used",
            cause=evidence.index_problem,
            where=path,
            remedy=f"the next start rebuilds it; '{evidence.commands} index build' rebuilds it now",
        )
    if cause := why_not_writable(path):
        yield finding(
            "index-unwritable",
            "the index cannot be written, so every start searches for all plugins and imports them",
            cause=cause,
            where=path,
            remedy=f"make it writable, or set {evidence.host.settings.prefix}_PLUGINS_CACHE to a folder that is",
        )
