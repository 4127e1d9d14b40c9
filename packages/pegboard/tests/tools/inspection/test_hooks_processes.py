"""What the `plugins` commands say of hooks, each command a process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.processes import API

MAIN = """
import sys
from app.api import host
from pegboard.cli import manage, take_no_plugins
sys.exit(manage(host, take_no_plugins(sys.argv[1:], host), prog="app plugins"))
"""
HOOKS = """
@host.hooks.notify
def saved(document: str, by: str = "nobody") -> None:
    "A document was saved."
@host.hooks.collect(faults="raise")
async def suggestions(document: str) -> str: raise NotImplementedError
@host.hooks.first
def nobodys(path: str) -> str: raise NotImplementedError
"""
LATE = """
@api.saved.implement.ordered("late", after=["b"])
def last(document): ...
@api.suggestions.implement
async def suggest(document): return document
"""
NORMAL = """
@api.saved.implement
def second(document): ...
@api.saved.implement.wrapper
def around(document):
    return (yield)
"""
EARLY = """
@api.saved.implement.ordered("early", before=["nobody"])
def first(by): ...
"""


@pytest.fixture
def plugins(application):
    """Return what runs `app …`; a is late, b is a wrapper, too, and c is early."""
    application.write("app/__main__.py", MAIN)
    application.write("app/api.py", API + HOOKS)
    for name, source in (("a", LATE), ("b", NORMAL), ("c", EARLY)):
        application.plugin(name, source)
    application.settle()

    def run(*arguments):
        command = [sys.executable, "-B", "-m", "app", *arguments]
        options = {"capture_output": True, "text": True, "cwd": application.root}
        return subprocess.run(command, check=False, env=application.environ, **options)

    assert run("list").returncode == 0
    return run


def test_why_shows_the_order_of_calls_and_its_reasons(plugins):
    result = plugins("why", "hook:saved")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[:4] == [
        "hook:saved",
        "  notify, faults: contain",
        "  saved(document: str, by: str = nobody) -> None",
        "  A document was saved.",
    ]
    assert lines[4].startswith("  declared at ")
    assert lines[5:] == [
        "  plugin 'b', primed: in use, wrapper 1 of 1 from the outside",
        "      app.plugins.b:around",
        "  plugin 'c', primed: in use, 1 of 3, since it says early and before 'nobody'",
        "      app.plugins.c:first",
        "  plugin 'b', primed: in use, 2 of 3",
        "      app.plugins.b:second",
        "  plugin 'a', primed: in use, 3 of 3, since it says late and after 'b'",
        "      app.plugins.a:last",
        "  not met: plugin 'c' wishes to come before 'nobody', which does not implement the hook",
        "  order: early ones first, late ones last; then wishes; then the order of plugins",
    ]


def test_why_lists_hooks_and_knows_the_nearest_name(plugins):
    assert plugins("why", "hook:").stdout.splitlines() == [
        "  hook:saved: b, c, b, a",
        "  hook:suggestions: a",
        "  hook:nobodys: nobody",
    ]
    assert "no plugin implements it" in plugins("why", "hook:nobodys").stdout
    missing = plugins("why", "hook:saves")
    assert (missing.returncode, "did you mean hook:saved" in missing.stdout) == (1, True)


def test_commands_show_implementations_as_such_and_no_registry_called_hook(plugins):
    data = json.loads(plugins("info", "a", "--json").stdout)
    found = [claim for claim in data["contributions"] if claim["kind"] == "hook"]
    assert [(claim["name"], claim["implementation"], claim["role"]) for claim in found] == [
        ("saved", "app.plugins.a:last", "implementation"),
        ("suggestions", "app.plugins.a:suggest", "implementation"),
    ]
    assert found[0]["metadata"] == {"parameters": "document", "order": "late", "after": ["b"]}
    shown = plugins("info", "b").stdout
    assert "  hook:saved: in use, wrapper 1 of 1 from the outside\n      function: app.plugins.b:around\n" in shown
    listed = json.loads(plugins("list", "--json").stdout)["plugins"]
    kinds = {claim["kind"] for plugin in listed for claim in plugin["contributions"]}
    assert "hook" in kinds
    assert not [kind for kind in kinds if kind.startswith("hook ")]
    assert "hook saved" not in plugins("list").stdout


def test_the_graph_and_the_inspector_have_hooks(plugins):
    graph = plugins("graph").stdout
    assert '["hook saved"]' in graph
    assert '|"implements"|' in graph
    assert '|"wraps"|' in graph
    data = json.loads(plugins("inspect", "--json").stdout)
    hooks = {hook["name"]: hook for hook in data["hooks"]}
    assert list(hooks) == ["saved", "suggestions", "nobodys"]
    assert hooks["suggestions"]["is_async"]
    assert hooks["suggestions"]["faults"] == "raise"
    assert [each["plugin"] for each in hooks["saved"]["implementations"]] == ["b", "c", "b", "a"]
    page = plugins("inspect", "-").stdout
    assert "<code>saved(document: str, by: str = nobody) -&gt; None</code>" in page
    assert "No plugin implements it." in page
