"""Section Summary: the days of the report and its total times."""

from __future__ import annotations

from datetime import timedelta

from utt.domain.activity import Activity
from utt.domain.dates import MONTHS, WEEKDAYS
from utt.domain.duration import format_duration
from utt.report.layout import section_head

TYPE_CHECKING = False

if TYPE_CHECKING:
    from datetime import date

    from utt.domain.report_args import DateRange
    from utt.report.layout import Writable


class SummaryModel:
    """The total work, the total breaks and their sum in a range of days.

    Args:
        activities: The activities of the report, the current activity last if it is shown.
        report_range: The days of the report.
    """

    def __init__(self, activities: list[Activity], report_range: DateRange) -> None:
        self.report_range: DateRange = report_range
        self.working_time: timedelta = _time(activities, Activity.Type.WORK)
        self.break_time: timedelta = _time(activities, Activity.Type.BREAK)
        self.total_time: timedelta = self.working_time + self.break_time
        self.last_activity: Activity | None = activities[-1] if activities else None


class SummaryView:
    """Prints the section Summary.

    Args:
        model: The contents of the section.
    """

    def __init__(self, model: SummaryModel) -> None:
        self._model = model

    def render(self, output: Writable) -> None:
        model = self._model
        activity_type = Activity.Type
        output.write(
            f"{section_head(period(model.report_range))}"
            f"  Total: {self._duration(model.total_time, None)}\n"
            f"Working: {self._duration(model.working_time, activity_type.WORK)}\n"
            f"  Break: {self._duration(model.break_time, activity_type.BREAK)}\n",
        )

    def _duration(self, duration: timedelta, counted: int | None) -> str:
        text, made_of = format_duration(duration), parts(self._model, duration, counted)
        return f"{text} ({made_of[0]} + {made_of[1]})" if made_of else text


def period(days: DateRange) -> str:
    """Return the days of a report in words."""
    return _day(days.start) if days.start == days.end else f"{_day(days.start)} to {_day(days.end)}"


def parts(model: SummaryModel, duration: timedelta, counted: int | None) -> tuple[str, str] | None:
    """Return *duration* without the current activity, and the current activity; None if it is not part of it.

    Args:
        model: The summary that *duration* is a total of.
        duration: One of the totals of *model*.
        counted: The type of activity that *duration* counts; None for the grand total, which mentions every
            current activity, also an ignored one.
    """
    last = model.last_activity
    if last is None or not last.is_current_activity or counted not in {None, last.type}:
        return None
    return format_duration(duration - last.duration), format_duration(last.duration)


def _time(activities: list[Activity], activity_type: int) -> timedelta:
    return sum((a.duration for a in activities if a.type == activity_type), timedelta())


def _day(day: date) -> str:
    weekday, month = WEEKDAYS[day.weekday()].capitalize(), MONTHS[day.month - 1][:3].capitalize()
    return f"{weekday}, {month} {day.day:02d}, {day.year} (week {day.isocalendar().week})"
