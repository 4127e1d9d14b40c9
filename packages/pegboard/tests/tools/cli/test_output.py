"""What commands print: tables on a terminal, in a pipe, and without Rich."""

from __future__ import annotations

import io
import sys

import pytest

from pegboard.tools.cli.output import Output

HEADINGS = ("name", "version", "state")
ROWS = (("a", "1.0", "primed"), ("日本語", "2", "x [red]y[/]"))
PLAIN = "name    version  state\na       1.0      primed\n日本語  2        x [red]y[/]\n"
PARAGRAPHS = "a\n  version: 1.0\n  state: primed\n日本語\n  version: 2\n  state: x [red]y[/]\n"


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def printed(monkeypatch):
    """Return a function that prints the table to a terminal and returns what comes out."""

    def table(*, columns=80, term="xterm"):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", term)
        terminal = Terminal()
        Output(stream=terminal).table(HEADINGS, ROWS)
        return terminal.getvalue()

    return table


@pytest.fixture
def without_rich(monkeypatch):
    for name in ["rich", *(name for name in sys.modules if name.startswith("rich."))]:
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("rich.box", "rich.cells", "rich.console", "rich.table", "rich.text"):
        monkeypatch.setitem(sys.modules, name, None)


def test_a_pipe_gets_plain_columns_that_wide_characters_keep_straight():
    pipe = io.StringIO()
    Output(stream=pipe).table(HEADINGS, ROWS)
    assert pipe.getvalue() == PLAIN


def test_a_terminal_gets_a_drawn_table_and_markup_is_only_text(printed):
    text = printed()
    assert "─" in text
    assert "x [red]y[/]" in text


def test_a_dumb_terminal_gets_neither_lines_nor_colours(printed):
    text = printed(term="dumb")
    assert [line.split() for line in text.splitlines()] == [line.split() for line in PLAIN.splitlines()]


def test_a_narrow_terminal_gets_paragraphs(printed):
    assert printed(columns=20) == PARAGRAPHS


@pytest.mark.usefixtures("without_rich")
def test_without_rich_a_terminal_gets_plain_columns(printed):
    assert printed().split() == PLAIN.split()
    assert printed(columns=20) == PARAGRAPHS


def test_json_silences_all_but_the_answer():
    stream = io.StringIO()
    output = Output(is_json=True, stream=stream)
    output.table(HEADINGS, ROWS)
    output.say("a")
    output.tell("b")
    output.answer({"c": 1})
    assert stream.getvalue() == '{\n  "c": 1\n}\n'
