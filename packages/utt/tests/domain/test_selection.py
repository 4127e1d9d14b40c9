# The log is in naive local time, and digits are of any script.
# ruff: noqa: DTZ001, PLR0917
from __future__ import annotations

from datetime import date, datetime

import pytest

from utt.domain.entry import Entry
from utt.domain.grammar import parse_log
from utt.domain.report_args import DateRange, ReportArgs
from utt.domain.selection import select_activities
from utt.exceptions import UttError

DAY = date(2021, 3, 3)
NIGHT = "2021-03-02 22:00 hello\n2021-03-03 01:30 b: night\n2021-03-03 09:00 hello\n2021-03-03 09:45 a: invoice\n"


def select(text, now, first=DAY, last=DAY, current="now", project=None):
    args = ReportArgs(DateRange(first, last), current, project, None, False, False, False)
    activities = select_activities(parse_log(text), args, now)
    return [(a.name.name, f"{a.start:%d %H:%M}", f"{a.end:%d %H:%M}", a.is_current_activity) for a in activities]


def test_what_happened_in_the_range_is_clipped_to_it():
    assert select(NIGHT, datetime(2021, 3, 3, 9, 45)) == [
        ("b: night", "03 00:00", "03 01:30", False),
        ("a: invoice", "03 09:00", "03 09:45", False),
    ]
    assert select(NIGHT, datetime(2021, 3, 3, 9, 45), date(2021, 3, 2), date(2021, 3, 2)) == [
        ("b: night", "02 22:00", "02 23:59", False)
    ]


def test_the_last_moment_of_a_range_is_a_tenth_of_a_second_short():
    entries = parse_log(NIGHT)
    args = ReportArgs(DateRange(date(2021, 3, 2), date(2021, 3, 2)), None, None, None, False, False, False)

    [night] = select_activities(entries, args, datetime(2021, 3, 3))

    assert night.end == datetime(2021, 3, 2, 23, 59, 59, 99999)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2021, 3, 3, 9, 45), None),
        (datetime(2021, 3, 3, 9, 46), "03 09:46"),
        (datetime(2021, 3, 4), "04 00:00"),
        (datetime(2021, 3, 4, 0, 1), None),
    ],
)
def test_a_current_activity_ends_after_the_last_entry_and_no_later_than_the_next_midnight(now, expected):
    found = [end for _, _, end, is_current in select(NIGHT, now) if is_current]

    assert found == ([expected] if expected else [])


def test_a_lone_entry_opens_nothing():
    assert select("2021-03-03 09:00 hello\n", datetime(2021, 3, 3, 10)) == []
    assert select("", datetime(2021, 3, 3, 10)) == []


def test_hello_is_dropped_also_as_current_activity():
    assert select(NIGHT, datetime(2021, 3, 3, 10), current="hello", project="") == []


def test_a_project_is_matched_exactly_and_the_empty_one_means_none():
    now = datetime(2021, 3, 3, 10)
    assert [row[0] for row in select(NIGHT, now, project="a")] == ["a: invoice"]
    assert [row[0] for row in select(NIGHT, now, project="A")] == []
    assert [row[0] for row in select(NIGHT, now, project="")] == ["now"]


def test_nothing_zero_long_and_nothing_of_a_range_that_ends_before_it_begins():
    assert select("2021-03-03 09:00 a\n2021-03-03 09:00 b\n", datetime(2021, 3, 3, 9)) == []
    assert select(NIGHT, datetime(2021, 3, 3, 10), date(2021, 3, 3), date(2021, 3, 2)) == []


def test_the_last_day_of_the_calendar_is_a_friendly_error():
    with pytest.raises(UttError, match="9999-12-31"):
        select(NIGHT, datetime(2021, 3, 3), date.max, date.max)


def test_entries_of_a_plugin_need_not_be_in_order():
    at = lambda hour: datetime(2021, 3, 3, hour)  # noqa: E731
    entries = [Entry(at(9), "a", False, None), Entry(at(8), "b", False, None), Entry(at(10), "c", False, None)]
    args = ReportArgs(DateRange(DAY, DAY), None, None, None, False, False, False)

    assert [a.name.name for a in select_activities(entries, args, at(11))] == ["c"]
