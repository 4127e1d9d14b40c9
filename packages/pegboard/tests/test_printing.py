"""What a plugin prints while it is imported goes to standard error, after its name; nothing else does."""

# ruff: noqa: T201 -- what is printed is the subject
from __future__ import annotations

import io
import logging
import sys
import threading

import pytest

from pegboard.importer import IMPORTING, divert, end_diversion
from pegboard.ledger import Distribution, Plugin
from pegboard.printing import PRINTED


@pytest.fixture
def loud():
    made = Plugin("loud", "app.plugins.loud", distribution=Distribution("acme-loud", "1.0"))
    yield made
    PRINTED.pop(made, None)


def run_diverted(plugin, application, code):
    """Run *code* as the importer runs the code of a plugin's module."""
    ended = divert(application, plugin)
    try:
        code()
    finally:
        end_diversion(ended)
        assert len(IMPORTING) < 2


WHO = "app: plugin 'loud' of acme-loud 1.0 prints: "


class Streams:
    """Standard output and standard error, in a `with` block: pytest puts its own in place after the fixtures."""

    def __init__(self, out, err, first=None):
        self.out, self.err, self.first = out, err, first

    def __enter__(self):
        self.before = sys.stdout, sys.stderr, sys.__stdout__
        sys.stdout, sys.stderr, sys.__stdout__ = self.out, self.err, self.first

    def __exit__(self, *_):
        sys.stdout, sys.stderr, sys.__stdout__ = self.before

    @property
    def texts(self):
        return text_of(self.out), text_of(self.err)


def file(encoding="utf-8"):
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=False)


@pytest.fixture(params=[file, io.StringIO], ids=["file", "buffer"])
def streams(request):
    """Return standard output, as an interpreter has it or as somebody has redirected it, and standard error."""
    return Streams(request.param(), io.StringIO())


def text_of(stream):
    stream.flush()
    return stream.buffer.getvalue().decode() if hasattr(stream, "buffer") else stream.getvalue()


WAYS = {
    "print": lambda: print("a"),
    "write": lambda: sys.stdout.write("a\n"),
    "lines": lambda: sys.stdout.writelines(["a", "\n"]),
    "pieces": lambda: (print("a", end=""), print()),
    "flushed": lambda: (print("a", end="", flush=True), print(flush=True)),
    "end of the import": lambda: print("a", end=""),
    "handler": lambda: logging.StreamHandler(sys.stdout).emit(logging.makeLogRecord({"msg": "a"})),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_printed_is_told_with_the_plugins_name(loud, streams, way):
    with streams:
        run_diverted(loud, "app", WAYS[way])
    assert streams.texts == ("", f"{WHO}a\n")
    assert PRINTED[loud].strip() == "a"


def test_bytes_and_what_the_interpreter_began_with_are_diverted(loud):
    streams = Streams(io.StringIO(), io.StringIO(), first=file("ascii"))

    def code():
        assert sys.__stdout__.write("é\n") == 2
        assert sys.__stdout__.buffer.write(b"a\n") == 2

    with streams:
        run_diverted(loud, "app", code)
    assert text_of(streams.first) == ""
    assert streams.texts == ("", f"{WHO}é\n{WHO}a\n")


def test_each_line_has_the_name_and_cannot_control_the_terminal(loud, streams):
    with streams:
        run_diverted(loud, "app", lambda: print("one\n\ntwo\x1b[2K\rthree"))
    assert streams.texts[1] == f"{WHO}one\n{WHO}\n{WHO}two\\x1b[2K\\rthree\n"


def test_a_plugin_that_another_one_imports_is_named_for_its_own_lines(loud, streams):
    other = Plugin("other", "app.plugins.other")

    def code():
        print("before", end="")
        run_diverted(other, "app", lambda: print("inside"))
        print("after")

    with streams:
        run_diverted(loud, "app", code)
    PRINTED.pop(other)
    assert streams.texts[1] == f"{WHO}before\napp: plugin 'other' prints: inside\n{WHO}after\n"


def test_other_threads_write_to_the_real_stream_meanwhile(loud, streams):
    def code():
        thread = threading.Thread(target=lambda: print("from a thread", flush=True))
        thread.start()
        thread.join()

    with streams:
        run_diverted(loud, "app", code)
    assert streams.texts == ("from a thread\n", "")
    assert loud not in PRINTED


def test_what_the_application_had_not_flushed_stays_on_standard_output(loud, streams):
    with streams:
        print("application", end="")
        run_diverted(loud, "app", lambda: print("plugin", flush=True))
        print(" goes on")
    assert streams.texts == ("application goes on\n", f"{WHO}plugin\n")


def test_what_a_plugin_keeps_writes_to_the_real_stream_afterwards(loud, streams):
    kept = {}

    def code():
        kept.update(stream=sys.stdout, write=sys.stdout.write, handler=logging.StreamHandler(sys.stdout))

    with streams:
        run_diverted(loud, "app", code)
    kept["stream"].write("stream\n")
    kept["write"]("write\n")
    kept["handler"].emit(logging.makeLogRecord({"msg": "handler"}))
    assert kept["stream"] is streams.out
    assert streams.texts == ("stream\nwrite\nhandler\n", "")


@pytest.mark.parametrize("raised", [ValueError, SystemExit, KeyboardInterrupt])
def test_the_stream_is_as_it_was_afterwards_also_after_a_failure(loud, streams, raised):
    before = dict(vars(streams.out))

    def code():
        print("a")
        raise raised

    with streams, pytest.raises(raised):
        run_diverted(loud, "app", code)
    assert vars(streams.out) == before
    assert streams.texts[1] == f"{WHO}a\n"


def test_a_stream_that_a_plugin_puts_in_place_stays_and_reaches_the_real_one(loud, streams):
    class Shouting:
        def __init__(self, stream):
            self.stream = stream

        def write(self, text):
            return self.stream.write(text.upper())

    def code():
        sys.stdout = Shouting(sys.stdout)
        print("a")

    with streams:
        run_diverted(loud, "app", code)
        sys.stdout.write("b\n")
    assert streams.texts == ("B\n", f"{WHO}A\n")


def test_a_write_method_that_a_plugin_puts_in_place_stays(loud, streams):
    def code():
        write = sys.stdout.write
        sys.stdout.write = lambda text: write(text.upper())

    with streams:
        run_diverted(loud, "app", code)
        print("a")
    assert streams.texts[0] == "A\n"


def test_standard_error_may_be_standard_output(loud, streams):
    streams.err = streams.out
    with streams:
        run_diverted(loud, "app", lambda: print("a"))
    assert text_of(streams.out) == "a\n"  # it goes there anyway


class Rigid:
    """A stream that takes no attributes."""

    __slots__ = ("texts",)

    def __init__(self):
        self.texts = []

    def write(self, text):
        self.texts.append(text)


@pytest.mark.parametrize("odd", [None, Rigid(), 3])
def test_an_odd_standard_output_keeps_no_plugin_from_being_imported(loud, odd):
    ran = []
    with Streams(odd, io.StringIO()):
        run_diverted(loud, "app", lambda: ran.append(1))
    assert ran == [1]


def test_a_closed_standard_output_keeps_no_plugin_from_printing(loud):
    streams = Streams(io.StringIO(), io.StringIO())
    streams.out.close()
    with streams:
        run_diverted(loud, "app", lambda: print("a"))
    assert text_of(streams.err) == f"{WHO}a\n"


def test_what_does_not_fit_a_stream_raises_as_ever(loud, streams):
    with streams, pytest.raises(TypeError):
        run_diverted(loud, "app", lambda: sys.stdout.write(3))
