"""What a `plugins` command says: tables for a person at a terminal, plain text for a pipe, JSON for a program."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TextIO

_GAP = "  "
_READABLE = 11  # characters: the longest heading that a table here has, `distribution`, nearly


class Output:
    """Standard output and standard error as one command uses them.

    What the terminal's encoding cannot show is written as an escape: a plugin's odd name must not end a command.
    """

    def __init__(self, *, is_json: bool = False, stream: TextIO | None = None, errors: TextIO | None = None) -> None:
        """Make one.

        Args:
            is_json: Whether the answer is to be JSON; then `say` and `table` are silent.
            stream: Where answers go; standard output if None.
            errors: Where complaints go; standard error if None.
        """
        self.is_json: bool = is_json
        self._stream: TextIO | None = sys.stdout if stream is None else stream
        self._errors: TextIO | None = sys.stderr if errors is None else errors
        for each in (self._stream, self._errors):
            reconfigure = getattr(each, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(errors="backslashreplace")
        self.is_terminal: bool = self._stream is not None and self._stream.isatty()

    @property
    def width(self) -> int:
        """The columns of the terminal, at least 20; of a pipe, as many as wanted."""
        if not self.is_terminal:
            return sys.maxsize
        from shutil import get_terminal_size

        return max(20, get_terminal_size().columns)

    def say(self, *lines: str) -> None:
        """Print *lines*, or an empty one when there are none, unless the answer is JSON."""
        if not self.is_json:
            self._write("".join(f"{line}\n" for line in lines or ("",)))

    def ask(self, question: str) -> None:
        """Print *question*, and leave the line open for what the user types."""
        self._write(question)
        self.flush()

    def answer(self, data: Any) -> None:
        """Print *data* as JSON, if that is what was asked for; once a command."""
        if self.is_json:
            self._write(json.dumps(data, indent=2, ensure_ascii=False, sort_keys=False) + "\n")

    def complain(self, text: str) -> None:
        """Print *text* to standard error."""
        self.flush()
        if self._errors is not None:
            self._errors.write(text + "\n")
            self._errors.flush()

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table, unless the answer is JSON: in lines and colours on a terminal, in plain columns elsewhere."""
        if self.is_json:
            return
        is_narrow = self.is_terminal and self._is_narrow_for(headings)
        if self.is_terminal and not is_narrow and os.environ.get("TERM") != "dumb" and self._draw(headings, rows):
            return
        if is_narrow:
            self._stack(headings, rows)
            return
        widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
        for row in (headings, *rows):
            self._write(_GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")

    def _is_narrow_for(self, headings: Sequence[str]) -> bool:
        """Return whether columns would be too narrow to read, at about this many characters each."""
        return self.width < _READABLE * len(headings)

    def _stack(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write each row as lines of their own: the first cell, and below it the others with their headings."""
        from textwrap import fill

        for first, *others in rows:
            self._write(first + "\n")
            for heading, cell in zip(headings[1:], others, strict=True):
                if cell:
                    indented = {"initial_indent": "  ", "subsequent_indent": "    "}
                    self._write(fill(f"{heading}: {cell}", max(self.width, 20), **indented) + "\n")  # type: ignore[arg-type]

    def _draw(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
        """Draw a table with Rich; return False when that is not installed."""
        try:
            from rich.box import SIMPLE_HEAD
            from rich.console import Console
            from rich.table import Table
            from rich.text import Text
        except ImportError:
            return False
        table = Table(*headings, box=SIMPLE_HEAD, pad_edge=False)
        for row in rows:
            table.add_row(*map(Text, row))  # as text: names may hold what Rich takes for markup
        Console(file=self._stream, width=self.width, highlight=False).print(table)
        return True

    def flush(self) -> None:
        """Write out what is buffered."""
        if self._stream is not None:
            self._stream.flush()

    def _write(self, text: str) -> None:
        if self._stream is not None:
            self._stream.write(text)
