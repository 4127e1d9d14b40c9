"""Watch mode: edits of real files, seen by the system's own means."""

from __future__ import annotations

import queue
import sys

import pytest

from pegboard.errors import HostError
from pegboard.watching import Watcher


@pytest.fixture
def application(live_application):
    """Return an application that is started in this process."""
    return live_application


class Told(queue.Queue):
    """What the watcher says, one line after another."""

    def __call__(self, text):
        self.put(text)

    def next(self):
        """Return the next line; fails, instead of waiting for ever, if there comes none in a minute."""
        return self.get(timeout=60)


@pytest.fixture
def told():
    return Told()


def test_an_edit_reloads_the_plugin(application, told):
    application.plugin("a", "api.register('x', 1)")
    application.plugin("b", "api.register('b', object())")
    host = application.start()
    other = application.things["b"]
    assert application.things["x"] == 1
    with Watcher(host, told=told):
        application.plugin("a", "api.register('x', 2)")
        assert told.next() == "plugin 'a' was reloaded"
        assert application.things["x"] == 2
        application.plugin("a", "api.register('x', 3)")
        assert told.next() == "plugin 'a' was reloaded"
        assert application.things["x"] == 3
    assert application.things["b"] is other


def test_a_new_file_is_a_new_plugin_and_one_that_is_gone_takes_it_along(application, told):
    file = application.plugin("a", "api.register('a')")
    host = application.start()
    application.things["a"]
    with Watcher(host, told=told):
        application.plugin("b", "api.register('b')")
        assert told.next() == "plugin 'b' was added"
        assert application.things.names() == ("a", "b")
        file.unlink()
        assert told.next() == "plugin 'a' was removed"
        assert application.things.names() == ("b",)
        application.plugin("a", "api.register('a', 'again')")
        assert told.next() == "plugin 'a' was added"
        assert application.things["a"] == "again"


def test_a_mistake_is_reported_and_the_old_code_serves_until_it_is_mended(application, told):
    application.plugin("a", "api.register('x', 'old')")
    reports = Told()
    host = application.start(report=reports)
    assert application.things["x"] == "old"
    with Watcher(host, told=told):
        application.plugin("a", "api.register('x', 'ne")
        assert "unterminated string literal" in reports.next().cause
        assert application.things["x"] == "old"
        application.plugin("a", "api.register('x', 'new')")
        assert told.next() == "plugin 'a' was reloaded"
        assert application.things["x"] == "new"


def test_a_plugin_that_never_worked_is_tried_when_anything_is_edited(application, told):
    application.plugin("a", "import acme_missing\napi.register('a')")
    host = application.start()
    host.start()
    assert host.plugin("a").state == "broken"
    with Watcher(host, told=told):
        application.plugin("a", "api.register('a')")
        assert told.next() == "plugin 'a' was reloaded"
    assert application.things.names() == ("a",)


def test_edits_of_packages_of_its_distribution_count(application, told):
    files = {
        "app/plugins/csv.py": "from app import api\nimport acme_csv.core\napi.register('csv', acme_csv.core.VALUE)\n",
        "acme_csv/__init__.py": "",
        "acme_csv/core.py": "VALUE = 1\n",
    }
    application.distribution("acme-csv", files)
    host = application.start()
    assert application.things["csv"] == 1
    with Watcher(host, told=told):
        application.tree.write("acme_csv/core.py", "VALUE = 2\n")
        assert told.next() == "plugin 'csv' was reloaded"
    assert application.things["csv"] == 2


@pytest.mark.slow
def test_a_plugin_that_waits_to_be_used_is_imported_when_it_is_edited(application, told):
    application.plugin("a", "api.register('x', 1)")
    application.start_elsewhere()
    host = application.start()
    assert application.things.names() == ("x",)
    assert host.plugin("a").state == "primed"
    with Watcher(host, told=told):
        application.plugin("a", "api.register('y', 1)")
        assert told.next() == "plugin 'a' was reloaded"
    assert application.things.names() == ("y",)


def test_a_clean_up_of_the_applications_own_that_fails_is_told_and_watching_goes_on(application, told):
    application.plugin("a", "api.provide('a', lambda: 1)")
    host = application.start()

    def user():
        yield host.container.get("a")
        raise OSError("its own")

    host.container.provide("user", user)
    host.container.get("user")
    with Watcher(host, told=told):
        application.plugin("a", "api.provide('a', lambda: 2)")
        assert told.next() == "plugin 'a' was reloaded, and then clean-ups of the application failed:"
        assert told.next() == "  OSError: its own"
        application.plugin("a", "api.provide('a', lambda: 3)")
        assert told.next() == "plugin 'a' was reloaded"


def test_without_the_extra_it_says_what_to_install(application, monkeypatch):
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(HostError, match=r"install pegboard\[watch\]"):
        Watcher(application.start())


def test_lines_go_to_standard_error_if_nobody_else_wants_them(application, capsys):
    application.plugin("a", "api.register('x', 1)")
    host = application.start()
    assert application.things["x"] == 1
    watcher = Watcher(host)
    watcher.apply([str(application.plugin("a", "api.register('x', 2)"))])
    assert capsys.readouterr().err == "app: plugin 'a' was reloaded\n"
