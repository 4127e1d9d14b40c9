# The log is in naive local time, and digits are of any script.
# ruff: noqa: DTZ001
from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from utt.domain.activity import Activity
from utt.domain.name import Name

START, END = datetime(2021, 3, 1, 22), datetime(2021, 3, 2, 2)


def activity(name="p: t"):
    return Activity(name, START, END, False, None)


@pytest.mark.parametrize(
    ("name", "project", "task"),
    [
        ("acme: review", "acme", "review"),
        ("p:  two", "p", " two"),
        ("p:\tq: r", "p", "q: r"),
        ("q: ", "q", ""),
        ("日本: 語", "日本", "語"),
        ("foo:bar", "", "foo:bar"),
        ("foo:", "", "foo:"),
        ("a b: c", "", "a b: c"),
        (":x: y", "", ":x: y"),
        ("p:: y", "", "p:: y"),
        ("", "", ""),
    ],
)
def test_a_name_has_a_project_only_in_front_of_a_colon_and_one_blank(name, project, task):
    parsed = Name(name)

    assert (parsed.name, parsed.project, parsed.task, str(parsed)) == (name, project, task, name)


def test_names_compare_as_their_text_does():
    assert Name("a") == Name("a")
    assert Name("a") < Name("b")
    assert Name("a") != "a"
    with pytest.raises(TypeError):
        _ = Name("a") < "b"
    with pytest.raises(TypeError, match="unhashable"):
        hash(Name("a"))
    assert repr(Name("a: b")) == "Name('a: b')"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a", "WORK"),
        ("a *", "WORK"),
        ("a**", "BREAK"),
        ("p: x **", "BREAK"),
        ("**", "BREAK"),
        ("x****", "IGNORED"),
        ("a** ", "WORK"),
    ],
)
def test_the_end_of_a_name_says_how_it_counts(name, expected):
    assert Activity.Type.name(activity(name).type) == expected


def test_a_type_that_is_none_has_no_name():
    assert (Activity.Type.WORK, Activity.Type.BREAK, Activity.Type.IGNORED) == (0, 1, 2)
    with pytest.raises(KeyError):
        Activity.Type.name(3)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, (START, END)),
        (datetime(2021, 3, 2), None, (datetime(2021, 3, 2), END)),
        (None, datetime(2021, 3, 2), (START, datetime(2021, 3, 2))),
        (datetime(2021, 3, 1, 23), datetime(2021, 3, 2, 1), (datetime(2021, 3, 1, 23), datetime(2021, 3, 2, 1))),
        (datetime(2021, 4, 1), datetime(2021, 4, 2), (END, END)),
        (datetime(2020, 4, 1), datetime(2020, 4, 2), (START, START)),
    ],
)
def test_clipping_gives_a_copy_within_the_limits(start, end, expected):
    original = activity()

    clipped = original.clip(start, end)

    assert (clipped.start, clipped.end) == expected
    assert clipped.duration == expected[1] - expected[0]
    assert clipped is not original
    assert original.duration == timedelta(hours=4)


def test_an_activity_shows_what_it_is():
    assert repr(activity()) == "<Activity 'p: t' 2021-03-01 22:00 to 2021-03-02 02:00>"
