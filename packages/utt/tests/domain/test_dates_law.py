# The log is in naive local time, and digits are of any script.
# ruff: noqa: DTZ001, PLR0917, RUF001
from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from utt.domain.dates import parse_datetime, parse_day, parse_month, parse_range, parse_week
from utt.exceptions import UttError

DAYS = st.dates(min_value=date(2, 1, 1), max_value=date(9998, 12, 31))
WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "",
            "t",
            "y",
            "monday",
            "SUNDAY",
            "this",
            "prev",
            "mar",
            "-1",
            "0",
            "54",
            "2021-02-29",
            "9999-12-31",
            "0001-01-01",
            "１",
            " 7 ",
            "1_0",
        ]
    ),
    st.integers(-70000, 70000).map(str),
)
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class TestDays:
    """A day is a prefix of today or yesterday, a weekday, or a date."""

    @given(DAYS, DAYS)
    def test_a_date_means_itself_whatever_day_it_is(self, day, today):
        assert parse_day(f"{day.year:04d}-{day.month}-{day.day}", today) == day
        assert parse_day(day.isoformat(), today) == day

    @given(DAYS, st.sampled_from(WEEKDAYS))
    def test_a_weekday_is_within_a_week_on_the_right_side(self, today, name):
        back, ahead = parse_day(name, today), parse_day(name.upper(), today, weekday_ahead=True)

        assert back.weekday() == ahead.weekday() == WEEKDAYS.index(name)
        assert 0 <= (today - back).days < 7
        assert 0 <= (ahead - today).days < 7


class TestWeeksAndMonths:
    """Whole weeks are Monday to Sunday, whole months the first to the last day."""

    @given(DAYS, st.sampled_from(["this", "prev", "1", "10", "52", "-1", "-60"]))
    def test_a_week_has_seven_days_from_a_monday_on(self, today, text):
        try:
            first, last = parse_week(text, today)
        except UttError:
            assert today.year < 4  # before the first week of all
            return
        assert (first.weekday(), (last - first).days) == (0, 6)
        assert first <= today

    @given(DAYS, st.sampled_from(["this", "prev", "mar", "12", "-11", "1"]))
    def test_a_month_has_all_its_days_and_begins_no_later_than_today(self, today, text):
        first, last = parse_month(text, today)

        assert first.day == (last + timedelta(days=1)).day == 1
        assert (first.year, first.month) == (last.year, last.month)
        assert first <= today


class TestAnything:
    """Whatever is typed gives days or a friendly error."""

    @given(DAYS, st.none() | WORDS, st.none() | WORDS, st.none() | WORDS, st.none() | WORDS, st.none() | WORDS)
    def test_there_is_no_other_exception(self, today, day, month, week, from_date, to_date):
        with suppress(UttError):
            first, last = parse_range(today, day=day, month=month, week=week, from_date=from_date, to_date=to_date)
            assert type(first) is type(last) is date

    @given(st.datetimes(min_value=datetime(1, 1, 1)))
    def test_a_moment_written_usually_or_loosely_is_the_same(self, moment):
        moment = moment.replace(second=0, microsecond=0)

        assert parse_datetime(f"{moment.year:04d}-{moment:%m-%d %H:%M}") == moment
        assert parse_datetime(f"{moment.year:04d}-{moment.month}-{moment.day}  {moment.hour}:{moment.minute}") == moment
