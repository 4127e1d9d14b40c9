"""Dates as they are typed on the command line: days, weeks, months, ranges."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from utt.exceptions import UttError

_DAY = timedelta(days=1)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
"""The English names of weekdays and months, whatever the locale."""
_SHORTEST_WORD = 3
_MONTHS_IN_YEAR = 12
_MINUTE = r"[0-9]{4}-[0-9]{2}-[0-9]{2} (?:[01][0-9]|2[0-3]):[0-9]{2}"
_DATE = r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
_MONTH = r"([0-9]{4})-([0-9]{1,2})"


def parse_datetime(text: str) -> datetime:
    """Return the moment that `--now` gives, as `YYYY-M-D H:M`.

    The error message of argparse contains this function's name, as it always did.

    Raises:
        ValueError: If *text* is no such moment.
    """
    if re.fullmatch(_MINUTE, text):
        return datetime.fromisoformat(text)
    return datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007  # imports 40 modules, only for unusual forms


def parse_day(text: str, base: date, *, weekday_ahead: bool = False) -> date:
    """Return the day that *text* means.

    Args:
        text: A prefix of `today` or `yesterday`, an English weekday, or `YYYY-M-D`; in any letter case.
        base: The day that counts as today.
        weekday_ahead: True: a weekday means the next one, on or after *base*. False: the latest one.

    Raises:
        UttError: If *text* is nothing of these.
    """
    word = text.lower()
    try:
        if "today".startswith(word):
            return base
        if "yesterday".startswith(word):
            return base - _DAY
        if word in WEEKDAYS:
            ahead = (WEEKDAYS.index(word) - base.weekday()) % 7
            back = (base.weekday() - WEEKDAYS.index(word)) % 7
            return base + ahead * _DAY if weekday_ahead else base - back * _DAY
        match = re.fullmatch(_DATE, text)
        if match:
            year, month, day = map(int, match.groups())
            return date(year, month, day)
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  # other digits
    except (ValueError, OverflowError):
        raise UttError(f"Invalid date: {text} (expected YYYY-MM-DD)") from None


def parse_month(text: str, base: date) -> tuple[date, date]:
    """Return the first and last day of the month that *text* means.

    Args:
        text: A number (1 to 12: the latest such month; -1 to -11: so many months back), a month's name or
            `this` or `previous` (of each, three letters will do), or `YYYY-M`.
        base: A day of the month that counts as this one.

    Raises:
        UttError: If *text* is nothing of these.
    """
    try:
        year, month = _month_number(text, base) or _month_word(text, base) or _month_exactly(text)
        first = date(year, month, 1)
    except (ValueError, OverflowError):
        raise UttError(f"Invalid month: {text} (expected YYYY-MM)") from None
    if (year, month) == (date.max.year, _MONTHS_IN_YEAR):
        return first, date.max
    after = date(year + month // _MONTHS_IN_YEAR, month % _MONTHS_IN_YEAR + 1, 1)
    return first, after - _DAY


def _month_number(text: str, base: date) -> tuple[int, int] | None:
    try:
        number = int(text)
    except ValueError:
        return None
    if number == 0 or number <= -_MONTHS_IN_YEAR:
        return None
    if number > 0:
        return _latest(number, base)
    year, month = divmod(base.year * _MONTHS_IN_YEAR + base.month - 1 + number, _MONTHS_IN_YEAR)
    return year, month + 1


def _month_word(text: str, base: date) -> tuple[int, int] | None:
    word = text.lower()
    if len(word) < _SHORTEST_WORD:
        return None
    for number, name in enumerate(MONTHS, 1):
        if name.startswith(word):
            return _latest(number, base)
    if "this".startswith(word):
        return base.year, base.month
    if "previous".startswith(word):
        return (base.year, base.month - 1) if base.month > 1 else (base.year - 1, _MONTHS_IN_YEAR)
    return None


def _month_exactly(text: str) -> tuple[int, int]:
    match = re.fullmatch(_MONTH, text)
    if match:
        return int(match[1]), int(match[2])
    day = datetime.strptime(text, "%Y-%m")  # noqa: DTZ007  # other digits
    return day.year, day.month


def _latest(month: int, base: date) -> tuple[int, int]:
    return (base.year if month <= base.month else base.year - 1), month


def parse_week(text: str, base: date) -> tuple[date, date]:
    """Return Monday and Sunday of the ISO week that *text* means.

    Args:
        text: A prefix of `this` or `previous`, the number of a week (the latest with that number), or a
            negative number: so many weeks back.
        base: A day of the week that counts as this one.

    Raises:
        UttError: If *text* is nothing of these, or the year has no such week.
    """
    word = text.lower()
    iso = base.isocalendar()
    try:
        if "this".startswith(word):
            monday = date.fromisocalendar(iso.year, iso.week, 1)
        elif "previous".startswith(word):
            monday = date.fromisocalendar(iso.year, iso.week, 1) - 7 * _DAY
        else:
            number = int(text)
            if number > 0:
                monday = date.fromisocalendar(iso.year if number <= iso.week else iso.year - 1, number, 1)
            elif number < 0:
                monday = date.fromisocalendar(iso.year, iso.week, 1) + number * 7 * _DAY
            else:
                raise ValueError(number)  # noqa: TRY301  # as any other text that names no week
        return monday, monday + 6 * _DAY
    except (ValueError, OverflowError):
        raise UttError(
            f"Invalid week: {text} (expected this, prev, a week number, or a negative number of weeks)",
        ) from None


def parse_range(
    today: date,
    *,
    day: str | None,
    month: str | None,
    week: str | None,
    from_date: str | None,
    to_date: str | None,
) -> tuple[date, date]:
    """Return the first and last day of a report.

    Args:
        today: The day that it is.
        day: The report day, today if None.
        month: A month seen from the report day, all of which is reported; None or empty for none.
        week: A week likewise; a month goes first.
        from_date: The first day instead, seen from *today*.
        to_date: The last day instead, seen from the first day.

    Returns:
        Two days. If the last one is before the first one, the report is empty.

    Raises:
        UttError: If one of the texts means nothing.
    """
    first = last = today if day is None else parse_day(day, today)
    if month:
        first, last = parse_month(month, first)
    elif week:
        first, last = parse_week(week, first)
    if from_date is not None:
        first = parse_day(from_date, today)
    if to_date is not None:
        last = parse_day(to_date, first, weekday_ahead=True)
    return first, last
