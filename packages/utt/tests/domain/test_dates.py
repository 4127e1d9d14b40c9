# The log is in naive local time, and digits are of any script.
# ruff: noqa: DTZ001, RUF001
from __future__ import annotations

import argparse
import io
import shlex
from datetime import date, datetime
from pathlib import Path

import pytest

from utt.domain.dates import parse_datetime, parse_day, parse_month, parse_range, parse_week
from utt.domain.report_args import DateRange, report_args_from
from utt.exceptions import UttError
from utt.report.arguments import add_report_arguments
from utt.report.summary import SummaryModel, SummaryView

TABLE = Path(__file__).with_name("date_arguments.txt")
TODAY = date(2021, 3, 3)


def rows():
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("-> ", 1) for line in lines if not line.startswith("#")]
    assert len(pairs) > 40
    return [(words.strip(), result) for words, result in pairs]


@pytest.mark.parametrize(("words", "result"), rows())
def test_date_arguments_mean_what_the_table_says(words, result):
    parser = argparse.ArgumentParser()
    add_report_arguments(parser)
    if result.startswith("error: "):
        with pytest.raises(UttError) as caught:
            report_args_from(parser.parse_args(shlex.split(words)), TODAY)
        assert f"error: {caught.value}".startswith(result)
        return
    days = report_args_from(parser.parse_args(shlex.split(words)), TODAY).range
    output = io.StringIO()
    SummaryView(SummaryModel([], days)).render(output)
    assert output.getvalue().splitlines()[1].strip("-").strip() == result


@pytest.mark.parametrize("text", ["2021-3-3  8:5", "2021-03-03 08:05", "2021-3-03\t08:5"])
def test_a_moment_may_be_written_loosely(text):
    assert parse_datetime(text) == datetime(2021, 3, 3, 8, 5)


@pytest.mark.parametrize(
    "text", ["", "x", "2021-03-03", "2021-3-3 25:05", "2021-03-03 24:00", "2021-02-30 10:00", "2021-03-0310:00"]
)
def test_what_is_no_moment_is_a_value_error(text):
    with pytest.raises(ValueError):
        parse_datetime(text)


@pytest.mark.parametrize(
    "text", ["2021/03/01", "21-03-01", "20210301", "2021-03-01x", " 2021-03-01", "0000-01-01", "+1", "yesterdayx"]
)
def test_what_is_no_day_is_named_in_the_error(text):
    with pytest.raises(UttError) as caught:
        parse_day(text, TODAY)
    assert str(caught.value) == f"Invalid date: {text} (expected YYYY-MM-DD)"


def test_digits_of_other_scripts_count_in_a_year():
    assert parse_day("２０２１-03-01", TODAY) == date(2021, 3, 1)
    assert parse_month("２０２１-03", TODAY) == (date(2021, 3, 1), date(2021, 3, 31))


def test_the_ends_of_the_calendar_are_errors_or_just_right():
    with pytest.raises(UttError):
        parse_day("yesterday", date.min)
    with pytest.raises(UttError):
        parse_week("this", date.max)
    with pytest.raises(UttError):
        parse_week("-99999999", TODAY)
    assert parse_month("this", date.max) == (date(9999, 12, 1), date.max)


@pytest.mark.parametrize("text", ["1.5", "abc", "0", "54", "2021-W02", "monday"])
def test_what_is_no_week_is_a_friendly_error(text):
    with pytest.raises(UttError, match="^Invalid week: "):
        parse_week(text, TODAY)


def test_a_month_goes_before_a_week_and_empty_ones_do_not_count():
    def days(**given):
        return parse_range(
            TODAY, **{"day": None, "month": None, "week": None, "from_date": None, "to_date": None, **given}
        )

    assert days(month="this", week="this") == (date(2021, 3, 1), date(2021, 3, 31))
    assert days(month="", week="") == (TODAY, TODAY)
    assert days(month="", week="this") == (date(2021, 3, 1), date(2021, 3, 7))


def test_a_range_is_a_named_pair():
    assert tuple(DateRange(start=TODAY, end=TODAY)) == (TODAY, TODAY)
