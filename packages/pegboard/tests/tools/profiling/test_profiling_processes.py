"""`plugins profile` on an application, each run a process."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import pytest

MAIN = """
import sys
from app.api import host
from pegboard.cli import take_no_plugins
arguments = take_no_plugins(sys.argv[1:], host)
if arguments[:1] == ["plugins"]:
    from pegboard.cli import manage
    sys.exit(manage(host, arguments[1:], prog="app plugins"))
host.registry("things").get(arguments[0])
if arguments[0] == "fail":
    sys.exit(5)
print("hello")
"""


@pytest.fixture
def profile(application):
    """Return a function that runs `app plugins profile …` in a process of its own."""
    application.write("app/__main__.py", MAIN)
    application.write("heavy/__init__.py", "from heavy import part\n")
    application.write(
        "heavy/part.py", "import time\nend = time.perf_counter() + 0.03\nwhile time.perf_counter() < end: pass\n"
    )
    application.write("light.py", "")
    application.plugin("a", "import heavy\nimport light\n")
    application.plugin("b", "import light\n")
    application.plugin("c", "declare(eager=True)\nimport app.plugins.b\n")
    application.settle()

    def run(*arguments, **environ):
        return subprocess.run(
            [sys.executable, "-B", "-m", "app", "plugins", "profile", *arguments],
            env=application.environ | environ,
            capture_output=True,
            text=True,
            check=False,
            cwd=application.root,
        )

    return run


def answer(result):
    assert result.stdout, result.stderr
    return json.loads(result.stdout)


def test_sums_add_up_and_each_plugin_knows_its_cause(profile):
    result = answer(profile("--json"))
    plugins = {plugin["name"]: plugin for plugin in result["plugins"]}
    assert plugins.keys() == {"a", "b", "c"}
    for plugin in plugins.values():
        assert plugin["own_ms"] + plugin["shared_ms"] == pytest.approx(plugin["total_ms"])
    assert sum(plugin["total_ms"] for plugin in plugins.values()) == pytest.approx(result["plugins_ms"])
    assert result["plugins_ms"] + result["application_ms"] == pytest.approx(result["imports_ms"])
    assert result["imports_ms"] <= result["total_ms"]
    assert plugins["c"]["cause"] == "at every start: eager"
    assert plugins["b"]["cause"].startswith("at every start: imported by plugin 'c' (c.py:")
    assert plugins["a"]["cause"] == "waits until it is used"


def test_the_slow_import_is_blamed_on_who_asked_for_it(profile):
    result = profile("--rounds", "1")
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("a  ") and "heavy" in line]
    assert "third party" in line
    assert "hint: plugin 'a' would be imported" in result.stdout
    assert "if it imported 'heavy' inside the functions that need it" in result.stdout


def test_what_two_plugins_ask_for_is_shared_by_who_paid(profile):
    plugins = {plugin["name"]: plugin for plugin in answer(profile("--json"))["plugins"]}
    assert plugins["b"]["shared_ms"] > 0  # `light`, which `c` has `b` import before `a` does
    assert plugins["a"]["shared_ms"] < 20  # `heavy` is its own


def test_a_command_of_the_application_is_profiled_as_it_is(profile):
    profile()
    result = answer(profile("--json", "--", "t-a"))
    plugins = {plugin["name"]: plugin for plugin in result["plugins"]}
    assert plugins.keys() == {"a", "b", "c"}  # c is eager, and imports b
    assert plugins["a"]["cause"].startswith("things 't-a' by __main__ (__main__.py:")
    assert answer(profile("--json", "--", "t-c"))["not_imported"] == {"a": "primed"}


def test_a_start_that_records_or_imports_everything_is_the_cause(profile):
    def causes(**environ):
        return {each["name"]: each["cause"] for each in answer(profile("--json", "--", "t-a", **environ))["plugins"]}

    assert causes() == dict.fromkeys("abc", "to be recorded")  # there is no index yet
    assert causes(APP_PLUGINS_LAZY="0") == dict.fromkeys("abc", "eager")


def test_a_command_that_fails_is_profiled_and_its_failure_passed_on(profile):
    result = profile("--json", "--", "fail")
    assert (result.returncode, answer(result)["status"]) == (1, 5)


def test_the_trace_has_what_its_format_asks_for(profile, tmp_path):
    file = tmp_path / "trace.json"
    result = profile("--rounds", "1", "--trace", str(file), "--json")
    data = json.loads(file.read_text())
    assert data["displayTimeUnit"] == "ms"
    spans = [event for event in data["traceEvents"] if event["ph"] == "X"]
    labels = [event for event in data["traceEvents"] if event["ph"] == "M"]
    assert {label["args"]["name"] for label in labels} == {"app", "phases", "plugins", "modules"}
    assert {label["tid"] for label in labels if label["name"] == "thread_name"} == {span["tid"] for span in spans}
    total_us = answer(result)["total_ms"] * 1000
    for span in spans:
        assert span.keys() == {"ph", "name", "cat", "ts", "dur", "pid", "tid", "args"}
        assert 0 <= span["ts"] <= span["ts"] + span["dur"] <= total_us + 1
    for one, other in itertools.combinations(spans, 2):
        if one["tid"] == other["tid"]:
            first, second = sorted((one, other), key=lambda span: (span["ts"], -span["dur"]))
            end = first["ts"] + first["dur"]
            assert second["ts"] >= end - 0.001 or second["ts"] + second["dur"] <= end + 0.001
    assert {span["name"] for span in spans if span["cat"] == "plugin"} == {"a", "b", "c"}
    (heavy,) = [span for span in spans if span["name"] == "heavy"]
    assert heavy["dur"] > 30_000  # microseconds
    assert heavy["args"]["plugin"] == "a"
    assert {span["name"] for span in spans if span["cat"] == "phase"} == {"program", "application", "start", "plugins"}


def test_a_trace_that_cannot_be_written_is_said(profile, tmp_path):
    (tmp_path / "file").write_text("")
    result = profile("--rounds", "1", "--trace", str(tmp_path / "file" / "trace.json"))
    assert (result.returncode, result.stdout) == (1, "")
    assert "cannot be written" in result.stderr


def test_a_plugin_that_ends_the_process_is_told_from_a_slow_one(profile, application):
    application.plugin("d", "import os\nos._exit(7)\n")
    result = profile()
    assert result.returncode == 1
    assert "error: the process that was measured ended with status 7" in result.stderr


def test_a_broken_plugin_keeps_nobody_from_measuring(profile, application):
    application.plugin("d", "raise ValueError\n")
    assert {plugin["name"] for plugin in answer(profile("--json"))["plugins"]} == {"a", "b", "c", "d"}


def test_wrong_numbers_are_refused(profile):
    assert profile("--rounds", "0").returncode == 2
