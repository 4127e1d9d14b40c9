"""Prints what a `plugins` command answers.

In: text, tables and plain data. Out: text that fits the terminal for a person, plain columns for a pipe, JSON for a
program.
"""

from __future__ import annotations

import json
import os
import sys
import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING

from pegboard.terminal import shortened, visible, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, TextIO

_GAP = "  "
_INDENT = "  "


class Output:
    """Standard output and standard error of one command.

    Characters that the terminal's encoding lacks are written as escapes, so that the odd name of a plugin does not end
    a command; so are characters that move the cursor or change colours.
    """

    def __init__(self, *, is_json: bool = False, stream: TextIO | None = None, errors: TextIO | None = None) -> None:
        """Make one.

        Args:
            is_json: Whether the answer is to be JSON; then `say`, `tell` and `table` are silent.
            stream: Where answers go; standard output if None.
            errors: Where complaints go; standard error if None.
        """
        self.is_json: bool = is_json
        self._stream: TextIO | None = _usable(getattr(sys, "stdout", None) if stream is None else stream)
        self._errors: TextIO | None = _usable(getattr(sys, "stderr", None) if errors is None else errors)
        self.is_terminal: bool = self._stream is not None and self._stream.isatty()
        self.has_answered: bool = False
        """Whether JSON was printed."""
        self.complaints: list[str] = []
        self._is_in_progress = False

    @property
    def width(self) -> int:
        """The columns of the terminal, at least 20; of a pipe, as many as wanted."""
        if not self.is_terminal:
            return sys.maxsize
        from shutil import get_terminal_size

        return max(20, get_terminal_size().columns)

    def say(self, *lines: str) -> None:
        """Print *lines*, or an empty line if there are none, unless the answer is JSON."""
        if not self.is_json:
            self._write("".join(f"{_shown(line, keeping=_LINES)}\n" for line in lines or ("",)))

    def tell(self, *lines: str) -> None:
        """Print *lines* of prose, unless the answer is JSON; on a terminal they are wrapped.

        A continuation is indented by two more columns. Paths and other long words are not broken.
        """
        for line in lines:
            text = _shown(line)
            body = text.lstrip(" ")
            indent = text[: len(text) - len(body)]
            if not self.is_terminal or _width(text) <= self.width:
                self.say(text)
                continue
            self.say(
                *textwrap.wrap(
                    body,
                    self.width,
                    initial_indent=indent,
                    subsequent_indent=indent + _INDENT,
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            )

    def progress(self, text: str) -> None:
        """Show on a terminal, in a line that the next output replaces, what takes a while."""
        if self._errors is None or not self._errors.isatty() or os.environ.get("TERM", "dumb") == "dumb":
            return
        self._end_progress()
        from shutil import get_terminal_size

        columns = max(20, get_terminal_size().columns) - 1
        shown = _shown(text)
        self.flush()
        self._is_in_progress = True
        write(self._errors, shown if _width(shown) <= columns else f"{shown[: columns - 4]} ...")

    def _end_progress(self) -> None:
        if self._is_in_progress:
            self._is_in_progress = False
            write(self._errors, "\r\x1b[K")

    @property
    def can_ask(self) -> bool:
        """Whether a person sees questions and can answer them."""
        return not self.is_json and self.is_terminal and sys.stdin is not None and sys.stdin.isatty()

    def ask(self, question: str) -> str | None:
        """Print *question*, and return the line that the user types; None at the end of the input."""
        self._write(question)
        self.flush()
        line = sys.stdin.readline() if sys.stdin is not None else ""
        if not line:
            self.say()
            return None
        return line.strip()

    def answer(self, data: Any) -> None:
        """Print *data* as JSON, if the user has asked for JSON; once for each command."""
        if self.is_json:
            self.has_answered = True
            text = _escaped(json.dumps(data, indent=2, ensure_ascii=False, sort_keys=False))
            try:
                text.encode(getattr(self._stream, "encoding", None) or "utf-8")
            except UnicodeEncodeError:  # our escapes for terminals are not JSON's
                text = json.dumps(data, indent=2, sort_keys=False)
            self._write(text + "\n")

    def hand_over(self, data: bytes) -> None:
        """Write *data* unchanged: it is a document for a file or a program."""
        self.flush()
        if self._stream is not None:
            binary = getattr(self._stream, "buffer", None)
            if binary is not None:
                binary.write(data)
            else:
                self._stream.write(data.decode())

    def complain(self, text: str) -> None:
        """Print *text* to standard error."""
        self.flush()
        self._end_progress()
        self.complaints.append(text)
        write(self._errors, _shown(text, keeping=_LINES) + "\n")

    # -- tables -------------------------------------------------------------------------------------------------------

    def lines(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table with one line for each row, unless the answer is JSON.

        On a terminal the last column is cut to what there is room for; if that is too little, `table` prints it. In a
        pipe nothing is cut, and nothing follows the last column.
        """
        if self.is_json:
            return
        rows = [[_shown(cell) for cell in row] for row in (headings, *rows)]
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        room = self.width - sum(widths[:-1]) - len(_GAP) * (len(widths) - 1)
        if room < min(widths[-1], _LEAST_ROOM):
            self.table(headings, rows[1:])
            return
        for row in rows:
            *cells, last = row
            padded = [cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=False)]
            self._write(_GAP.join([*padded, _cut(last, room)]).rstrip() + "\n")

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table, unless the answer is JSON: drawn by Rich on a terminal, in plain columns elsewhere.

        On a terminal that is too narrow for it each row becomes a paragraph: its first cell, and below it the others,
        each after its heading.
        """
        if self.is_json:
            return
        rows = [[_shown(cell) for cell in row] for row in rows]
        columns = list(zip(headings, *rows, strict=True))
        if sum(map(_longest_word, columns)) + len(_GAP) * (len(columns) - 1) > self.width:
            for first, *others in rows:
                self.tell(first or "-")
                named = zip(headings[1:], others, strict=True)
                self.tell(*(f"{_INDENT}{heading}: {cell}" for heading, cell in named if cell))
        elif not self.is_terminal or not self._draw(headings, rows):
            widths = [max(map(_width, column)) for column in columns]
            for row in (headings, *rows):
                cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
                self._write(_GAP.join(cells).rstrip() + "\n")

    def _draw(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
        """Draw a table; return False without the extra `cli`: in an emergency `list` must work all the same."""
        try:
            from rich.box import SIMPLE_HEAD
            from rich.console import Console
            from rich.table import Table
            from rich.text import Text
        except ImportError:
            return False
        table = Table(*headings, box=None if os.environ.get("TERM") == "dumb" else SIMPLE_HEAD, pad_edge=False)
        for row in rows:
            table.add_row(*map(Text, row))  # as text: names may hold what Rich takes for markup
        Console(file=self._stream, width=self.width, highlight=False).print(table)
        return True

    def flush(self) -> None:
        """Write out what is buffered, and end what shows progress."""
        self._end_progress()
        if self._stream is not None:
            self._stream.flush()

    def _write(self, text: str) -> None:
        self._end_progress()
        if self._stream is not None:
            self._stream.write(text)


_LINES = "\n\t"
_GOES_ON = "..."
_LEAST_ROOM = 12
"""The least columns that the last cell of a line needs, to be of use."""
_MOST_CHARACTERS = 100_000
"""How long a line or the cell of a table may be; what plugins depend on may be long, but nobody reads more."""


def _usable(stream: TextIO | None) -> TextIO | None:
    """Return *stream*, which writes escapes for what its encoding lacks; None if it is closed, or no stream at all."""
    try:
        if stream is None or stream.closed:
            return None
        stream.isatty()
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    except Exception:  # a plugin has replaced it
        return None
    return stream


def _escaped(text: str) -> str:
    """Return *text*, which is JSON, with control characters escaped that JSON allows in strings; it means the same."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        character if visible(character, keeping="\n") == character else json.dumps(character)[1:-1]
        for character in text
    )


def _shown(text: str, keeping: str = "") -> str:
    """Return *text* as a terminal may have it, of bounded length: metadata of a plugin must not control it."""
    return visible(shortened(text, _MOST_CHARACTERS), keeping)


def count(number: int, noun: str) -> str:
    """Return *number* with *noun*, in the plural if there are more than one or none."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _width(text: str) -> int:
    """Return how many columns of a terminal *text* takes."""
    if not text.isascii():
        with suppress(ImportError):
            from rich.cells import cell_len

            return cell_len(text)
    return len(text)


def _cut(text: str, columns: int) -> str:
    """Return *text*, or as much of it as *columns* have room for, with a sign that it goes on."""
    if _width(text) <= columns:
        return text
    kept = text[: max(0, columns - len(_GOES_ON))]
    while _width(kept) > columns - len(_GOES_ON):
        kept = kept[:-1]
    return kept.rstrip() + _GOES_ON


def _longest_word(cells: Iterable[str]) -> int:
    return max((_width(word) for cell in cells for word in cell.split()), default=0)
