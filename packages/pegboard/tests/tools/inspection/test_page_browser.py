"""The inspector's page in a real browser: what it says, to whom, and that whatever plugins are called is only text."""

from __future__ import annotations

import re

import pytest
from support.browser import opened

from pegboard.hooks.explanation import HookExplanation, Implementation
from pegboard.tools.inspection.contributions import Claim
from pegboard.tools.inspection.inspector import inspector_data
from pegboard.tools.inspection.page import page
from pegboard.tools.inspection.start_imports import Import, Start
from pegboard.tools.inspection.survey import Fault, PluginView, Survey

NASTY = "</script><img src=x onerror=\"document.title='taken'\">'&amp;"
BACKWARDS = "\u202eevil שלום"
LONG = "long_" * 60


def claim(plugin, name, *, kind="things", overrides=(), is_in_use=True, **metadata):
    status = "in use" if is_in_use else "overridden"
    return Claim(kind, name, plugin, f"plugin {plugin!r}", status, is_in_use, tuple(overrides), metadata, True)


def plugin(name, place, *claims, state="primed", distribution="acme-tools", why="known from its record", fault=None):
    return PluginView(
        name=name,
        module=f"app.plugins.{name}",
        distribution=distribution,
        version="1.2",
        source="namespace",
        origin=f"/site/app/plugins/{name}.py",
        state=state,
        why=why,
        place=place,
        cost_ms=1.25,
        after=(),
        before=(),
        drifts=0,
        last_recorded_because="there is no record of it yet",
        inputs={"files": (f"/site/app/plugins/{name}.py",), "variables": ("LANG",)},
        contributions=claims,
        fault=fault,
    )


FAULT = Fault("plugin-import-failed", "plugin 'broken' could not be imported", "ValueError: no", "b.py:3", "mend it")


def page_of(plugins, *, imports=(), faults=(), hooks=()):
    claims = tuple(each for view in plugins for each in view.contributions)
    seen = Survey("app", tuple(plugins), claims, tuple(faults), tuple(hooks))
    return page(inspector_data(seen, Start(12.5, tuple(imports)), commands="app plugins"))


def few():
    plugins = [
        plugin("first", 1, claim("first", "greet", is_in_use=False, summary="says hello")),
        plugin("second", 2, claim("second", "greet", overrides=["first"]), distribution="other-tools"),
        plugin("broken", 3, state="broken", why="ValueError: no", fault=FAULT),
        plugin("early", 4, claim("early", "watch"), state="eager", why="it starts a thread"),
        plugin("off", 5, state="disabled", why="left out"),
    ]
    return page_of(plugins, imports=[Import("early", 3.0, None, 4.0, 2.0), Import("first", 5.0, "early", 2.0, 2.0)], faults=[FAULT])  # fmt: skip


def many(count=1000):
    return page_of(
        [
            plugin(
                f"plugin_{number:04}",
                number + 1,
                claim(f"plugin_{number:04}", f"thing-{number}"),
                claim(f"plugin_{number:04}", "all", is_in_use=number == count - 1),
                state="broken" if number == 500 else "primed",
            )
            for number in range(count)
        ],
        imports=[Import(f"plugin_{number:04}", number / 100, None, 0.5, 0.5) for number in range(count)],
    )


@pytest.fixture
def shown(browser, tmp_path):
    """Return what opens a page."""

    def show(text, **options):
        path = tmp_path / "page.html"
        path.write_bytes(text.encode("utf-8", "xmlcharrefreplace"))
        return opened(browser, path, **options)

    return show


def names(page):
    # their text, not what is drawn: what has just come into view is drawn with the next frame
    return page.locator("#list > li:visible .name").all_text_contents()


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.textContent")


def test_landmarks_and_names_are_there_for_screen_readers(shown):
    page = shown(few())

    assert page.get_by_role("banner").get_by_role("heading", level=1).inner_text() == "Plugins of app"
    assert page.get_by_role("navigation", name="Sections").get_by_role("link").count() == 4
    for name in ("Overview", "Errors", "Plugins", "Who overrides whom", "What this start imported"):
        assert page.get_by_role("main").get_by_role("region", name=name, exact=True).count() == 1, name
    search = page.get_by_role("search", name="Plugins")
    assert search.get_by_role("searchbox", name="Filter by name, distribution or contribution").count() == 1
    assert search.get_by_role("group", name="States").get_by_role("checkbox").count() == 4
    assert page.get_by_role("group", name="Graph of plugins and contributions").count() == 1
    assert page.get_by_role("button", name="Zoom in").count() == 1
    assert page.get_by_role("contentinfo").count() == 1
    assert page.evaluate(
        "[...document.querySelectorAll('input, select, button')].filter((each) => !each.labels.length && !each.innerText && !each.ariaLabel).length"
    ) == 0  # fmt: skip


def test_the_overview_counts_states(shown):
    tiles = shown(few()).get_by_role("region", name="Overview").locator(".tile").all_inner_texts()

    assert [tile.split() for tile in tiles][:-1] == [
        ["plugins", "5"],
        ["broken", "1"],
        ["eager", "1"],
        ["primed", "2"],
        ["disabled", "1"],
    ]


def test_an_error_tells_cause_place_remedy_and_the_next_command(shown):
    errors = shown(few()).get_by_role("region", name="Errors", exact=True)

    for text in (FAULT.what, FAULT.cause, FAULT.where, FAULT.hint, FAULT.code, "app plugins doctor"):
        assert errors.get_by_text(text, exact=True).is_visible(), text


@pytest.mark.parametrize("width", [400, 1400])
def test_a_hook_tells_who_implements_it_and_does_not_look_like_an_error(shown, width):
    answers = [
        Implementation("titles", "plugin 'titles'", "primed", f"app.plugins.titles:{word}", "implementation", {}, "in use, early, and before 'units'", True, True)
        for word in ("title", "a_function_with_a_long_name")
    ]  # fmt: skip
    hook = HookExplanation(
        "transform", True, "chain", "transform(text: str) -> str", "", "a.py:3", "raise", False, False, False, tuple(answers), ()
    )  # fmt: skip
    view = shown(page_of([], hooks=[hook], faults=[FAULT]), width=width)
    hooks = view.get_by_role("region", name="Hooks", exact=True)

    for text in (hook.signature, hook.where, "chain", "app.plugins.titles:title"):
        assert hooks.get_by_text(text, exact=True).is_visible(), text
    border = "getComputedStyle(document.querySelector('#{} li.card')).borderInlineStartWidth"
    assert [view.evaluate(border.format(section)) for section in ("errors", "hooks")] == ["4px", "1px"]
    lines = "[...document.querySelectorAll('.hook td:nth-child(2)')].map((cell) => { const text = document.createRange(); text.selectNodeContents(cell); return text.getClientRects().length; })"
    assert view.evaluate(lines) == [1, 1]
    assert view.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_plugin_tells_everything_when_it_is_opened(shown):
    page = shown(few())
    page.locator("summary", has_text="first").click()

    details = page.locator("details[open]").text_content()
    for text in ("known from its record", "acme-tools 1.2", "app.plugins.first", "/site/app/plugins/first.py", "LANG",
                 "1 in the order", "things:greet", "overridden", "summary: says hello", "no record of it yet"):  # fmt: skip
        assert text in details, text


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("SECond", ["second"]), ("other-tools", ["second"]), ("greet acme", ["first"]), ("nothing like it", [])],
)
def test_the_filter_finds_by_name_distribution_and_contribution(shown, typed, expected):
    page = shown(few())
    page.get_by_role("searchbox", name="Filter by").fill(typed)

    assert names(page) == expected
    assert page.locator("#shown").inner_text() == f"{len(expected)} of 5 plugins shown."
    assert page.locator("#shown").get_attribute("role") == "status"


def test_states_can_be_left_out(shown):
    page = shown(few())
    page.get_by_role("checkbox", name="primed (2)").uncheck()

    assert names(page) == ["broken", "early", "off"]


def test_everything_can_be_done_by_keyboard(shown):
    page = shown(few())
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the plugins"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page) == "filter"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.type("o")
    page.keyboard.press("ArrowDown")
    assert focused(page).startswith("first")
    page.keyboard.press("ArrowUp")
    page.keyboard.type("ff")
    page.keyboard.press("ArrowDown")
    assert focused(page).startswith("off")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+a")
    page.keyboard.type("brok")
    page.keyboard.press("ArrowDown")
    assert focused(page).startswith("broken")
    page.keyboard.press("Enter")
    assert page.locator("details[open] .name").text_content() == "broken"
    page.locator("details[open] button").wait_for()  # the browser tells of what it opened when it has time
    page.keyboard.press("Tab")
    assert focused(page) == "Show in the graph"
    page.keyboard.press("Enter")
    assert focused(page) == "canvas"
    box = page.locator("#canvas > svg")
    before = box.get_attribute("viewBox").split()
    page.keyboard.press("ArrowRight")
    moved = box.get_attribute("viewBox").split()
    assert float(moved[0]) == float(before[0]) + 60
    page.keyboard.press("+")
    assert float(box.get_attribute("viewBox").split()[2]) == pytest.approx(float(before[2]) / 1.25)
    page.keyboard.press("Tab")
    assert focused(page) != "canvas"


def test_the_graph_shows_who_overrides_whom_and_the_table_says_it(shown):
    page = shown(few())

    assert page.locator("#canvas .edge.overrides").count() == 1
    assert page.locator("#canvas .edge.loses").count() == 1
    table = page.get_by_role("region", name="Everything that several plugins have to do with")
    assert table.get_by_role("row").all_inner_texts()[1:] == [
        "first (acme-tools 1.2)\tdoes not get\tthings greet",
        "second (other-tools 1.2)\toverrides with\tthings greet",
    ]
    page.get_by_role("searchbox", name="Only plugins").fill("early")
    assert page.locator("#graph-shown").inner_text() == "1 plugin and 1 contribution drawn."
    page.get_by_role("searchbox", name="Only plugins").fill("")
    page.get_by_label("Show", exact=True).select_option("contested")
    assert page.locator("#graph-shown").inner_text() == "2 plugins and 1 contribution drawn."
    page.locator("#canvas .pick", has_text="second").click()
    assert "around second" in page.locator("#graph-shown").inner_text()


def test_the_graph_is_moved_with_the_mouse_and_never_lost(shown):
    page = shown(few())
    page.locator("#canvas").scroll_into_view_if_needed()
    box = page.locator("#canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 10
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 50, y - 20)
    page.mouse.up()
    assert float(page.locator("#canvas > svg").get_attribute("viewBox").split()[1]) == pytest.approx(20)
    page.locator("#canvas").focus()
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    assert page.locator("#canvas g").evaluate_all(
        "(nodes) => nodes.some((node) => node.getBoundingClientRect().right > document.getElementById('canvas').getBoundingClientRect().left)"
    )  # fmt: skip


def test_the_start_tells_when_how_long_and_why(shown):
    section = shown(few()).get_by_role("region", name="What this start imported")

    rows = [re.split(r"\s*\t\s*", row.strip()) for row in section.get_by_role("row").all_inner_texts()]
    assert rows[1] == ["early", "3.0", "2.0", "4.0", "eager: it starts a thread"]
    assert rows[2][:4] == ["first", "5.0", "2.0", "2.0"]
    assert rows[2][-1] == "plugin 'early' imports it"
    assert "imported 2 of 5 plugins; 3 did not have to be" in section.inner_text()


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const ground = (element) => { for (let e = element; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return rgba("Canvas"); };
  const texts = [...document.querySelectorAll("body *:not(script, option, svg *)")].filter((e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
  const found = texts.map((e) => [rgba(getComputedStyle(e).color), ground(e), e]);
  for (const e of document.querySelectorAll("#canvas text")) found.push([rgba(getComputedStyle(e).fill), rgba(getComputedStyle(e.closest("g").querySelector("rect")).fill), e]);
  return found.map(([fore, back, e]) => { const [a, b] = [light(fore), light(back)].sort((x, y) => y - x); return [e.tagName + "." + (e.getAttribute("class") ?? "") + " " + e.textContent.slice(0, 20), (a + .05) / (b + .05)]; });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read_in_light_and_dark(shown, scheme):
    page = shown(few(), scheme=scheme)
    for name in ("first", "broken"):
        page.locator("#list summary", has_text=name).click()

    found = page.evaluate(CONTRAST)
    assert len(found) > 100
    assert [(text, ratio) for text, ratio in found if ratio < 4.5] == []  # WCAG 2.2, 1.4.3


@pytest.mark.parametrize("width", [400, 1400])
def test_names_of_any_kind_are_only_text_and_nothing_overflows(shown, width):
    text = page_of(
        [
            plugin(name, place, claim(name, name, note=name), distribution=name, why=name, state="broken",
                   fault=Fault("plugin-import-failed", name, name, name, name))
            for place, name in enumerate((NASTY, BACKWARDS, LONG, "\ud800"), 1)
        ],
        imports=[Import(NASTY, 0, None, 1, 1), Import(LONG, 1, None, 1, 1)],
        faults=[Fault("plugin-import-failed", LONG, NASTY, BACKWARDS, LONG)],
    )  # fmt: skip
    page = shown(text, width=width)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")

    assert page.title() == "Plugins of app"
    assert page.locator("img").count() == 0
    assert page.locator("#list .name").first.text_content() == NASTY
    assert NASTY in page.locator("#canvas title").first.text_content()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_role("searchbox", name="Filter by").fill("<img")
    assert len(names(page)) == 1


def test_without_javascript_everything_is_there(browser, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(few())
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())

    assert page.locator("#list > li").count() == 5
    assert not page.get_by_role("search").is_visible()
    assert not page.locator("#drawing").is_visible()
    page.locator("summary", has_text="first").click()
    assert page.get_by_text("app.plugins.first", exact=True).is_visible()
    assert page.get_by_role("cell", name="overrides with").is_visible()
    assert page.get_by_role("cell", name="eager: it starts a thread").is_visible()


def test_an_application_without_plugins_has_a_page(shown):
    page = shown(page_of([]))

    assert page.get_by_text("This application has no plugins.").is_visible()
    assert page.get_by_text("Nothing went wrong in this start.").is_visible()


@pytest.mark.parametrize("width", [400, 1400])
def test_a_thousand_plugins_can_be_used(shown, width):
    text = many()
    assert len(text) < 2_500_000
    page = shown(text, width=width)

    assert page.locator("#list > li").count() == 1000
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_role("searchbox", name="Filter by").fill("thing-77")
    assert page.locator("#shown").inner_text() == "11 of 1000 plugins shown."
    page.get_by_role("searchbox", name="Filter by").fill("")
    page.get_by_role("checkbox", name="primed (999)").uncheck()
    assert names(page) == ["plugin_0500"]
    page.get_by_role("searchbox", name="Only plugins").fill("plugin_0042")
    assert page.locator("#canvas .edge.loses").count() > 0
