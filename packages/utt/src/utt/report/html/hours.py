"""The time of each project in each interval: the numbers of the chart and of its table."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from utt.domain.activity import Activity
from utt.report.html.elements import day_name, month, weekday

if TYPE_CHECKING:
    from collections.abc import Sequence

    from utt.domain.report_args import DateRange

HUES = 8  # the number of distinct colours in the style of all pages
NAMED_DAYS = 10  # with at most so many bars, each has room for its weekday and its hours
_DAYS, _WEEKS, _MONTHS = 45, 75, 75  # more bars than these are unreadable
_ROOM_FOR_GROUP = 3  # the number of bars that are as wide as the text of a month and a year


class Interval(NamedTuple):
    """A day, a week, a month or a year."""

    first: date
    name: str
    """Its full name."""
    tick: str
    """Its name below its bar."""
    group: str
    """The name that several in a row share; empty for all but the first of them."""


class Share(NamedTuple):
    """A project, or all small projects together."""

    projects: tuple[str, ...]
    hue: int
    """The number of its colour in the style, from 1."""
    time: timedelta

    @property
    def key(self) -> str:
        """The letter that identifies it to readers who do not see the colour."""
        return "ABCDEFGH"[self.hue - 1]


class Hours(NamedTuple):
    """The time of each share in each interval."""

    unit: str
    """The length of a interval: day, week, month or year."""
    intervals: list[Interval]
    shares: list[Share]
    times: dict[tuple[date, int], timedelta]
    """By the first day of the interval and the hue; without the times that are zero."""

    def total(self, interval: Interval) -> timedelta:
        """Return the time of all shares in *interval*."""
        return sum((self.times.get((interval.first, share.hue), timedelta()) for share in self.shares), timedelta())


def hours(activities: Sequence[Activity], days: DateRange) -> Hours:
    """Return the time of each project by day, or by a longer unit if there are many days.

    An activity counts on the day on which it began.

    Args:
        activities: The activities of the report; only work counts.
        days: The days of the report. If they are few, all are shown; otherwise those from the first to the last
            day with work.
    """
    work = [activity for activity in activities if activity.type == Activity.Type.WORK]
    dates = [activity.start.date() for activity in work]
    first, last = min([days.start, *dates]), max([days.end, *dates])
    unit = "day"
    if work and (last - first).days >= _DAYS:
        first, last = min(dates), max(dates)
        unit = _unit(first, last)
    shares = _shares(work)
    hue = {project: share.hue for share in shares for project in share.projects}
    times: dict[tuple[date, int], timedelta] = {}
    for activity in work:
        at = _begin(activity.start.date(), unit), hue[activity.name.project]
        times[at] = times.get(at, timedelta()) + activity.duration
    return Hours(unit, _intervals(first, last, unit) if work else [], shares, times)


def _unit(first: date, last: date) -> str:
    if (last - first).days < _DAYS:
        return "day"
    if (last - first).days < 7 * _WEEKS:
        return "week"
    return "month" if 12 * (last.year - first.year) + last.month - first.month < _MONTHS else "year"


def _begin(day: date, unit: str) -> date:
    """Return the first day of the interval that contains *day*."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def _intervals(first: date, last: date, unit: str) -> list[Interval]:
    day, end = _begin(first, unit), _begin(last, unit)
    few = (end - day).days < NAMED_DAYS
    begins = [day]
    while begins[-1] < end:
        longest = {"day": 1, "week": 7, "month": 31, "year": 366}[unit]
        begins.append(_begin(begins[-1] + timedelta(days=longest), unit))
    groups = [(group, len(list(days))) for group, days in groupby(begins, lambda day: "" if few else _group(day, unit))]
    titles = [title for group, count in groups for title in _group_titles(group, count)]
    return [
        Interval(day, _name(day, unit), _tick(day, unit, few=few), title)
        for day, title in zip(begins, titles, strict=True)
    ]


def _group_titles(group: str, count: int) -> list[str]:
    """Return *group* for the first of *count* intervals, if there is room for it, and empty text for the others."""
    return [group if count >= _ROOM_FOR_GROUP else "", *[""] * (count - 1)]


def _name(day: date, unit: str) -> str:
    if unit == "week":
        return f"Week {day.isocalendar().week}, {month(day)} {day.day:02d}, {day.year}"
    if unit == "month":
        return f"{month(day)} {day.year}"
    return str(day.year) if unit == "year" else day_name(day)


def _tick(day: date, unit: str, *, few: bool) -> str:
    if unit == "day":
        return f"{weekday(day)} {day.day}" if few else str(day.day)
    if unit == "week":
        return str(day.isocalendar().week)
    return month(day) if unit == "month" else str(day.year)


def _group(day: date, unit: str) -> str:
    if unit == "week":
        day += timedelta(days=3)  # the Thursday of a week decides its month and year (ISO 8601)
        return f"{month(day)} {day.year}" if day.month == 1 else month(day)
    if unit == "day":
        return f"{month(day)} {day.year}"
    return str(day.year) if unit == "month" else ""


def _shares(work: Sequence[Activity]) -> list[Share]:
    """Return the projects, the longest time first; the smallest ones of many are one share."""
    times: dict[str, timedelta] = {}
    for activity in work:
        times[activity.name.project] = times.get(activity.name.project, timedelta()) + activity.duration
    projects = sorted(times, key=lambda project: (-times[project], project.lower(), project))
    parts: list[tuple[str, ...]] = [(project,) for project in projects]
    if len(parts) > HUES:
        parts[HUES - 1 :] = [tuple(projects[HUES - 1 :])]
    return [
        Share(part, hue, sum((times[project] for project in part), timedelta())) for hue, part in enumerate(parts, 1)
    ]
