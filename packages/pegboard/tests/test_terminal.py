"""Text with anything in it, and streams that take none of it."""

from __future__ import annotations

import io
import os
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard.errors import NameClashError, PluginImportError
from pegboard.terminal import shortened, tell, visible, write

ODD = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202eevil\u2066\u2028\x7f\r\udc80"


def test_control_characters_are_shown_as_escapes():
    shown = visible(f"a\nb {ODD}", keeping="\n")
    assert shown.startswith("a\nb \\x1b[2J\\x1b]0;owned\\x07\\x9b31m\\u202eevil\\u2066\\u2028\\x7f\\r\\udc80")
    assert visible("Grüße, 東京 👍\u00a0!") == "Grüße, 東京 👍\u00a0!"


@given(st.text(st.characters(), max_size=60))
def test_what_is_shown_has_no_control_character_and_is_not_escaped_again(text):
    """Whatever the text, it moves no cursor, changes no colour and no direction of writing."""
    shown = visible(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert visible(shown) == shown


def test_a_long_text_says_how_much_of_it_is_left_out():
    assert shortened("x" * 10, 10) == "x" * 10
    assert shortened("x" * 2010, 10) == "x" * 10 + "... (2,000 more characters)"


def test_messages_of_errors_can_be_shown_and_are_bounded():
    error = PluginImportError("odd" + ODD, "ac\x1b[31mme 1\x1b[2J", f"ValueError: {ODD}" + "x" * 100_000, "file\n.py")
    for text in (error.summary(), error.one_line(), str(error).replace("\n", ""), error.render().replace("\n", "")):
        assert visible(text) == text
        assert len(text) < 9_000
    clash = NameClashError("a", "", "things", "na\x1bme", "plugin 'b'")
    assert "na\\x1bme" in clash.one_line()
    assert clash.name == "na\x1bme"  # the field has the true value


class Broken:
    def __init__(self, error):
        self.error = error

    def write(self, text):
        raise self.error(text)


@pytest.mark.parametrize("error", [RuntimeError, OSError, BrokenPipeError, ValueError, SystemExit, GeneratorExit])
def test_a_stream_that_takes_nothing_ends_nothing(monkeypatch, capfd, error):
    monkeypatch.setattr(sys, "stderr", Broken(error))
    tell("a warning\n")
    assert capfd.readouterr().err == "a warning\n"  # the interpreter's own stream takes it
    monkeypatch.setattr(sys, "__stderr__", None)
    tell("lost\n")


def test_ctrl_c_while_writing_passes():
    stream = Broken(lambda _: KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        write(stream, "text")


@pytest.mark.parametrize("stream", [None, object(), 5])
def test_what_is_no_stream_takes_nothing(stream):
    assert write(stream, "text") is False


def test_a_closed_stream_takes_nothing(tmp_path):
    stream = (tmp_path / "file").open("w")
    stream.close()
    assert write(stream, "text") is False
    stream = (tmp_path / "file").open("w")
    os.close(stream.fileno())
    assert write(stream, "text") is False
    with pytest.raises(OSError, match="Bad file descriptor"):
        stream.close()


def test_a_narrow_encoding_gets_escapes(tmp_path):
    class Narrow(io.StringIO):
        def write(self, text):
            return super().write(text.encode("ascii").decode())

    narrow = Narrow()
    assert write(narrow, "Grüße 👍\n")
    assert narrow.getvalue() == "Gr\\xfc\\xdfe \\U0001f44d\n"
    with (tmp_path / "file").open("w", encoding="ascii") as stream:
        assert write(stream, "Grüße\n")
    assert (tmp_path / "file").read_text() == "Gr\\xfc\\xdfe\n"


def test_nothing_that_could_not_be_written_stays_in_a_buffer():
    """Python would fail with it at the end, and change the exit status of the application."""
    reader, writer = os.pipe()
    os.close(reader)
    stream = open(writer, "w", encoding="utf-8")  # noqa: SIM115 -- it is closed by hand, and that is the point
    assert write(stream, "text\n") is False
    stream.close()
