# The log is in naive local time, and digits are of any script.
# ruff: noqa: DTZ001
from __future__ import annotations

import io
import re
from datetime import date, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st
from support.markup import parsed, text_of, with_class

from utt.domain.entry import Entry
from utt.domain.name import Name
from utt.domain.report_args import DateRange, ReportArgs
from utt.domain.selection import select_activities, until_midnight
from utt.report.activities import ActivitiesView
from utt.report.details import DetailsView
from utt.report.html.page import page
from utt.report.layout import sorted_by_letters
from utt.report.model import ReportModel
from utt.report.per_day import PerDayView
from utt.report.projects import ProjectsView
from utt.report.summary import SummaryView

MONDAY = datetime(2021, 3, 1, 7)
PROJECTS = ["acme", "Acme", "<b>", "&amp;", "שלום", "日本", "🦊", "x.y", "-->", "a", "b", "c"]
TASKS = [
    "mail",
    "review",
    "a <i>task</i>",
    '"quoted" & co',
    "مهمة",
    "日本 語",
    "🧑‍🚀 fly",
    "Mail",
    "t" * 90,
    "x, y",
    "p: q",
]

names = st.one_of(
    st.sampled_from(TASKS),
    st.builds("{}: {}".format, st.sampled_from(PROJECTS), st.sampled_from(TASKS)),
    st.sampled_from(["lunch **", "acme: walk **", "bus ***", "acme: nap ***", "hello"]),
)
steps = st.tuples(
    st.sampled_from([0, 1, 9, 30, 61, 200, 900, 1440]), names, st.sampled_from([None, "why", "<u> & 'so'"])
)


@st.composite
def models(draw):
    moment = MONDAY
    entries = [Entry(moment, "hello", False, None)]
    for minutes, name, comment in draw(st.lists(steps, max_size=25)):
        moment += timedelta(minutes=minutes)
        entries.append(Entry(moment, name, False, comment))
    first = date(2021, 3, 1) + timedelta(days=draw(st.integers(-1, 3)))
    args = ReportArgs(
        range=DateRange(first, first + timedelta(days=draw(st.sampled_from([0, 1, 6, 30, 365])))),
        current_activity_name=draw(
            st.sampled_from([None, "-- Current Activity --", "acme: now", "rest **", "bus ***"])
        ),
        project_name_filter=draw(st.sampled_from([None, None, None, "acme", ""])),
        csv_section=None,
        show_comments=draw(st.booleans()),
        show_details=draw(st.booleans()),
        show_per_day=draw(st.booleans()),
    )
    now = moment + timedelta(minutes=draw(st.sampled_from([0, 5, 90])), seconds=draw(st.sampled_from([0, 59])))
    return ReportModel(select_activities(entries, args, now), args)


def whole(model):
    """Return the model as the page has it: of work until midnight the text lacks a minute."""
    return ReportModel(until_midnight(model.details_model.activities), model.args)


def shown(view):
    output = io.StringIO(newline="")
    view.render(output)
    return [line for line in output.getvalue().split("\n")[3:] if line]


def project_of(cell):
    """Return the project that *cell* names; for those without one the page has words."""
    named = cell.find("bdi")
    assert named is not None or text_of(cell.find("span")) == "no project"
    return "" if named is None else text_of(named)


def rows_of(table):
    return [row for body in table.iter("tbody") for row in body.iter("tr")]


def lines(rows):
    """Return rows as the text report has them."""
    width = max((len(project) for _, project, _ in rows), default=0)
    return [f"({duration}) {project:<{width}}: {task}" for duration, project, task in rows]


class TestTheNumbersOfThePageAreThoseOfTheText:
    """ "The page is made from the same model: whatever the log, it says what the text report of the same arguments
    says, number by number and name by name."
    """

    @given(models().map(whole))
    def test_the_summary(self, model):
        root = parsed(page(model))
        assert f" {text_of(root.find('.//h1'))} " in io_text(SummaryView(model.summary_model))
        (totals,) = with_class(root, "totals")
        found = {}
        for part in totals:
            more = "".join(text_of(small) for small in part.iter("small")).strip()
            (big,) = with_class(part, "big")
            found[text_of(part.find("dt"))] = text_of(big) + (f" ({more.removesuffix(' going on')})" if more else "")
        assert [f"{kind:>7}: {found[kind]}" for kind in ("Total", "Working", "Break")] == shown(
            SummaryView(model.summary_model)
        )

    @given(models().map(whole))
    def test_the_projects_and_their_activities(self, model):
        root = parsed(page(model))
        projects, work = [], []
        for table in with_class(root, "projects"):
            for body in table.iter("tbody"):
                head, *rest = body
                project = project_of(head[0])
                tasks = [(text_of(row[1]), project, text_of(row[0].find("bdi"))) for row in rest]
                work += tasks
                projects.append((text_of(head[1]), project, ", ".join(sorted_by_letters(task for *_, task in tasks))))
        assert sorted(lines(projects)) == sorted(shown(ProjectsView(model.projects_model)))

        breaks = []
        for table in with_class(root, "breaks"):
            for row in rows_of(table):
                *project, task = [text_of(part) for part in row[0].iter("bdi")]
                breaks.append((text_of(row[1]), "".join(project), task))
        assert sorted([*lines(work), *lines(breaks)]) == sorted(shown(ActivitiesView(model.activities_model)))

    @given(models().map(whole))
    def test_the_days(self, model):
        found = []
        for day in with_class(parsed(page(model)), "day"):
            title, duration, hours, what = with_class(day, "line")[0]
            tasks = sorted_by_letters(
                Name(text_of(row[3].find("bdi"))).task for row in rows_of(day) if not is_rest(row)
            )
            projects = ", ".join("" if part.tag == "span" else text_of(part) for part in what)
            if tasks:
                when, bracketed = title.find("time").get("datetime"), f"({text_of(duration)})"
                hours = text_of(hours).removesuffix(" h")
                found.append(f"{when}: {hours:>4}h {bracketed:>7} - {projects} - {', '.join(tasks)}")
            else:
                assert (text_of(duration), text_of(hours)) == ("0h00", "0.0 h")
        assert found == shown(PerDayView(model.per_day_model))

    @given(models().map(whole))
    def test_what_was_done_when(self, model):
        found = []
        for day in with_class(parsed(page(model)), "day"):
            for row in rows_of(day):
                duration, start, end, what = row
                name = text_of(what.find("bdi"))
                comments = "".join(f"  {text_of(comment)}" for comment in with_class(what, "comment"))
                found.append(f"({text_of(duration)}) {text_of(start)}-{text_of(end)} {name}{comments}")
        text = shown(DetailsView(model.details_model, show_comments=model.args.show_comments))
        assert found == [line for line in text if not re.fullmatch(r"\d{4}-\d\d-\d\d:", line)]

    @given(models().map(whole))
    def test_the_chart_adds_up_to_the_projects_and_the_days(self, model):
        root = parsed(page(model))
        for table in with_class(root, "hours"):
            head, body, foot = table.find("thead/tr"), table.find("tbody"), table.find("tfoot/tr")
            totals = {text_of(cell[1]): text_of(total) for cell, total in zip(head[1:-1], foot[1:-1], strict=True)}
            known = {row["project"] or "no project": row["duration"] for row in model.projects_model.projects}
            others = {name for name in totals if name not in known}
            assert all(re.fullmatch(r"\d+ others", name) for name in others)
            assert {name: total for name, total in totals.items() if name not in others}.items() <= known.items()
            assert len(totals) == min(len(known), 8)
            if text_of(head[0]) == "Day":
                days = [text_of(row[-1]) for row in body if text_of(row[-1]) != "0h00"]
                assert days == [row["duration"] for row in model.per_day_model.dates if row["duration"] != "0h00"]

    @given(models().map(whole))
    @example(ReportModel([], ReportArgs(DateRange(date(2021, 3, 3), date(2021, 3, 1)), None, None, None, *[False] * 3)))
    def test_what_can_be_opened_is_open_if_details_are_asked_for(self, model):
        days = [day.get("open") for name in ("day", "month") for day in with_class(parsed(page(model)), name)]
        wanted = model.args.show_details or model.args.range.start == model.args.range.end
        assert set(days) <= {"" if wanted else None}


def is_rest(row):
    return bool({"break", "not counted"} & {text_of(badge) for badge in with_class(row, "badge")})


def io_text(view):
    output = io.StringIO(newline="")
    view.render(output)
    return output.getvalue()


@given(models())
def test_the_page_of_a_report_that_ends_with_work_is_that_of_the_whole_work(model):
    footer = " Work until midnight counts whole; the text report has a minute less."
    assert page(model).replace(footer, "") == page(whole(model))
