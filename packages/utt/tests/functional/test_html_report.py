"""The report as a page in a real browser: its contents and its accessibility."""

from __future__ import annotations

import os
import re
from itertools import pairwise

import pytest
from support.browser import opened

pytestmark = pytest.mark.slow

WEEK = """\
2021-03-01 09:00 hello
2021-03-01 09:30 mail
2021-03-01 10:45 acme: design the parser
2021-03-01 11:00 coffee **
2021-03-01 12:00 acme: review  # with Zoé
2021-03-01 12:30 commute ***
2021-03-01 13:15 beta-site: deploy

2021-03-03 08:00 hello
2021-03-03 09:45 acme: review
"""
LONG = "endless" * 60
NASTY = f"""\
2021-03-01 09:00 hello
2021-03-01 09:40 <script>document.title='taken'</script>: <img src=x onerror="document.title='taken'">  # </td></table>
2021-03-01 10:20 </style><b>: &lt;i&gt; &amp; "quotes" 'so'  # <!-- hidden
2021-03-01 11:00 שלום: עברית (1) 2  # مرحبا
2021-03-01 12:00 日本: 語 🧑‍🚀👩‍👩‍👧
2021-03-01 13:00 {LONG}: {LONG}  # {LONG}
2021-03-01 13:30 {LONG} **
2021-03-03 09:00 hello
2021-03-03 09:45 {"a b " * 90}
"""
YEAR = "".join(
    f"2020-{month:02d}-{day:02d} 09:00 hello\n"
    f"2020-{month:02d}-{day:02d} 1{day % 10}:00 project-{(month + day) % 11}: task {day}\n"
    for month in range(1, 13)
    for day in range(1, 29, 2)
)
LOGS = {"week": WEEK, "nasty": NASTY, "year": YEAR, "empty": ""}

CONTRAST = """() => {
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => [r, g, b]
    .map(part => part / 255).map(part => part <= .03928 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [.2126, .7152, .0722][at], 0);
  const ratio = (one, two) => {
    const [low, high] = [luminance(one), luminance(two)].sort((a, b) => a - b);
    return (high + .05) / (low + .05);
  };
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const drawn = element instanceof SVGElement, style = getComputedStyle(element);
    const says = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (says && element.localName !== 'title') {
      let behind = ground(element);
      if (element.classList.contains('key')) {
        let rect = element.previousElementSibling;
        behind = parse(getComputedStyle(rect).fill);
      }
      const value = ratio(parse(drawn ? style.fill : style.color), behind);
      found.push([value >= 4.5, `${element.localName}.${element.getAttribute('class')} ${value.toFixed(2)}`]);
    } else if (drawn && /\\bhue-/.test(element.getAttribute('class') || '')) {
      const value = ratio(parse(style.fill), ground(element));
      found.push([value >= 3, `${element.localName}.${element.getAttribute('class')} ${value.toFixed(2)}`]);
    }
  }
  return found;
}"""


BEYOND = """elements => elements
  .filter(element => element.getBoundingClientRect().right > innerWidth && !element.closest('.scroll'))
  .map(element => element.outerHTML.slice(0, 200))"""


@pytest.fixture
def page(home, browser):
    """Return what makes the page of a log, and opens it."""

    def make(log, *words, width=1400, scheme="light", now="2021-03-03 10:00", env=None):
        home.write_log(LOGS.get(log, log))
        done = home.utt("report", *words, "--html", now=now, env=env)
        assert (done.code, done.err) == (0, "")
        assert "<script" not in re.sub(r"&lt;script", "", done.out)
        path = home.root / "report.html"
        path.write_text(done.out, encoding="utf-8")
        return opened(browser, path, width=width, scheme=scheme)

    return make


def test_the_page_has_landmarks_and_headings_and_what_the_text_report_has(page):
    shown = page("week", "--week")

    assert shown.title() == "Monday, Mar 01, 2021 (week 9) to Sunday, Mar 07, 2021 (week 9) - utt report"
    assert shown.get_by_role("heading", level=1).inner_text() in shown.title()
    for landmark in ("banner", "main", "contentinfo"):
        assert shown.get_by_role(landmark).count() == 1
    names = ["Summary", "Hours by day and project", "Projects", "Breaks", "Days"]
    assert shown.get_by_role("heading", level=2).all_text_contents() == names
    for name in names:
        assert shown.get_by_role("region", name=name, exact=True).count() == 1
    assert shown.locator("main").get_by_role("region", name="Summary").aria_snapshot() == (
        '- region "Summary":\n'
        '  - heading "Summary" [level=2]\n'
        "  - term: Working\n"
        "  - definition: 5h30 5h15 + 0h15 going on\n"
        "  - term: Break\n"
        "  - definition: 0h15\n"
        "  - term: Total\n"
        "  - definition: 5h45 5h30 + 0h15 going on"
    )


def test_the_chart_has_a_name_and_its_numbers_are_a_table(page):
    shown = page("week", "--week", "--no-current-activity")
    hours = shown.get_by_role("region", name="Hours by day and project")

    assert hours.get_by_role("img").get_attribute("aria-label") == (
        "Stacked bars: hours by day and project, Mon, Mar 01, 2021 to Sun, Mar 07, 2021. "
        "The table below has the same numbers."
    )
    table = hours.get_by_role("table", name="Hours of work by day and project")
    heads = [text.split("\n")[-1] for text in table.get_by_role("columnheader").all_inner_texts()]  # after the letter
    assert heads == ["Day", "acme", "beta-site", "no project", "All"]
    rows = {row.get_by_role("rowheader").inner_text(): row.get_by_role("cell").all_inner_texts()
            for row in table.get_by_role("row").all()[1:]}  # fmt: skip
    assert rows["Mon, Mar 01, 2021"] == ["2h15", "0h45", "0h30", "3h30"]
    assert rows["Wed, Mar 03, 2021"] == ["1h45", "0h00", "0h00", "1h45"]
    assert rows["All"] == ["4h00", "0h45", "0h30", "5h15"]
    bars = hours.locator(".plot rect").evaluate_all("rects => rects.map(rect => rect.getBoundingClientRect().height)")
    assert [round(height / bars[0] * 135) for height in bars] == [135, 45, 30, 105]  # minutes, acme's first


def test_every_table_has_a_name_and_its_heads_say_what_for(page):
    shown = page("week", "--week", "--details", "--comments")

    assert shown.locator("table").count() == shown.locator("table > caption").count() >= 5
    assert shown.locator("th:not([scope])").count() == 0
    assert all(shown.locator("caption").all_text_contents())
    projects = shown.get_by_role("table", name="Projects and their activities")
    assert projects.get_by_role("rowheader", name="acme").count() == 1
    assert projects.get_by_role("row", name="review 2h45").count() == 1


def test_a_day_is_opened_with_the_keyboard(page):
    shown = page("week", "--week", "--comments")
    day = shown.locator("details.day").first
    activity = day.get_by_text("acme: design the parser")
    assert not activity.is_visible()

    day.locator("summary").focus()
    outline = day.locator("summary").evaluate("element => getComputedStyle(element).outlineStyle")
    shown.keyboard.press("Enter")

    assert outline == "solid"
    assert activity.is_visible()
    assert day.get_by_role("row", name="1h00 11:00 12:00 acme: review # with Zoé").count() == 1
    assert day.get_by_role("row", name="0h30 12:00 12:30 commute not counted").count() == 1
    shown.keyboard.press("Space")
    assert not activity.is_visible()


def test_everything_that_scrolls_or_opens_is_reached_with_the_tab_key_in_the_order_of_the_page(page):
    shown = page("week", "--week", width=400)
    reached = []
    for _ in range(5):
        shown.keyboard.press("Tab")
        reached.append(
            shown.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText")
        )

    assert reached[:3] == ["Chart of hours", "Hours by day and project as a table", "Table of hours"]
    assert [text[:17] for text in reached[3:]] == ["Mon, Mar 01, 2021", "Wed, Mar 03, 2021"]
    assert shown.get_by_role("group", name="Chart of hours").count() == 1


def test_what_is_going_on_is_marked(page):
    shown = page("week", "--current-activity", "acme: review")

    assert shown.get_by_text("going on", exact=True).count() == 2
    assert shown.get_by_role("row", name="0h15 09:45 10:00 acme: review going on").is_visible()


def test_an_empty_report_says_so(page):
    shown = page("empty", "--week")

    assert shown.get_by_role("definition").all_inner_texts() == ["0h00", "0h00", "0h00"]
    assert shown.get_by_text("Nothing was logged in this time.").is_visible()
    assert shown.locator("table, svg, details").count() == 0


def test_a_day_without_work_has_its_breaks(page):
    shown = page("2021-03-03 09:00 hello\n2021-03-03 09:30 coffee **\n", "--no-current-activity")

    assert shown.get_by_text("There is no work in this time.").is_visible()
    assert shown.get_by_role("table", name="Breaks").get_by_role("row", name="coffee 0h30").is_visible()
    assert shown.get_by_role("row", name="0h30 09:00 09:30 coffee break").is_visible()
    assert shown.locator("svg").count() == 0


def test_work_until_midnight_is_whole_and_the_difference_is_said(page):
    shown = page("2021-03-02 23:00 hello\n2021-03-03 00:00 a: x\n", "2021-03-02")

    assert shown.get_by_role("definition").all_inner_texts()[0] == "1h00"
    assert "0h59" not in shown.locator("main").inner_text()
    assert "the text report has a minute less" in shown.get_by_role("contentinfo").inner_text()


def test_names_are_only_text(page):
    shown = page("nasty", "--week", "--details", "--comments")

    assert shown.title().endswith("utt report")
    assert shown.locator("main img:not([role]), main b, main script").count() == 0
    assert shown.get_by_role(
        "rowheader", name="<script>document.title='taken'</script>", exact=False
    ).first.is_visible()
    assert shown.get_by_text("# </td></table>").is_visible()
    assert shown.get_by_text("&lt;i&gt; &amp; \"quotes\" 'so'").first.is_visible()
    assert "עברית (1) 2" in shown.locator("bdi").all_text_contents()


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("log", LOGS)
def test_nothing_is_wider_than_the_window(page, log, width):
    words = ["--from", "2020-01-01", "--to", "2020-12-31"] if log == "year" else ["--week", "--details", "--comments"]
    shown = page(log, *words, width=width)

    assert shown.evaluate("document.documentElement.scrollWidth") == width
    assert shown.locator("main *:not(.visually-hidden)").evaluate_all(BEYOND) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("words", [["--from", "2020-01-01", "--to", "2020-12-31"], ["--week"], ["2021-03-01"]])
def test_everybody_can_tell_text_and_bars_from_what_is_behind_them(page, scheme, words):
    shown = page(YEAR + WEEK, *words, "--details", "--comments", scheme=scheme)
    found = shown.evaluate(CONTRAST)

    assert len(found) > 30
    assert [what for enough, what in found if not enough] == []


def test_names_of_projects_above_the_table_of_hours_do_not_lie_on_one_another(page):
    shown = page("nasty", "--week")
    boxes = [head.bounding_box() for head in shown.locator(".hours thead th bdi").all()]

    assert len(boxes) == 5
    assert all(one["x"] + one["width"] <= next_["x"] for one, next_ in pairwise(boxes))


@pytest.mark.parametrize("width", [400, 1400])
def test_the_clock_below_a_day_is_readable(page, width):
    shown = page("week", "2021-03-01", width=width)
    strip = shown.get_by_role("img", name="What was done from 09:00 to 14:00.")
    boxes = [text.bounding_box() for text in strip.locator("text:not(.key)").all() if text.is_visible()]

    assert len(boxes) == (6 if width > 640 else 3)
    assert all(one["x"] + one["width"] < next_["x"] for one, next_ in pairwise(boxes))
    assert strip.locator("text.key").all_text_contents() == ["C", "A", "A", "B"]


def test_it_prints_dark_on_light_whatever_the_screen_has(page):
    shown = page("week", "--week", scheme="dark")
    shown.emulate_media(media="print", color_scheme="dark")

    assert shown.evaluate("getComputedStyle(document.body).color") == "rgb(28, 30, 33)"


def test_nothing_is_cut_off_on_paper(page):
    shown = page("year", "--from", "2020-01-01", "--to", "2020-12-31", width=700)
    wider = "elements => elements.map(element => element.scrollWidth - element.clientWidth)"
    assert max(shown.locator(".plot").evaluate_all(wider)) > 0
    shown.emulate_media(media="print")

    assert shown.locator(".scroll").evaluate_all(wider) == [0, 0]


def test_a_year_is_shown_by_weeks_and_its_days_are_in_months(page):
    shown = page("year", "--from", "2020-01-01", "--to", "2020-12-31")
    days = shown.get_by_role("region", name="Days")

    assert shown.get_by_role("heading", name="Hours by week and project").is_visible()
    assert shown.get_by_role("region", name="Hours by week and project").get_by_text("4 others").first.is_visible()
    months = days.locator("details.month > summary").all_inner_texts()
    assert len(months) == 12
    assert not days.get_by_text("Wed, Jan 01, 2020", exact=True).is_visible()
    days.get_by_text("Jan 2020", exact=True).click()
    assert days.get_by_text("Wed, Jan 01, 2020", exact=True).is_visible()


@pytest.fixture
def plugin(home):
    """Put a plugin on the import path; gives the environment to run utt in."""

    def put(text):
        folder = home.root / "site" / "utt" / "plugins"
        folder.mkdir(parents=True)
        (folder / "extra.py").write_text(text)
        return {"PYTHONPATH": os.pathsep.join([home.environment()["PYTHONPATH"], str(home.root / "site")])}

    return put


def test_activities_of_a_plugin_are_on_the_page(page, plugin):
    env = plugin(
        "from datetime import datetime\n"
        "from utt.api import v1\n"
        "def made_up() -> v1.Activities:\n"
        "    return [v1.Activity('made: up', datetime(2021, 3, 3, 8), datetime(2021, 3, 3, 11), False, None)]\n"
        "v1.register_component(v1.Activities, made_up)\n"
    )
    shown = page("week", env=env)

    assert shown.get_by_role("row", name="3h00 08:00 11:00 made: up").is_visible()
    assert "acme" not in shown.locator("body").inner_text()


def test_a_plugin_gives_the_page_other_looks_and_the_text_stays(home, plugin):
    home.write_log(WEEK)
    env = plugin(
        "from utt.api import v1\n"
        "class View:\n"
        "    def __init__(self, model: v1.ReportModel): self.model = model\n"
        "    def render(self, output): output.write(f'<p>{self.model.summary_model.working_time}\\n')\n"
        "v1.register_component(v1.HTMLReportView, View)\n"
    )

    assert home.utt("report", "--html", env=env).out == "<p>2:00:00\n"
    assert home.utt("report", env=env) == home.utt("report")


def test_a_page_written_where_there_is_no_utf_8_is_the_same_to_a_browser(page, home):
    shown = page("week", "2021-03-01", "--comments", env={"PYTHONIOENCODING": "ascii"})

    assert shown.get_by_text("# with Zoé").is_visible()


def test_the_page_is_the_same_bytes_each_time(home):
    home.write_log(WEEK)
    words = ["report", "--week", "--html"]

    assert home.utt(*words) == home.utt(*words, env={"PYTHONHASHSEED": "7"})
