"""The section of days: the work of each day and, when it is opened, its activities."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from pegboard.html.element import element
from utt.domain.activity import Activity
from utt.domain.duration import decimal_hours, format_duration
from utt.report.html.elements import activity_name, day_name, month, project_name
from utt.report.html.projects import now_badge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from utt.report.model import ReportModel
    from utt.report.per_day import DayRow

_LONG = 31  # more days than these are grouped by month


def days(report: ReportModel) -> Element:
    """Return the section of days, with an element to open for each day on which an activity began."""
    args = report.args
    opened = args.show_details or args.range.start == args.range.end
    worked = {row["date"]: row for row in report.per_day_model.dates}
    activities: dict[date, list[Activity]] = {day: [] for day in worked}
    for activity in report.details_model.activities:
        activities.setdefault(activity.start.date(), []).append(activity)
    made = [
        (day, _day(day, worked.get(day), activities[day], opened=opened, comments=args.show_comments))
        for day in sorted(activities)
    ]
    return element(
        "section",
        element("h2", "Days", id="days"),
        *(_in_months(made, worked, opened=opened) if len(made) > _LONG else [shown for _, shown in made]),
        class_="card",
        aria_labelledby="days",
    )


def _in_months(made: list[tuple[date, Element]], worked: dict[date, DayRow], *, opened: bool) -> Iterator[Element]:
    for (year, number), days in groupby(made, lambda day: (day[0].year, day[0].month)):
        time = sum(
            (row["hours"] for day, row in worked.items() if (day.year, day.month) == (year, number)), timedelta()
        )
        title = f"{month(date(year, number, 1))} {year}"
        yield element(
            "details",
            element("summary", _line(title, format_duration(time), decimal_hours(time))),
            *(shown for _, shown in days),
            class_="month",
            **({"open": ""} if opened else {}),
        )


def _day(day: date, row: DayRow | None, activities: list[Activity], *, opened: bool, comments: bool) -> Element:
    return element(
        "details",
        element(
            "summary",
            _line(
                element("time", day_name(day), datetime=day.isoformat()),
                row["duration"] if row else format_duration(timedelta()),
                decimal_hours(row["hours"] if row else timedelta()),
                element("span", *_joined(activities), class_="what"),
            ),
        ),
        _table(day, activities, comments=comments),
        class_="day",
        **({"open": ""} if opened else {}),
    )


def _line(title: Element | str, duration: str, hours: str, *more: Element) -> Element:
    """Return the line that is visible while the rest is closed."""
    return element(
        "span",
        element("span", title, class_="date"),
        element("span", duration, class_="number"),
        element("span", f"{hours} h", class_="number muted"),
        *more,
        class_="line",
    )


def _joined(activities: list[Activity]) -> Iterator[Element | str]:
    """Yield the names of the projects, with commas between them."""
    projects = dict.fromkeys(activity.name.project for activity in activities if activity.type == Activity.Type.WORK)
    for number, project in enumerate(sorted(projects, key=lambda project: (project.lower(), project))):
        if number:
            yield ", "
        yield project_name(project)


def _table(day: date, activities: list[Activity], *, comments: bool) -> Element:
    heads = [
        element("th", "Time", scope="col", class_="number"),
        element("th", "From", scope="col", class_="clock"),
        element("th", "To", scope="col", class_="clock"),
        element("th", "Activity", scope="col"),
    ]
    return element(
        "table",
        element("caption", f"Activities of {day_name(day)}", class_="visually-hidden"),
        element("thead", element("tr", *heads)),
        element("tbody", *(_activity(activity, comments=comments) for activity in activities)),
        class_="details",
    )


def _activity(activity: Activity, *, comments: bool) -> Element:
    badges = []
    if activity.type == Activity.Type.BREAK:
        badges.append(element("span", "break", class_="badge"))
    elif activity.type == Activity.Type.IGNORED:
        badges.append(element("span", "not counted", class_="badge"))
    if activity.is_current_activity:
        badges.append(now_badge())
    return element(
        "tr",
        element("td", format_duration(activity.duration), class_="number"),
        element("td", f"{activity.start:%H:%M}", class_="clock"),
        element("td", f"{activity.end:%H:%M}", class_="clock"),
        element(
            "th",
            activity_name(activity.name.name),
            *(part for badge in badges for part in (" ", badge)),
            element("span", "# ", element("bdi", activity.comment), class_="comment")
            if comments and activity.comment
            else None,
            scope="row",
        ),
    )
