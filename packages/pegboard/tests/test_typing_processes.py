"""What type checkers say to who writes an application or a plugin: `typing/` has the programs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.type_checkers import CHECKERS, Message, compare, disagreements

PROGRAMS = Path(__file__).with_name("typing")


@pytest.mark.parametrize("checker", CHECKERS)
def test_type_checkers_flag_what_is_wrong_in_programs_and_nothing_else(tmp_path, checker):
    folder = Path(shutil.copytree(PROGRAMS, tmp_path / "programs", ignore=shutil.ignore_patterns("__pycache__")))
    if found := disagreements(folder, checker):
        pytest.fail("\n".join(found), pytrace=False)


PROGRAM = """
x: int = 1
# error: "int"
# error in pyright: too
y: int = (
    "1"
)
# error in mypy: no result
@register
def f(
    x: int,
) -> int:
    x.z
"""


def said(*lines_and_texts):
    return [Message("p.py", line, text) for line, text in lines_and_texts]


def test_messages_that_are_as_marked_are_no_disagreement():
    assert compare(PROGRAM, "mypy", said((6, 'not "int"'), (10, "no result"))) == []
    assert compare(PROGRAM, "pyright", said((5, '"int"'), (6, "and that, too"))) == []


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (said((10, "no result")), "line 5: mypy says nothing with '\"int\"'"),
        (said((5, '"str"'), (10, "no result")), 'not marked: line 5: "str"'),
        (said((6, '"int"'), (6, '"int"'), (10, "no result")), 'not marked: line 6: "int"'),
        (said((2, '"int"'), (10, "no result")), 'not marked: line 2: "int"'),
        (said((6, '"int"'), (13, "no result")), "not marked: line 13: no result"),
    ],
    ids=["missing", "another text", "twice", "another line", "in a body"],
)
def test_messages_that_are_not_as_marked_are_told(messages, expected):
    assert expected in compare(PROGRAM, "mypy", messages)


@pytest.mark.parametrize(
    "line", ["x = 1  # type: ignore", "x = 1  # error: too late", "# pyright: basic", "# error in mipy: x\nx = 1"]
)
def test_a_comment_that_would_change_what_is_said_is_refused(line):
    with pytest.raises(AssertionError, match=r"line 1: "):
        compare(line, "mypy", [])
