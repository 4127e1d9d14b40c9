"""How does text get to a terminal?

In: text with anything in it, such as a plugin's name or an error's message. Out: the same with control characters
shown as escapes, of bounded length; written to a stream that may be closed, broken, or somebody's object.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, Final

_UNSEEN: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control, format (such as bidi overrides), surrogates, separators


def visible(text: str, keeping: str = "") -> str:
    """Return *text* with escapes for control characters: what a plugin says must not control the terminal.

    Text that has been through here comes back as it is.

    Args:
        text: Any text; half a surrogate pair is escaped, too.
        keeping: Control characters that stay, e.g. a line break.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character in keeping or not _is_unseen(character) else character.encode("unicode_escape").decode()
        for character in text
    )


def _is_unseen(character: str) -> bool:
    if character.isprintable():
        return False
    from unicodedata import category  # an extension module, which plain text is spared

    return category(character) in _UNSEEN


def shortened(text: str, most: int) -> str:
    """Return *text*; of more than *most* characters the first ones, and how many are left out."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text) - most:,} more characters)"


def columns(stream: Any) -> int | None:
    """Return the width of the terminal that *stream* writes to, by COLUMNS or by the terminal; None if it is none."""
    try:
        if not stream.isatty():
            return None
        import os

        said = os.environ.get("COLUMNS", "")
        width = int(said) if said.isdecimal() else 0
        return max(20, width or os.get_terminal_size(stream.fileno()).columns or _USUAL_COLUMNS)
    except KeyboardInterrupt:
        raise
    except BaseException:  # somebody's object
        return None


_USUAL_COLUMNS: Final = 80


def cells(text: str) -> int:
    """Return how many columns *text* takes."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(0 if category(each) in ("Mn", "Me") else 1 + (east_asian_width(each) in ("W", "F")) for each in text)


def in_two_lines(text: str, width: int) -> str | None:
    """Return *text* in at most two lines of *width* columns, broken between words; None if it does not fit."""
    if cells(text) <= width:
        return text
    end = next(
        (at for at in range(min(len(text), width) - 1, 0, -1) if text[at] == " " and cells(text[:at]) <= width), 0
    )
    rest = f"  {text[end + 1 :]}"
    return f"{text[:end]}\n{rest}" if end and cells(rest) <= width else None


def tell(text: str) -> None:
    """Write *text*, whole lines, to standard error; it is lost where no stream takes it.

    A plugin may have replaced or removed the stream; then the one that the interpreter began with is tried, too.
    """
    streams = [getattr(sys, name, None) for name in ("stderr", "__stderr__")]
    if not write(streams[0], text) and streams[1] is not streams[0]:
        write(streams[1], text)


def write(stream: Any, text: str) -> bool:
    """Write *text* to *stream*, and return whether it took it; whatever it raises is contained, but for Ctrl-C."""
    if stream is None:
        return False
    try:
        _write(stream, text)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return False
    return True


def _write(stream: Any, text: str) -> None:
    from io import FileIO, TextIOWrapper  # loaded in every process

    raw = getattr(stream.buffer, "raw", None) if type(stream) is TextIOWrapper else None
    if type(raw) is not FileIO or sys.platform == "win32":
        try:
            stream.write(text)
        except UnicodeError:
            stream.write(text.encode("ascii", "backslashreplace").decode())
        return
    # Nothing that cannot be written stays in a buffer: Python would fail with it once more at the end, and would
    # change the exit status of the application for it.
    stream.flush()
    data = memoryview(text.encode(stream.encoding or "utf-8", "backslashreplace"))
    while data:
        written = raw.write(data)
        if not written:  # a pipe that is full, and does not block
            return
        data = data[written:]
