"""What commands print: tables on a terminal, in a pipe, and without Rich."""

from __future__ import annotations

import io
import json
import sys
import unicodedata

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


ODD = "\x1b[2J\x9b31m\u202e\u2066\u2028\x7f\ud800\U000e0001é日"


def test_json_has_the_true_values_and_controls_no_terminal():
    stream = Terminal()
    Output(is_json=True, stream=stream).answer({ODD: [ODD]})
    assert json.loads(stream.getvalue()) == {ODD: [ODD]}
    assert "é日" in stream.getvalue()
    assert {each for each in stream.getvalue() if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl")} == {"\n"}


@pytest.mark.parametrize("make", [io.StringIO, Terminal], ids=["pipe", "terminal"])
def test_no_text_controls_the_terminal_and_none_has_no_end(make):
    stream, errors = make(), make()
    output = Output(stream=stream, errors=errors)
    output.say(ODD, ODD * 100_000)
    output.tell(ODD)
    output.table(HEADINGS, [(ODD, ODD, "x" * 5_000_000)])
    output.complain(ODD)
    for text in (stream.getvalue(), errors.getvalue()):
        assert not {each for each in text if unicodedata.category(each) in ("Cf", "Cs", "Zl")}
        assert not {"\x9b", "\x7f"} & set(text)
        assert "\\x1b[2J\\x9b31m" in text
        assert len(text) < 1_500_000


class Odd:
    def __getattr__(self, name):
        raise RuntimeError(name)


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [Odd(), closed(), 5], ids=["raises", "closed", "a number"])
def test_what_is_no_stream_gets_nothing(stream, capsys):
    output = Output(stream=stream, errors=stream)
    output.say("text")
    output.tell("text")
    output.table(HEADINGS, ROWS)
    output.complain("text")
    output.hand_over(b"data")
    output.flush()
    assert capsys.readouterr() == ("", "")


def test_lines_are_cut_to_the_terminal_and_whole_in_a_pipe(terminal_of, capsys):
    rows = [("a", "primed", "commands: one, two, three"), ("long-name", "broken", "-")]
    Output(stream=sys.stdout).lines(("name", "state", "adds"), rows)
    assert capsys.readouterr().out == (
        "name       state   adds\n"
        "a          primed  commands: one, two, three\n"
        "long-name  broken  -\n"
    )  # fmt: skip
    assert terminal_of(36, rows) == [
        "name       state   adds",
        "a          primed  commands: one,...",
        "long-name  broken  -",
    ]
    assert terminal_of(26, rows)[:3] == ["a", "  state: primed", "  adds: commands: one,"]


@pytest.fixture
def terminal_of(monkeypatch):
    def printed(columns, rows):
        monkeypatch.setenv("COLUMNS", str(columns))
        stream = Terminal()
        Output(stream=stream).lines(("name", "state", "adds"), rows)
        return stream.getvalue().splitlines()

    return printed


def test_what_takes_a_while_is_shown_in_a_line_that_goes_away(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "24")
    stream = Terminal()
    output = Output(stream=stream, errors=stream)
    output.progress("looking ...")
    output.progress("getting a very long list of names")
    output.say("done")
    assert stream.getvalue() == "looking ...\r\x1b[Kgetting a very long ...\r\x1b[Kdone\n"


def test_nothing_is_shown_meanwhile_where_no_terminal_can_replace_it(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    stream, pipe = Terminal(), io.StringIO()
    Output(errors=stream).progress("looking ...")
    Output(errors=pipe).progress("looking ...")
    assert stream.getvalue() + pipe.getvalue() == ""
