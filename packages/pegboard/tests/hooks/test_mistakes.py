"""What type checkers flag in a plugin is refused at run time, too, as far as it can be seen there."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from pegboard.errors import ImplementationError

PROGRAMS = Path(__file__).parents[1] / "typing"
TEXT = (PROGRAMS / "hook_plugin.py").read_text(encoding="utf-8")


def first_line(statement):
    return min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", ()))])


def statements():
    """Return the plugin's statements, and those of them that are marked as mistakes."""
    lines = TEXT.splitlines()
    fitting, mistakes = [], {}
    for each in ast.parse(TEXT).body:
        if lines[first_line(each) - 2].startswith("# error"):
            mistakes[getattr(each, "name", ast.unparse(each))] = each
        else:
            fitting.append(each)
    return fitting, mistakes


FITTING, MISTAKES = statements()


@pytest.fixture
def plugin(interpreter, monkeypatch, tmp_path):
    """Return what executes statements of the plugin."""
    for name in ("CONFIG", "CACHE", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    sys.path.insert(0, str(PROGRAMS))
    names = {"__name__": "hook_plugin"}

    def execute(*wanted):
        code = ast.Module(list(wanted), [])
        exec(compile(code, "hook_plugin.py", "exec", annotations.compiler_flag, dont_inherit=True), names)

    return execute


ALLOWED = {
    "missing_parameter": "an implementation takes what it needs",
    "missing_second_parameter": "likewise",
    "named_only_is_missing": "likewise",
    "swapped_parameters": "parameters are found by name",
    "without_the_default": "each call passes all arguments",
    "positional_only": "one parameter, in the place of the hook's",
    "newer_than_published": "the hook has the parameter by now",
    "yields_something": "only annotations say what a generator yields, is sent and returns",
    "returns_nothing": "likewise; a call refuses None from a wrapper of a chain",
    "is_sent_something_else": "likewise",
    "has_one_result": "likewise; a call refuses what is no list",
    "returns_no_list": "likewise",
}
"""Mistakes for type checkers alone, and why."""


def test_what_type_checkers_accept_is_accepted(plugin):
    plugin(*FITTING)


@pytest.mark.parametrize("name", sorted(MISTAKES.keys() - ALLOWED.keys()))
def test_a_mistake_is_refused_when_it_is_registered(plugin, name):
    plugin(*FITTING)
    with pytest.raises((ImplementationError, AttributeError, TypeError)) as caught:
        plugin(MISTAKES[name])
    if isinstance(caught.value, ImplementationError):
        assert re.search(r"it is called as (async )?\w+\(", str(caught.value))
        assert re.search(rf"where: hook_plugin\.py:{first_line(MISTAKES[name])}$", str(caught.value), re.MULTILINE)


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_a_mistake_that_only_annotations_show_does_not_cost_the_plugin(plugin, name):
    plugin(*FITTING, MISTAKES[name])
