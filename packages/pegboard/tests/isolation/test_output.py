"""What the process of a plugin writes becomes lines with the plugin's name, and the last of them are kept."""

import pytest

from pegboard.isolation.ending import describe_end, out_of_memory_kills
from pegboard.isolation.output import Output

WHO = "app: plugin 'csv' prints: "


@pytest.fixture
def output():
    return Output("app: plugin 'csv'")


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([b"one\ntwo\n"], ["one", "two"]),
        ([b"o", b"ne", b"\n"], ["one"]),
        ([b"begun"], []),
        ([b"\n"], [""]),
        ([b"caf\xc3", b"\xa9\r\n"], ["café"]),
        ([b"\xff\x00\x1b[31m\n"], ["�\\x00\\x1b[31m"]),
        ([b"a\tb\n"], ["a\tb"]),
    ],
)
def test_lines_are_shown_when_they_end(output, capsys, pieces, lines):
    for piece in pieces:
        output.write(piece)
    assert capsys.readouterr().err.splitlines() == [WHO + line for line in lines]


def test_the_last_line_is_shown_at_the_end(output, capsys):
    output.write(b"begun")
    output.end()
    output.end()
    assert capsys.readouterr().err == f"{WHO}begun\n"


def test_a_line_without_end_is_broken_and_memory_is_bounded(output, capsys):
    for _ in range(40):
        output.write(b"x" * 10_000)
    assert len(output._rest) <= 65536
    assert capsys.readouterr().err.count("x") >= 400_000 - 65536
    for number in range(1000):
        output.write(b"%d\n" % number)
    assert len(output._lines) <= 40
    assert output.last_words == "997 | 998 | 999"


def test_of_a_crash_of_the_interpreter_the_innermost_frames_are_kept(output):
    output.write(b"before\nFatal Python error: Segmentation fault\n\nCurrent thread 0x7 (most recent call first):\n")
    output.write(b"".join(b'  File "%d.py", line 1 in f\n' % number for number in range(9)))
    output.write(b"Extension modules: x\n")
    assert output.last_words == (
        'Fatal Python error: Segmentation fault | File "0.py", line 1 in f | File "1.py", line 1 in f'
    )


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (0, "it ended with exit status 0"),
        (3, "it ended with exit status 3"),
        (-11, "it was killed by SIGSEGV"),
        (-9, "it was killed by SIGKILL"),
        (-63, "it was killed by signal 63"),
    ],
)
def test_an_end_is_described(status, text):
    assert describe_end(status, out_of_memory_kills()) == text


def test_a_lack_of_memory_is_named_where_the_system_counts_it(monkeypatch):
    monkeypatch.setattr("pegboard.isolation.ending.out_of_memory_kills", lambda: 5)
    assert "memory had run out" in describe_end(-9, 4)
    assert "memory" not in describe_end(-9, 5)
    assert "memory" not in describe_end(-9, None)
    assert "memory" not in describe_end(-15, 4)
