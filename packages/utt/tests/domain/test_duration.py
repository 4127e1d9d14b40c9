from __future__ import annotations

from datetime import timedelta

import pytest

from utt.domain.duration import decimal_hours, format_duration


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "0h00"),
        (timedelta(minutes=59, seconds=59.9), "0h59"),
        (timedelta(days=14, hours=9, minutes=3), "345h03"),
        (timedelta(minutes=-30), "-1h30"),
    ],
)
def test_a_duration_is_shown_in_whole_minutes_rounded_down(duration, text):
    assert format_duration(duration) == text


def test_decimal_hours_of_whole_minutes_round_halves_up():
    for minutes in range(10_000):
        assert decimal_hours(timedelta(minutes=minutes)) == f"{((minutes + 3) // 6) / 10:.1f}"


def test_the_cut_end_of_a_day_is_not_rounded_to_minutes_first():
    assert decimal_hours(timedelta(minutes=2, seconds=59, microseconds=99999)) == "0.0"
