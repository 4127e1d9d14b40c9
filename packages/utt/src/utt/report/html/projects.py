"""The sections of projects, with their activities, and of breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.html.element import element
from utt.report.html.elements import activity_name, project_name
from utt.report.html.hours import HUES
from utt.report.html.legend import swatch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from utt.domain.activity import Activity
    from utt.report.html.hours import Share
    from utt.report.layout import NameRow
    from utt.report.model import ReportModel


def projects(report: ReportModel, shares: Sequence[Share]) -> Element:
    """Return the section of projects, the longest time first, each with its activities.

    Args:
        report: The contents of the page.
        shares: The projects with their colours, as in the chart.
    """
    colours = {project: share for share in shares for project in share.projects}
    rows = sorted(report.projects_model.projects, key=lambda row: -_minutes(row))
    total = sum(map(_minutes, rows))
    current = _current(report)
    done: dict[str, list[NameRow]] = {row["project"]: [] for row in rows}
    for row in report.activities_model.names_work:
        done.setdefault(row["project"], []).append(row)
    table = element(
        "table",
        element("caption", "Projects and their activities", class_="visually-hidden"),
        _head("Project and activity", "Share"),
        *(_project(row, colours.get(row["project"]), total, done[row["project"]], current) for row in rows),
        class_="projects",
    )
    return element(
        "section",
        element("h2", "Projects", id="projects"),
        table if rows else element("p", "There is no work in this time.", class_="muted"),
        class_="card",
        aria_labelledby="projects",
    )


def breaks(report: ReportModel) -> list[Element]:
    """Return the section of breaks, if there are any."""
    rows = report.activities_model.names_break
    if not rows:
        return []
    return [
        element(
            "section",
            element("h2", "Breaks", id="breaks"),
            _breaks(rows, _current(report)),
            class_="card",
            aria_labelledby="breaks",
        )
    ]


def _current(report: ReportModel) -> Activity | None:
    last = report.summary_model.last_activity
    return last if last is not None and last.is_current_activity else None


def _head(what: str, *more: str) -> Element:
    return element(
        "thead",
        element(
            "tr",
            element("th", what, scope="col"),
            element("th", "Time", scope="col", class_="number"),
            *(element("th", title, scope="col", class_="share") for title in more),
        ),
    )


def _project(
    row: NameRow, colour: Share | None, total: int, activities: list[NameRow], current: Activity | None
) -> Element:
    share = f"{_minutes(row) / total:.0%}" if total else "0%"
    bar = element(
        "svg",
        element("rect", width="100%", height="8", rx="2", class_="rail"),
        element("rect", width=share, height="8", rx="2", class_=f"hue-{colour.hue if colour else HUES}"),
        width="100%",
        height="8",
        aria_hidden="true",
    )
    return element(
        "tbody",
        element(
            "tr",
            element("th", swatch(colour) if colour else None, project_name(row["project"]), scope="rowgroup"),
            element("td", row["duration"], class_="number"),
            element("td", element("div", element("span", share), bar, class_="meter"), class_="share"),
            class_="project",
        ),
        *(_activity(activity, current, element("td", class_="share")) for activity in activities),
    )


def _breaks(rows: list[NameRow], current: Activity | None) -> Element:
    return element(
        "table",
        element("caption", "Breaks", class_="visually-hidden"),
        _head("Break"),
        element("tbody", *(_activity(row, current) for row in rows)),
        class_="breaks",
    )


def _activity(row: NameRow, current: Activity | None, *more: Element) -> Element:
    goes_on = current is not None and (current.name.project, current.name.task) == (row["project"], row["name"])
    project = row["project"] if not more else ""  # the project of work is in the row above
    return element(
        "tr",
        element(
            "th",
            *((element("bdi", project), ": ") if project else ()),
            activity_name(row["name"]),
            *((" ", now_badge()) if goes_on else ()),
            scope="row",
        ),
        element("td", row["duration"], class_="number"),
        *more,
    )


def now_badge() -> Element:
    """Return the mark of the current activity."""
    return element("span", "going on", class_="badge good")


def _minutes(row: NameRow) -> int:
    hours, _, minutes = row["duration"].partition("h")
    return 60 * int(hours) + int(minutes)
