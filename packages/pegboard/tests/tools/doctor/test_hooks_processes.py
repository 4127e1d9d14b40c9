"""What `doctor` and `profile` say of hooks, each command a process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.processes import API

MAIN = """
import sys
from app.api import host, started
from pegboard.cli import manage, take_no_plugins
arguments = take_no_plugins(sys.argv[1:], host)
started("now")
if arguments[:1] != ["plugins"]:
    sys.exit()
sys.exit(manage(host, arguments[1:], prog="app plugins"))
"""
HOOKS = """
@host.hooks.notify
def started(when: str) -> None: ...
@host.hooks.notify
def saved() -> None: ...
"""
GONE = """
import sys
if sys.argv[-1] != "--no-import":  # as a module that only some commands import
    @host.hooks.notify
    def gone() -> None: ...
"""
SLOW = """
@api.started.implement
def slow(when):
    end = __import__('time').perf_counter() + 0.03
    while __import__('time').perf_counter() < end: pass
"""
LAST = """
@api.saved.implement.ordered("early", after=["b"])
def first(): ...
"""
CALM = """
@api.saved.implement.ordered(after=["nobody"])
def calm(): ...
"""


@pytest.fixture
def run(application):
    """Return what runs `app plugins …`; a answers at each start, b and c do not, d implements a hook that is gone."""
    application.write("app/__main__.py", MAIN)
    application.write("app/api.py", API + HOOKS)
    for name, text in (("a", SLOW), ("b", CALM), ("c", LAST)):
        application.plugin(name, text)
    application.settle()

    def plugins(*arguments):
        command = [sys.executable, "-B", "-m", "app", "plugins", *arguments]
        options = {"capture_output": True, "text": True, "cwd": application.root}
        return subprocess.run(command, check=False, env=application.environ, **options)

    assert plugins("list").returncode == 0
    return plugins


def findings(run, *words):
    result = run("doctor", "--json", *words)
    assert result.stdout, result.stderr
    return [each for each in json.loads(result.stdout)["findings"] if each["code"].startswith("hook-")]


def test_the_doctor_names_hooks_of_every_start_and_wishes_that_are_not_met(run):
    found = {each["code"]: each for each in findings(run)}
    assert {code: (each["severity"], each["plugin"]) for code, each in found.items()} == {
        "hook-at-every-start": ("note", "a"),
        "hook-order-unmet": ("note", "c"),
    }
    assert "the hook 'started' is called" in found["hook-at-every-start"]["what"]
    assert "the hook 'saved' after 'b', which comes later" in found["hook-order-unmet"]["what"]


def test_the_doctor_names_who_implements_a_hook_that_is_gone(run, application):
    application.write("app/api.py", API + HOOKS + GONE)
    application.plugin("d", "@api.gone.implement\ndef f(): ...\n")
    application.settle()
    run("list")
    assert "hook-undeclared" not in [each["code"] for each in findings(run)]
    (found,) = [each for each in findings(run, "--no-import") if each["code"] == "hook-undeclared"]
    assert (found["plugin"], "'gone'" in found["what"]) == ("d", True)


def test_profile_shows_the_time_in_answers_without_imports(run):
    data = json.loads(run("profile", "--json", "--rounds", "1").stdout)
    (answer,) = data["hooks"]
    assert (answer["plugin"], answer["hook"], answer["calls"]) == ("a", "started", 1)
    assert 30 <= answer["ms"] < 300
    cause = next(plugin["cause"] for plugin in data["plugins"] if plugin["name"] == "a")
    assert cause.startswith("at every start: hook started 'app.plugins.a:slow' by __main__ (__main__.py:")
    shown = run("profile", "--rounds", "1").stdout
    assert "What they answered when hooks were called, without their imports:" in shown
