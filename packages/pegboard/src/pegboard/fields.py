"""How is a text with odd characters in it written to the index? Hardly any text has them.

A text becomes a field as it is, unless it holds a character that ends a line or a field, or half a surrogate pair,
which cannot be encoded. An escape begins with a character that no name or path has in practice, least of all a path on
Windows. The folder into which a frozen application is unpacked at each start is written as an escape, too.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.frozen import UNPACKED

if TYPE_CHECKING:
    from typing import Final

_ESCAPES: Final = {"\x1b": "\x1b\x1b", "\n": "\x1bn", "\x1f": "\x1bu"}
_UNPACKED: Final = "\x1bm"
_UNESCAPED: Final = {escape[1]: character for character, escape in _ESCAPES.items()} | {"m": UNPACKED}
_TABLE: Final = str.maketrans(_ESCAPES)
_DIGITS: Final = 4  # of a surrogate, in hexadecimal


def escape(text: str) -> str:
    """Return *text* without line breaks, separators and surrogates, so that it can be a field."""
    if UNPACKED and UNPACKED in text:
        return _UNPACKED.join(map(escape, text.split(UNPACKED)))
    if text.isprintable():
        return text
    escaped = text.translate(_TABLE)
    return escaped if escaped.isascii() else "".join([_whole(each) for each in escaped])


def _whole(character: str) -> str:
    return f"\x1bx{ord(character):x}" if "\ud800" <= character <= "\udfff" else character


def unescape(text: str) -> str:
    """Return what `escape` was given.

    Raises:
        ValueError: If `escape` does not write such a text.
    """
    first, *parts = text.split("\x1b")
    unescaped, is_literal = [first], False  # whether the part before this one was empty: an escape character itself
    for part in parts:
        if is_literal:
            unescaped.append(part)
            is_literal = False
        elif not part:
            unescaped.append("\x1b")
            is_literal = True
        elif part[0] == "x":
            unescaped += (chr(int(part[1 : 1 + _DIGITS], 16)), part[1 + _DIGITS :])
        else:
            if part[0] not in _UNESCAPED:
                raise ValueError(part)
            unescaped += (_UNESCAPED[part[0]], part[1:])
    return "".join(unescaped)
