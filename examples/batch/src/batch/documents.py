"""The notes to export: shopping lists, of which one in a hundred has a line without a price."""

from __future__ import annotations

from notes.app import Note


def shopping_lists(count: int) -> list[Note]:
    """Return *count* notes, the same ones each time."""
    return [Note(f"Shopping {number}", _text(number)) for number in range(1, count + 1)]


def _text(number: int) -> str:
    bread = "Bread" if number % 100 == 0 else f"Bread {number % 7 + 1}.20"
    return f"Milk {number % 3 + 1}.50\n{bread}\nA small cake {number % 11}.00"
