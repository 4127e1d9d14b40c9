"""Both broken plugins, installed from a wheel beside utt: everything else works."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

WARNING = (
    "utt: warning[plugin-import-failed]: plugin 'broken_import' of utt-broken 0.1.0 could not be imported and is "
    "left out: RuntimeError: this plugin is broken on purpose"
)


@pytest.fixture
def utt(environments, user):
    environment = environments.shared_environment("packages/utt", "examples/utt-broken")
    return lambda *words: user.run(environment.program("utt"), "--now", "2026-03-03 11:30", *words)


def test_time_is_tracked_and_one_line_says_what_is_broken(utt, user):
    done = utt("hello")

    assert (done.code, done.out) == (0, "")
    assert done.err.startswith(WARNING)
    assert done.err.count("\n") == 1
    assert user.log.read_text() == "2026-03-03 11:30 hello\n"


def test_what_was_registered_before_the_fault_is_gone(utt):
    assert "half-registered" not in utt("--help").out
    assert utt("half-registered").code == 2


def test_a_command_that_fails_ends_with_an_error_that_names_its_plugin(utt):
    done = utt("--no-plugins=broken_import", "broken")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(
        "error: plugin 'broken_command' of utt-broken 0.1.0 failed while running command 'broken'\n"
        "  cause: RuntimeError: this command is broken on purpose\n"
    )
    assert "Traceback" not in done.err


def test_nothing_is_said_of_plugins_that_are_left_out(utt):
    assert utt("--no-plugins", "hello").err == ""
