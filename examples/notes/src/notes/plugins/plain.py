"""Exports a note as it was written."""

from __future__ import annotations

from notes.api import v1


@v1.register_exporter("plain", summary="As it was written")
def export(note: v1.Note) -> str:
    """Return title and text."""
    return f"{note.title}\n\n{note.text}\n"
