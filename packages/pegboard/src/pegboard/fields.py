"""How is a text with line breaks or separators in it written to the index? Hardly any text has them.

A text becomes a field as it is, unless it holds a character that ends a line or a field. An escape begins with a
character that no name or path has in practice, least of all a path on Windows.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

_ESCAPES: Final = str.maketrans({"\x1b": "\x1b\x1b", "\n": "\x1bn", "\x1f": "\x1bu"})


def escape(text: str) -> str:
    """Return *text* without line breaks and separators, so that it can be a field."""
    return text if text.isprintable() else text.translate(_ESCAPES)


def unescape(text: str) -> str:
    """Return what `escape` was given."""
    parts = text.split("\x1b\x1b")
    return "\x1b".join([part.replace("\x1bn", "\n").replace("\x1bu", "\x1f") for part in parts])
