"""A fault is told once, shortly, to its reader; unless the user has muted it."""

from __future__ import annotations

import io
import json
import sys
from contextlib import suppress

import pytest

from pegboard.errors import (
    NameClashError,
    PegboardError,
    PluginCallError,
    PluginImportError,
    PluginSlowError,
    PluginStillRunningError,
    RecordedProblem,
    StrayPackageFileError,
    UnusedObjectError,
)
from pegboard.errors.readers import for_author, is_editable
from pegboard.reporting import MOST_AT_A_START, message
from pegboard.terminal import cells


def import_error(name="csv", cause="ValueError: no such key, whatever the service says about that today"):
    return PluginImportError(name, "acme-csv 1.2.0", cause)


ERRORS = {
    "import": import_error(),
    "no words": import_error(cause="x" * 500),
    "wide": import_error("表计算", "エラー" * 60),
    "clash": NameClashError("b", "acme-b 1.0", "exporters", "csv", "plugin 'a' of acme-a 1.0"),
    "no plugin": PegboardError("something is wrong " * 20),
    "tiny": PegboardError("no"),
}


@pytest.mark.parametrize("width", [20, 30, 40, 59, 60, 80, 132, 1000])
@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("commands", ["", "notes plugins"])
def test_a_message_fills_two_lines_of_a_terminal_at_the_most(kind, width, commands):
    error = ERRORS[kind]
    error.commands = commands
    lines = message(error, "notes", width).split("\n")
    assert len(lines) <= 2
    assert all(cells(line) <= width for line in lines)
    assert lines[0].startswith("notes:")
    shown = " ".join(map(str.strip, lines))
    assert shown == f"notes: {error.one_line()}".strip() or not commands or shown.endswith("(notes plugins doctor)")


def test_elsewhere_it_is_one_line_with_everything():
    error = import_error(cause="x " * 300)
    assert message(error, "notes", None) == f"notes: {error.one_line()}"


def test_what_fits_is_whole():
    assert message(ERRORS["tiny"], "notes", 40) == "notes: warning[pegboard-error]: no"


@pytest.fixture
def told(live_application, monkeypatch):
    """Return a function that starts the application, reports errors, and returns the lines on standard error."""

    def run(*errors, at_start=True, toml="", terminal=False, **options):
        (live_application.directory / "config").mkdir(exist_ok=True)
        (live_application.directory / "config" / "plugins.toml").write_text(toml)
        host = live_application.start(**{"report": None, **options})
        stream = io.StringIO()
        if terminal:
            stream.isatty = lambda: True
        monkeypatch.setattr(sys, "stderr", stream)
        if not at_start:
            host.start()
        for error in errors:
            host.report(error)
        host.start()
        return stream.getvalue().splitlines()

    return run


def test_a_start_tells_of_five_faults_and_how_many_more_there_are(told):
    errors = [import_error(f"p{number}") for number in range(MOST_AT_A_START + 3)]
    lines = told(*errors, commands="notes plugins")
    assert len(lines) == MOST_AT_A_START + 1
    assert lines[-1] == "app: and 3 more: notes plugins doctor"


def test_no_command_is_named_that_the_application_does_not_have(told):
    lines = told(*[import_error(f"p{number}") for number in range(MOST_AT_A_START + 1)])
    assert lines[-1].startswith("app: and 1 more: ")
    assert "doctor" not in lines[-1]


def test_five_are_all_that_is_said_and_the_same_is_said_once(told):
    lines = told(*[import_error(f"p{number % MOST_AT_A_START}") for number in range(20)])
    assert len(lines) == MOST_AT_A_START


def test_after_the_start_each_fault_is_told(told):
    assert len(told(*[import_error(f"p{number}") for number in range(9)], at_start=False)) == 9


MUTED = {
    "code": ["plugin-import-failed"],
    "plugin": ["csv"],
    "distribution": ["acme-csv"],
    "one of several": ["nobody", "csv"],
}


@pytest.mark.parametrize("how", MUTED)
def test_what_is_muted_is_not_told(told, how):
    errors = [import_error(), RecordedProblem("plugin-import-failed", import_error(cause="b").summary(), "")]
    other = NameClashError("other", "acme-other 1.0", "things", "x", "the application")
    (line,) = told(*errors, other, toml=f"mute = {json.dumps(MUTED[how])}\n")
    assert "name-clash" in line


@pytest.mark.parametrize(
    "toml", ["", "mute = []\n", "mute = ['other']\n", "mute = 3\n", "mute = [\n", "# mute = ['csv']\n"]
)
def test_what_is_not_muted_is_told(told, toml):
    assert any("plugin 'csv'" in line for line in told(import_error(), toml=toml))


def test_a_listener_is_not_told_of_what_is_muted(told):
    heard = []
    told(import_error(), import_error("b"), toml="mute = ['csv']\n", report=heard.append)
    assert [error.plugin for error in heard] == ["b"]


def test_what_is_muted_is_still_raised_in_strict_mode(told):
    with pytest.raises(PluginImportError):
        told(import_error(), toml="mute = ['csv']\n", strict=True)


# -- advice for its reader --------------------------------------------------------------------------------------------

CLASH = ("b", "acme-b 1.0", "exporters", "csv", "plugin 'a' of acme-a 1.0")


def reported(error, told, **options):
    host_options = {"strict": True} if options.pop("strict", False) else {}
    with suppress(PegboardError):
        told(error, **host_options, **options)
    return error.advice_for_reader()


def test_a_user_is_not_told_what_only_an_author_can_do(told):
    hint = reported(NameClashError(*CLASH), told, offers={"override": "add(override=True)"}, commands="notes plugins")
    assert hint == "disable one of the two, or keep both and silence this with `notes plugins mute b`"


def test_an_author_is_told_what_the_applications_api_offers(told):
    hint = reported(NameClashError(*CLASH), told, offers={"override": "add(override=True)"}, strict=True)
    assert hint == "disable one of the two; to replace it on purpose: add(override=True)"


def test_what_an_api_does_not_offer_is_not_advised(told):
    assert reported(NameClashError(*CLASH), told, strict=True) == "disable one of the two"
    running = PluginStillRunningError("a", "", "ticker", None)
    assert running.hint() == "restart the program"
    running.is_for_author, running.offers = True, {"on_unload": "v1.on_unload"}
    assert running.hint() == "end the thread in a function that is passed to v1.on_unload"


TO_AUTHORS = [
    PluginImportError("a", "", "c"),
    PluginImportError("a", "", "c", None, "update it, report the cause to its author, or leave it out with X=a"),
    PluginCallError("a", "", "running", "c"),
    PluginSlowError("a", "", 4.0, None),
    UnusedObjectError("a", "", "a:b"),
    StrayPackageFileError("a", "", "app", "x"),
]


@pytest.mark.parametrize("error", TO_AUTHORS, ids=map(repr, range(len(TO_AUTHORS))))
def test_an_author_is_not_sent_to_the_author(error):
    assert "author" in error.hint()
    error.is_for_author = True
    for text in (str(error), error.one_line()):
        assert "author" not in text
    assert error.advice_for_reader().strip(" ,;")


def test_hints_are_sentences_for_authors_too():
    assert for_author("update it, report the cause to its author, or leave it out with X=a") == (
        "correct it, or leave it out with X=a"
    )
    assert for_author("this is a fault of the plugin: update it, or report the cause to its author") == (
        "this is a fault of the plugin: correct it"
    )
    assert for_author("do what it asks for, or ask its author") == "do what it asks for"


@pytest.mark.parametrize(
    ("text", "expected"), [('{"dir_info": {"editable": true}, "url": "file:///x"}', True), ("{}", False)]
)
def test_whoever_installs_from_source_is_the_author(tree, text, expected):
    tree.write("Acme_CSV-1.2.0.dist-info/direct_url.json", text)
    assert is_editable("Acme-CSV 1.2.0") is expected
    assert not is_editable("")
    assert not is_editable("acme-other 1.0")


# -- tracebacks -------------------------------------------------------------------------------------------------------


def failed():
    error = import_error()
    error.__cause__ = ValueError("the cause")
    return error


def test_a_traceback_is_shown_to_whoever_asks_for_it(told):
    lines = told(failed(), traceback="APP_TRACEBACK", environ={"APP_TRACEBACK": "1"})
    assert len(lines) == 2
    assert lines[-1] == "ValueError: the cause"


def test_users_are_not_told_how_to_see_one(told):
    assert len(told(failed(), traceback="APP_TRACEBACK")) == 1
