# The log is in naive local time, and digits are of any script.
from __future__ import annotations

import io
from datetime import date, datetime, timedelta

import pytest
from support.markup import parsed, text_of, with_class

from pegboard.html.element import element
from utt.domain.activity import Activity
from utt.domain.report_args import DateRange, ReportArgs
from utt.report.html.chart import lines
from utt.report.html.elements import activity_name, plain_activity_name
from utt.report.html.hours import hours
from utt.report.html.page import page, render_html
from utt.report.model import ReportModel


def did(name, day, minutes=60, *, at="09:00", current=False, comment=None):
    start = datetime.fromisoformat(f"{day} {at}")
    return Activity(name, start, start + timedelta(minutes=minutes), current, comment)


def between(first, last):
    return DateRange(date.fromisoformat(first), date.fromisoformat(last))


def model(*activities, days=("2021-03-01", "2021-03-07"), **args):
    defaults = {
        "current_activity_name": None, "project_name_filter": None, "csv_section": None,
        "show_comments": False, "show_details": False, "show_per_day": False,
    }  # fmt: skip
    return ReportModel(list(activities), ReportArgs(range=between(*days), **{**defaults, **args}))


def work(*intervals):
    return hours([did("a", day, minutes) for day, minutes in intervals], between("2021-03-01", "2021-03-02"))


@pytest.mark.parametrize(
    ("last", "unit", "count"),
    [
        ("2021-01-01", "day", 1),
        ("2021-01-07", "day", 7),
        ("2021-02-14", "day", 45),
        ("2021-02-15", "week", 8),
        ("2021-12-31", "week", 53),
        ("2022-12-31", "month", 24),
        ("2030-12-31", "year", 10),
    ],
)
def test_many_days_are_shown_by_weeks_months_or_years(last, unit, count):
    made = hours([did("a", "2021-01-01"), did("b", last)], between("2021-01-01", last))

    assert (made.unit, len(made.intervals)) == (unit, count)
    assert made.total(made.intervals[0]) >= timedelta(hours=1)
    assert sum((made.total(interval) for interval in made.intervals), timedelta()) == timedelta(hours=2)


def test_a_week_has_all_its_days_and_years_only_those_from_the_first_work_to_the_last():
    few = hours([did("a", "2021-03-03")], between("2021-03-01", "2021-03-07"))
    many = hours([did("a", "2021-03-03"), did("a", "2021-03-05")], between("1990-01-01", "2030-12-31"))

    assert [interval.tick for interval in few.intervals] == [
        "Mon 1", "Tue 2", "Wed 3", "Thu 4", "Fri 5", "Sat 6", "Sun 7",
    ]  # fmt: skip
    assert [interval.tick for interval in many.intervals] == ["Wed 3", "Thu 4", "Fri 5"]


def test_a_week_belongs_to_the_month_of_its_thursday_and_short_groups_have_no_title():
    made = hours([did("a", "2020-12-31"), did("a", "2021-04-30")], between("2020-12-31", "2021-04-30"))
    titles = [(interval.tick, interval.group) for interval in made.intervals if interval.group]

    assert made.intervals[0].name == "Week 53, Dec 28, 2020"
    assert titles == [("1", "Jan 2021"), ("5", "Feb"), ("9", "Mar"), ("13", "Apr")]


def test_the_smaller_ones_of_many_projects_are_one():
    activities = [did(f"p{number}: x", "2021-03-01", 10 * number) for number in range(1, 12)]
    made = hours(activities, between("2021-03-01", "2021-03-01"))

    assert [share.projects for share in made.shares[:7]] == [(f"p{number}",) for number in range(11, 4, -1)]
    assert made.shares[7].projects == ("p4", "p3", "p2", "p1")
    assert made.shares[7].time == timedelta(minutes=100)
    assert [share.key for share in made.shares] == list("ABCDEFGH")
    assert [len(share.projects) for share in hours(activities[:8], between("2021-03-01", "2021-03-01")).shares] == [
        1
    ] * 8


def test_breaks_and_what_does_not_count_are_in_no_bar():
    made = hours([did("a **", "2021-03-01"), did("b ***", "2021-03-01")], between("2021-03-01", "2021-03-01"))

    assert (made.intervals, made.shares, made.times) == ([], [], {})


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (1, [0, 0.25]),
        (60, [0, 0.25, 0.5, 0.75, 1]),
        (61, [0, 0.25, 0.5, 0.75, 1, 1.25]),
        (525, [0, 2, 4, 6, 8, 10]),
        (60 * 130, [0, 50, 100, 150]),
        (60 * 3000, [0, 1000, 2000, 3000]),
    ],
)
def test_the_lines_of_the_chart_are_round_and_few_and_reach_above_the_highest_bar(minutes, expected):
    made = lines(work(("2021-03-01", minutes)))

    assert made[: len(expected)] == expected
    assert len(made) <= 6
    assert made[-1] >= minutes / 60


def test_a_single_day_is_shown_by_the_clock():
    shown = parsed(
        page(
            model(
                did("p: x", "2021-03-01", 90, at="08:30"),
                did("lunch **", "2021-03-01", 30, at="10:00"),
                did("b", "2021-03-01", 40, at="23:20"),
                days=("2021-03-01", "2021-03-01"),
            )
        )
    )
    (strip,) = with_class(shown, "strip")

    assert [text_of(title) for title in strip.iter("title")] == [
        "08:30-10:00 p: x (1h30)", "10:00-10:30 lunch (0h30)", "23:20-00:00 b (0h40)",
    ]  # fmt: skip
    times = [text_of(text) for text in strip.find("svg[@role]").iter("text") if ":" in text_of(text)]
    assert (times[0], times[-1]) == ("08:00", "24:00")
    assert not with_class(shown, "hours")


def test_what_a_plugin_says_took_no_time_is_shown():
    shown = parsed(page(model(did("a", "2021-03-01", 0), days=("2021-03-01", "2021-03-01"))))

    assert [text_of(title) for title in shown.iter("title")][1:] == ["09:00-09:00 a (0h00)"]


def test_work_on_a_single_day_of_a_long_time_is_shown_without_the_breaks_of_other_days():
    shown = parsed(
        page(
            model(
                did("rest **", "2021-02-01"),
                did("a", "2021-03-01", at="10:00"),
                did("rest **", "2021-05-01"),
                days=("2021-01-01", "2021-12-31"),
            )
        )
    )
    (strip,) = with_class(shown, "strip")

    assert [text_of(title) for title in strip.iter("title")] == ["10:00-11:00 a (1h00)"]


def test_comments_are_shown_if_they_are_asked_for():
    activity = did("a", "2021-03-01", comment="with Zoé")

    assert "# with Zoé" in text_of(parsed(page(model(activity, show_comments=True))))
    assert "Zoé" not in page(model(activity))


def test_per_day_puts_the_days_first_as_the_text_has_them_in_the_place_of_the_projects():
    def order(**args):
        return [head.get("id") for head in parsed(page(model(did("a", "2021-03-01"), **args))).iter("h2")]

    assert order() == ["summary", "hours", "projects", "days"]
    assert order(show_per_day=True) == ["summary", "hours", "days", "projects"]


@pytest.mark.parametrize("details", [False, True])
def test_many_days_are_in_months_with_their_sums_and_all_of_it_is_open_if_details_are_asked_for(details):
    first = date(2021, 1, 1)
    activities = [did("a", first + timedelta(days=number), 70) for number in range(40)]
    shown = parsed(page(model(*activities, days=("2021-01-01", "2021-02-09"), show_details=details)))
    months = with_class(shown, "month")

    assert [text_of(month.find("summary")) for month in months] == ["Jan 202136h1036.2 h", "Feb 202110h3010.5 h"]
    assert [len(with_class(month, "day")) for month in months] == [31, 9]
    assert {found.get("open") for found in [*months, *with_class(shown, "day")]} == {"" if details else None}


def test_the_project_that_the_report_is_of_is_named():
    assert "Time report of acme" in text_of(parsed(page(model(project_name_filter="acme"))))
    assert "Time report of no project" in text_of(parsed(page(model(project_name_filter=""))))


def test_a_name_of_nothing_is_told_in_words():
    shown = parsed(page(model(did("", "2021-03-01", current=True))))

    (row,) = with_class(shown, "details")[0].iterfind("tbody/tr")
    assert text_of(row.find("th")) == "no name going on"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16", "utf-8", "UTF_8"])
def test_the_page_is_right_in_every_encoding(encoding):
    raw = io.BytesIO()
    output = io.TextIOWrapper(raw, encoding=encoding, newline="")
    render_html(model(did("日本: é \udcff", "2021-03-01")), output)
    output.flush()
    written = raw.getvalue()

    text = written.decode("utf-16" if encoding == "utf-16" else "utf-8")  # as a browser reads it
    assert "日本: é" in text_of(parsed(text))
    assert ("&#233;" in text) == ("utf" not in encoding.lower() or encoding == "utf-16")


def test_an_output_that_only_has_write_gets_the_page_too():
    class Sink:
        text = ""

        def write(self, text):
            self.text += text

    sink = Sink()
    render_html(model(did("é", "2021-03-01")), sink)

    assert text_of(parsed(sink.text)).count("é") == 2


def test_texts_and_elements_stay_in_their_order():
    made = element("p", "a", element("b", "c"), None, "d", "e", element("i"), "f", class_="x", aria_label="y")

    assert "".join(made.itertext()) == "acdef"
    assert made.attrib == {"class": "x", "aria-label": "y"}


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("lunch **", "lunch"),
        ("acme: nap ***", "acme: nap"),
        ("br**", "br"),
        ("x ****", "x"),
        ("-- Current Activity --", "Current Activity"),
        ("-- a -- b --", "a -- b"),
        ("-- a", "-- a"),
        ("a --", "a --"),
        ("**", "**"),
        ("* a", "* a"),
        ("a *", "a *"),
    ],
)
def test_what_marks_the_type_of_an_activity_is_there_and_not_seen(name, seen):
    shown = activity_name(name)
    assert text_of(shown) == name
    for mark in with_class(shown, "mark"):  # the style of the page hides it
        mark.text = ""
    assert text_of(shown) == seen
    assert plain_activity_name(name) == seen
