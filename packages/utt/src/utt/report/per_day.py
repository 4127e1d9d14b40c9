"""Section Per Day: the work of each date."""

from __future__ import annotations

from datetime import timedelta

from utt.domain.activity import Activity
from utt.domain.duration import decimal_hours, format_duration
from utt.report.layout import section_head, sorted_by_letters, write_csv

TYPE_CHECKING = False

if TYPE_CHECKING:
    from datetime import date
    from typing import TypedDict

    from utt.report.layout import Writable

    class DayRow(TypedDict):
        """One line of Per Day."""

        date: date
        projects: str
        tasks: str
        duration: str
        hours: timedelta


class PerDayModel:
    """How long each day's work was, its projects and tasks. An activity counts on the date on which it began.

    Args:
        activities: The activities of the report; only work counts.
    """

    def __init__(self, activities: list[Activity]) -> None:
        self.dates: list[DayRow] = _rows(activities)
        """A dict for each date with work: `date`, `duration` as `XhYY`, `hours`; `projects` and `tasks`, joined."""


class PerDayView:
    """Prints the section Per Day.

    Args:
        model: The contents of the section.
    """

    def __init__(self, model: PerDayModel) -> None:
        self._model = model

    def render(self, output: Writable) -> None:
        lines = [section_head("Per Day")]
        for row in self._model.dates:
            hours, duration = decimal_hours(row["hours"]), f"({row['duration']})"
            lines.append(f"{row['date']}: {hours:>4}h {duration:>7} - {row['projects']} - {row['tasks']}\n")
        output.write("".join(lines))

    def csv(self, output: Writable) -> None:
        """Print the days as comma-separated values to *output*."""
        rows = [
            (str(row["date"]), decimal_hours(row["hours"]), row["duration"], row["projects"], row["tasks"])
            for row in self._model.dates
        ]
        write_csv(output, ("Date", "Hours", "Duration", "Projects", "Tasks"), rows)


def _rows(activities: list[Activity]) -> list[DayRow]:
    groups: dict[date, list[Activity]] = {}
    for activity in activities:
        if activity.type == Activity.Type.WORK:
            groups.setdefault(activity.start.date(), []).append(activity)
    rows: list[DayRow] = []
    for day in sorted(groups):
        hours = sum((activity.duration for activity in groups[day]), timedelta())
        rows.append(
            {
                "date": day,
                "projects": ", ".join(sorted_by_letters(activity.name.project for activity in groups[day])),
                "tasks": ", ".join(sorted_by_letters(activity.name.task for activity in groups[day])),
                "duration": format_duration(hours),
                "hours": hours,
            },
        )
    return rows
