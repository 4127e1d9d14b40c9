# The log is in naive local time, and digits are of any script.
# ruff: noqa: DTZ001
from __future__ import annotations

import io
from datetime import date, datetime, timedelta

from utt.domain.activity import Activity
from utt.domain.report_args import CSVSection, DateRange, ReportArgs
from utt.report.activities import ActivitiesView
from utt.report.details import DetailsView
from utt.report.interface import CSVReportView
from utt.report.layout import title
from utt.report.model import ReportModel
from utt.report.per_day import PerDayView
from utt.report.projects import ProjectsView
from utt.report.summary import SummaryView

MONDAY = datetime(2021, 3, 1, 9)


def model(*names, current=None, csv=None, days=1):
    start = MONDAY
    activities = []
    for name in names:
        activities.append(Activity(name, start, start + timedelta(minutes=30), False, "why" if name == "x" else None))
        start += timedelta(minutes=30) if days == 1 else timedelta(days=1)
    if current:
        activities.append(Activity(current, start, start + timedelta(minutes=30), True, None))
    days_ = DateRange(date(2021, 3, 1), date(2021, 3, 1 + days - 1))
    return ReportModel(activities, ReportArgs(days_, None, None, csv, False, False, False))


def shown(view):
    output = io.StringIO(newline="")
    view.render(output)
    return output.getvalue()


def test_a_title_has_the_odd_dash_on_its_right_and_is_never_cut():
    assert title("ab") == "-" * 38 + " ab " + "-" * 38
    assert title("abc") == "-" * 37 + " abc " + "-" * 38
    assert title("x" * 90) == f" {'x' * 90} "


def test_the_summary_shows_what_the_current_activity_adds():
    text = shown(SummaryView(model("a", current="pause **").summary_model))
    assert text.splitlines()[3:] == ["  Total: 1h00 (0h30 + 0h30)", "Working: 0h30", "  Break: 0h30 (0h00 + 0h30)"]


def test_an_ignored_current_activity_shows_in_the_total_all_the_same():
    text = shown(SummaryView(model(current="bus ***").summary_model))
    assert text.splitlines()[3] == "  Total: 0h00 (-1h30 + 0h30)"


def test_projects_are_in_alphabetical_order_whatever_their_case():
    text = shown(ProjectsView(model("b: z", "B: y", "a: x", "plain", "b: Z", "b: y", "p: x **").projects_model))
    assert text.splitlines()[3:] == ["(0h30)  : plain", "(0h30) a: x", "(0h30) B: y", "(1h30) b: y, Z, z"]


def test_names_that_differ_in_case_have_a_fixed_order():
    text = shown(ProjectsView(model("p: bar", "p: BAR", "p: Bar").projects_model))
    assert text.splitlines()[3] == "(1h30) p: BAR, Bar, bar"


def test_activities_list_work_then_breaks_with_a_line_between():
    text = shown(ActivitiesView(model("long: a", "b", "b", "p: rest **", "x ***").activities_model))
    assert text.splitlines()[3:] == ["(1h00)     : b", "(0h30) long: a", "", "(0h30) p: rest **"]
    assert shown(ActivitiesView(model().activities_model)).splitlines()[2:] == ["", ""]


def test_per_day_can_be_shown_again_and_again():
    view = PerDayView(model("a: b", "c", days=2).per_day_model)
    expected = ["2021-03-01:  0.5h  (0h30) - a - b", "2021-03-02:  0.5h  (0h30) -  - c"]
    assert shown(view).splitlines()[3:] == expected
    output = io.StringIO(newline="")
    view.csv(output)
    assert (
        output.getvalue()
        == "Date,Hours,Duration,Projects,Tasks\r\n2021-03-01,0.5,0h30,a,b\r\n2021-03-02,0.5,0h30,,c\r\n"
    )
    assert shown(view).splitlines()[3:] == expected


def test_details_group_by_date_when_they_span_several():
    details = model("a", "x", days=2).details_model
    assert shown(DetailsView(details, show_comments=True)).splitlines()[3:] == [
        "2021-03-01:", "", "(0h30) 09:00-09:30 a", "", "2021-03-02:", "", "(0h30) 09:00-09:30 x  # why", "",
    ]  # fmt: skip
    assert "why" not in shown(DetailsView(details))
    assert shown(DetailsView(model().details_model)).endswith("--\n\n\n")


def test_csv_has_the_section_asked_for_and_a_sentence_for_no_data():
    assert shown(CSVReportView(model(csv=CSVSection.per_task))) == " -- No activities for this time range --\n"
    assert shown(CSVReportView(model("x **", csv=CSVSection.per_day))) == " -- No activities for this time range --\n"
    assert shown(CSVReportView(model("p: x **", csv=CSVSection.per_task))).splitlines() == [
        "Date,Projects,Tasks,Duration,Type,Comment",
        "2021-03-01,p,x **,0.5,BREAK,",
    ]
    assert shown(CSVReportView(model("a"))) == ""
