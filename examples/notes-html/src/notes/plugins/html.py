"""Exports a note as a web page, dated by the application's clock."""

from __future__ import annotations

from html import escape

from notes.api import v1

_PAGE = """\
<!DOCTYPE html>
<title>{title}</title>
<h1>{title}</h1>
{paragraphs}
<footer>{today}</footer>
"""


@v1.register_exporter("html", summary="A web page")
def export(note: v1.Note) -> str:
    """Return the page, a paragraph for each part of the text between empty lines."""
    paragraphs = "\n".join(f"<p>{escape(part.strip())}</p>" for part in note.text.split("\n\n") if part.strip())
    today = v1.get_component(v1.Clock).today()
    return _PAGE.format(title=escape(note.title), paragraphs=paragraphs, today=today)
