"""The whole page: its title, the total times, and the sections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.html.document import asset, document
from pegboard.html.element import element
from utt.domain.activity import Activity
from utt.domain.duration import format_duration
from utt.domain.selection import until_midnight
from utt.report.html.chart import chart, chart_style
from utt.report.html.days import days
from utt.report.html.elements import project_name
from utt.report.html.hours import hours
from utt.report.html.projects import breaks, projects
from utt.report.html.strip import strip
from utt.report.model import ReportModel
from utt.report.summary import parts, period

if TYPE_CHECKING:
    from datetime import timedelta
    from xml.etree.ElementTree import Element

    from utt.report.html.hours import Hours
    from utt.report.layout import Writable
    from utt.report.summary import SummaryModel


def render_html(report: ReportModel, output: Writable) -> None:
    """Print *report* as a page that is correct in any encoding of *output*.

    The page declares UTF-8. For another encoding, every character outside of ASCII is written as a reference,
    such as `&#233;`.
    """
    encoding = "utf-8" if _is_utf_8(getattr(output, "encoding", None)) else "ascii"
    output.write(page(report).encode(encoding, "xmlcharrefreplace").decode(encoding))


def page(report: ReportModel) -> str:
    """Return the page of *report*; work until midnight counts whole, unlike in the text: see `until_midnight`."""
    activities = report.details_model.activities
    whole = until_midnight(activities)
    is_cut = any(one is not other for one, other in zip(activities, whole, strict=True))
    if is_cut:
        report = ReportModel(whole, report.args)
    title = period(report.args.range)
    worked = hours(report.details_model.activities, report.args.range)
    sections = [projects(report, worked.shares), *breaks(report)]
    if report.args.show_per_day:  # the text report has the days instead of the projects
        sections.insert(0, days(report))
    else:
        sections.append(days(report))
    shown = [element("div", *sections, class_="columns")]
    if worked.intervals:
        shown.insert(0, _chart(worked, report.details_model.activities))
    elif not report.details_model.activities:
        shown = [element("p", "Nothing was logged in this time.", class_="card")]
    return document(
        f"{title} - utt report",
        [
            element(
                "header",
                element("p", "Time report", *_filter(report.args.project_name_filter), class_="muted"),
                element("h1", title),
                class_="page",
            ),
            element("main", _totals(report.summary_model), *shown),
            element(
                "footer",
                "Made by utt. Durations are added up exactly and then rounded down to the minute; "
                "work counts on the day on which it began."
                + (" Work until midnight counts whole; the text report has a minute less." if is_cut else ""),
                class_="page",
            ),
        ],
        style="\n".join([asset("report.css", __package__), *([chart_style(worked)] if worked.intervals else [])]),
    )


def _filter(project: str | None) -> list[Element | str]:
    return [] if project is None else [" of ", element("strong", project_name(project))]


def _totals(summary: SummaryModel) -> Element:
    kinds = (
        ("Working", summary.working_time, Activity.Type.WORK),
        ("Break", summary.break_time, Activity.Type.BREAK),
        ("Total", summary.total_time, None),
    )
    return element(
        "section",
        element("h2", "Summary", id="summary", class_="visually-hidden"),
        element("dl", *(_total(summary, *kind) for kind in kinds), class_="totals"),
        aria_labelledby="summary",
    )


def _total(summary: SummaryModel, name: str, time: timedelta, counted: int | None) -> Element:
    made_of = parts(summary, time, counted)
    return element(
        "div",
        element("dt", name),
        element(
            "dd",
            element("span", format_duration(time), class_="big"),
            element("small", f" {made_of[0]} + {made_of[1]} going on") if made_of else None,
        ),
        class_="card",
    )


def _chart(worked: Hours, activities: list[Activity]) -> Element:
    if worked.unit == "day" and len(worked.intervals) == 1:
        title, shown = "Hours by the clock", strip(worked, activities)
    else:
        title, shown = f"Hours by {worked.unit} and project", chart(worked)
    return element("section", element("h2", title, id="hours"), shown, class_="card", aria_labelledby="hours")


def _is_utf_8(encoding: str | None) -> bool:
    return (encoding or "").lower().replace("-", "").replace("_", "") == "utf8"
