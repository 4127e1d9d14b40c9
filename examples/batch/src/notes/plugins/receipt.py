"""Exports a shopping list as a receipt; it breaks on a list in which a line has no price."""

from __future__ import annotations

from notes.api import v1


@v1.register_exporter("receipt", summary="A shopping list with its sum")
def export(note: v1.Note) -> str:
    """Return the lines, and the sum of the prices at their ends."""
    lines = note.text.splitlines()
    total = sum(float(line.split()[-1]) for line in lines)
    return "\n".join([*lines, f"Total {total:.2f}\n"])
