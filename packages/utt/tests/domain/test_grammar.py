# The log is in naive local time, and digits are of any script.
# ruff: noqa: DTZ001, RUF001
from __future__ import annotations

from datetime import datetime

import pytest

from utt.domain.entry import Entry
from utt.domain.grammar import parse_entry, parse_lines, parse_log
from utt.exceptions import LogError

AT = datetime(2021, 3, 3, 10, 0)


@pytest.mark.parametrize(
    ("line", "name", "comment"),
    [
        ("2021-03-03 10:00 b", "b", None),
        ("2021-3-3\t 10:0\u00a0 b", "b", None),
        ("  2021-03-03 10:00 b \u3000", "b", None),
        ("2021-03-03 10:00 b  # c", "b", "c"),
        ("2021-03-03 10:00 b\t\t#\tc", "b", "c"),
        ("2021-03-03 10:00 b   # c", "b ", "c"),
        ("2021-03-03 10:00 b # c", "b # c", None),
        ("2021-03-03 10:00 b  #c", "b  #c", None),
        ("2021-03-03 10:00 b  # ", "b  #", None),
        ("2021-03-03 10:00 b  # c  # d", "b", "c  # d"),
        ("2021-03-03 10:00   # y", "# y", None),
        ("2021-03-03 10:00 b  c \t d", "b  c \t d", None),
        ("２０２１-03-03 10:00 b", "b", None),
    ],
)
def test_a_line_is_taken_apart_at_the_first_separator(line, name, comment):
    entry = parse_entry(line)

    assert (entry.datetime, entry.name, entry.comment, entry.is_current_entry) == (AT, name, comment, False)
    assert [vars(entry) for entry in parse_log(line)] == [vars(entry)]


@pytest.mark.parametrize(
    "line",
    [
        "x",
        "2021-03-03",
        "2021-03-03 10:00",
        "# a note",
        "2021-02-30 10:00 a",
        "2021-03-03 24:00 a",
        "2021-03-03 10:60 a",
        "0000-03-03 10:00 a",
        "2021-03-00 10:00 a",
        "21-03-03 10:00 a",
        "20211-03-03 10:00 a",
        "2021-03-03 10:00:00 a",
        "2021-03-03 10:00+0100 a",
        "2021-03-03T10:00 a",
        "2021-03-03 10:00a",
        "2021-W09-3 10:00 a",
        "\ufeff2021-03-03 10:00 a",
        "2021-03-０3 10:00 a",
    ],
)
def test_what_is_no_entry_is_refused_with_its_line_number(line):
    with pytest.raises(ValueError):
        parse_entry(line)
    with pytest.raises(LogError, match=r"^Invalid entry at line 3: ") as caught:
        parse_log(f"\n2021-03-03 09:00 a\n  {line} \n")
    assert str(caught.value).endswith(f": {line}")


def test_time_going_back_is_refused_and_equal_times_are_not():
    text = "2021-03-03 09:00 a\n2021-03-03 09:00 b\n\n2021-03-03 08:59   c \n"

    with pytest.raises(LogError) as caught:
        parse_log(text)

    assert str(caught.value) == "Line 4 not in chronological order: 2021-03-03 08:59   c"


def test_only_the_first_problem_is_named_whatever_its_kind():
    with pytest.raises(LogError, match="Line 2 not in"):
        parse_log("2021-03-03 09:00 a\n2021-03-02 09:00 b\nx\n")
    with pytest.raises(LogError, match="line 2: x"):
        parse_log("2021-03-03 09:00 a\nx\n2021-03-02 09:00 b\n")


def test_another_parser_is_asked_for_each_line_that_is_not_blank():
    seen = []

    def parse(line):
        seen.append(line)
        return Entry(AT, line, False, None)

    assert [entry.name for entry in parse_lines([(1, " a\n"), (2, "\n"), (3, "b")], parse)] == ["a", "b"]
    assert seen == ["a", "b"]


def test_an_entry_shows_as_its_line_of_the_log():
    from datetime import UTC

    assert str(parse_entry("2021-3-3 9:5 a  # c")) == "2021-03-03 09:05 a  # c"
    assert str(Entry(AT.replace(tzinfo=UTC), "n", False, "")) == "2021-03-03 10:00+0000 n"
    assert str(Entry(datetime(999, 1, 1), "n", False, None)) == "0999-01-01 00:00 n"
    assert repr(parse_entry("2021-3-3 9:5 a")) == "<Entry 2021-03-03 09:05 a>"
