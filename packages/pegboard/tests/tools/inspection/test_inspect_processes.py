"""`plugins inspect` on an application with all kinds of plugins, each command a process, its page in a real browser."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from support.browser import opened

from pegboard.tools.inspection.page import GENERATOR

MAIN = """
import sys
from app.api import host
from pegboard.cli import manage, take_no_plugins
sys.exit(manage(host, take_no_plugins(sys.argv[1:], host), prog="app plugins"))
"""
EAGER = """
import threading
from app.plugins import a
threading.Thread(target=int, daemon=True).start()
"""


@pytest.fixture
def inspect(application):
    """Return what runs `app inspect …`; a and b register, c overrides a's, e is broken, f eager and imports a, g is off."""
    application.write("app/__main__.py", MAIN)
    application.plugin("a")
    application.plugin("b", "declare(after=['c'])")
    application.plugin("c", "register('t-a', 1, override=True)\nprovide(api.Clock, lambda: 2)")
    application.plugin("e", "raise RuntimeError('no luck')")
    application.plugin("f", EAGER)
    application.plugin("g")
    application.write("../home/.config/app/plugins.toml", "[plugins.g]\nenabled = false\n")
    application.settle()

    def run(*arguments, environ=(), **options):
        return subprocess.run(
            [sys.executable, "-B", "-m", "app", "inspect", *arguments],
            env=application.environ | dict(environ),
            cwd=application.root,
            check=False,
            **({"capture_output": True, "text": True} | options),
        )

    run("--json")  # the first start records
    return run


def test_the_page_shows_what_json_says(inspect, application, browser):
    result = inspect()
    path = application.root / "app-plugins.html"
    assert (result.returncode, result.stdout) == (0, f"{path}\n")
    page = opened(browser, path)
    data = json.loads(inspect("--json").stdout)

    assert data["counts"] == {"broken": 1, "eager": 1, "active": 1, "primed": 2, "disabled": 1}
    states = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('#list > li')].map((item) => [item.querySelector('.name').textContent, item.querySelector('.badge').textContent]))"
    )
    assert states == {plugin["name"]: plugin["state"] for plugin in data["plugins"]}
    assert states == {"a": "active", "b": "primed", "c": "primed", "e": "broken", "f": "eager", "g": "disabled"}
    assert page.get_by_text("RuntimeError: no luck").first.is_visible()
    table = page.get_by_role("region", name="Everything that several plugins have to do with").inner_text()
    assert "c\toverrides with\tcomponent app.api:Clock" in table
    assert "a\tdoes not get\tthings t-a" in table


def test_the_start_tells_what_was_imported_and_why(inspect):
    start = json.loads(inspect("--json").stdout)["start"]
    imports = {each["plugin"]: each for each in start["imports"]}

    assert list(imports) == ["e", "f", "a"]
    assert imports["e"]["because"] == "broken, and tried again at every start"
    assert imports["f"]["because"].startswith("eager: ")
    assert imports["a"]["because"] == "plugin 'f' imports it"
    assert imports["a"]["inside"] == "f"
    f = imports["f"]
    assert f["own_ms"] == pytest.approx(f["total_ms"] - imports["a"]["total_ms"], abs=0.01)
    assert f["at_ms"] <= imports["a"]["at_ms"] <= f["at_ms"] + f["total_ms"] <= start["total_ms"]


def test_a_first_start_imports_all_that_it_records(inspect, application):
    for path in application.home.rglob("*.index"):
        path.unlink()
    start = json.loads(inspect("--json").stdout)["start"]

    assert {each["plugin"] for each in start["imports"]} == {"a", "b", "c", "e", "f"}
    assert {each["plugin"]: each["because"] for each in start["imports"]}["c"].startswith("imported, to be recorded: ")


def test_watching_changes_nothing_of_what_is_recorded(inspect, application):
    watched = application.index.read_bytes()
    application.index.unlink()
    subprocess.run(
        [sys.executable, "-B", "-m", "app", "list"], env=application.environ, cwd=application.root, check=False, capture_output=True
    )  # fmt: skip

    assert application.index.read_bytes() == watched


def test_dash_writes_the_page_to_standard_output_whatever_its_encoding(inspect):
    result = inspect("-", environ={"PYTHONIOENCODING": "ascii"}, text=False)

    assert result.returncode == 0
    assert result.stdout.startswith(b"<!doctype html>")
    assert result.stdout.endswith(b"</html>\n")
    assert GENERATOR.encode() in result.stdout


def test_an_older_page_is_replaced_and_nothing_else_is(inspect, application):
    path = application.root / "page.html"
    assert inspect("page.html").returncode == 0
    path.write_bytes(path.read_bytes() + b"old")
    assert inspect("page.html").returncode == 0
    assert not path.read_bytes().endswith(b"old")
    path.write_text("mine")
    result = inspect("page.html")
    assert (result.returncode, path.read_text()) == (1, "mine")
    assert f"error: {path} cannot be written: it is there already, and is no such page\n  hint: " in result.stderr
    assert inspect("page.html", "--force").returncode == 0
    assert path.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("file", "problem"),
    [("no/page.html", "there is no folder"), ("home", "it is a folder"), ("/dev/null", "it is not a file")],
)
def test_where_no_page_can_be_it_says_so(inspect, application, file, problem):
    before = sorted(os.listdir(application.root))
    result = inspect(file, "--force")

    assert (result.returncode, result.stdout) == (1, "")
    assert f"cannot be written: {problem}" in result.stderr
    assert "Traceback" not in result.stderr
    assert sorted(os.listdir(application.root)) == before


@pytest.mark.parametrize("words", [("--json", "page.html"), ("--json", "--open"), ("-", "--open"), ("-", "--force")])
def test_what_contradicts_itself_is_a_usage_error(inspect, words):
    assert inspect(*words).returncode == 2


def test_ctrl_c_leaves_no_half_page(inspect, application):
    application.write("app/plugins/z.py", "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    result = inspect()

    assert result.returncode in (130, -signal.SIGINT)
    assert [path for path in os.listdir(application.root) if "plugins" in path] == []


def test_open_hands_the_page_to_the_browser(inspect, application):
    program = application.write("browser.sh", '#!/bin/sh\necho "$1" > "$0.seen"\n')
    program.chmod(0o700)
    result = inspect("--open", environ={"BROWSER": f"{program} %s"})

    assert result.returncode == 0
    assert (program.parent / "browser.sh.seen").read_text().strip() == (application.root / "app-plugins.html").as_uri()
