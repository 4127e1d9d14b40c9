"""`pegboard.testing` on an application of ours, and on plugins that cheat."""

from __future__ import annotations

import sys

import pytest

from pegboard.testing import assert_same_lazily_and_eagerly, assert_steady, record


def test_record_returns_what_each_plugin_registers(primed):
    rows = record("app.api:host", environ=primed.environ)
    assert rows == {name: [f"things 't-{name}' {{'summary': 'by {name}'}}"] for name in "abc"}


def test_record_of_an_application_that_cannot_be_imported_says_why(primed):
    with pytest.raises(AssertionError, match="No module named 'nowhere'"):
        record("nowhere:host", environ=primed.environ)


def test_steady_plugins_pass(primed):
    assert_steady("app.api:host", environ=primed.environ)
    assert_steady("app.api:host", "a", environ=primed.environ)


def test_a_plugin_that_is_not_there_does_not_pass(primed):
    with pytest.raises(AssertionError, match="plugin 'ghost' is not there"):
        assert_steady("app.api:host", "ghost", environ=primed.environ)


def test_a_plugin_that_registers_something_else_each_time_does_not_pass(primed):
    primed.plugin("b", "import os\nregister(f'process {os.getpid()}', 1)\n")
    with pytest.raises(AssertionError, match="plugin 'b': no longer registers things 'process "):
        assert_steady("app.api:host", environ=primed.environ)
    assert_steady("app.api:host", "a", "c", environ=primed.environ)


def test_a_plugin_that_depends_on_the_order_of_imports_does_not_pass(primed):
    primed.plugin("b", "import sys\nif 'app.plugins.c' in sys.modules: register('after c', 1)\n")
    with pytest.raises(AssertionError, match="plugin 'b': now registers things 'after c'"):
        assert_steady("app.api:host", environ=primed.environ)


def test_a_command_that_does_the_same_lazily_passes_and_its_outcome_is_returned(primed):
    code = "from app.api import things; print(things.names())"
    outcome = assert_same_lazily_and_eagerly("app", [sys.executable, "-c", code], environ=primed.environ)
    assert (outcome.status, outcome.stdout, outcome.stderr) == (0, "('t-a', 't-b', 't-c')\n", "")


def test_a_command_that_shows_when_plugins_are_imported_does_not_pass(primed):
    code = "from app.api import things; import sys; things['t-a']; print('app.plugins.b' in sys.modules)"
    with pytest.raises(AssertionError, match="lazily, from records"):
        assert_same_lazily_and_eagerly("app", [sys.executable, "-c", code], environ=primed.environ)
