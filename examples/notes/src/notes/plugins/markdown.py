"""Exports a note as Markdown, dated."""

from __future__ import annotations

from notes.api import v1


@v1.register_exporter("markdown", summary="Markdown, with the date")
def export(note: v1.Note) -> str:
    """Return the note with its title as a heading."""
    today = v1.get_component(v1.Clock).today()
    return f"# {note.title}\n\n{note.text}\n\n*{today}*\n"
