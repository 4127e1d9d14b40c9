"""The fixtures for the tests of plugins; `utt_plugins` here is what the author of a plugin writes."""

from __future__ import annotations

import os
import sys

import pytest

from utt.app import host
from utt.testing import CommandResult, utt, utt_with  # noqa: F401 -- a fixture

PLUGIN = """
from utt.api import v1

class Count:
    def __init__(self, entries: v1.Entries, output: v1.Output) -> None:
        self.entries, self.output = entries, output

    def __call__(self) -> None:
        print(len(self.entries), file=self.output)

v1.register_command(v1.Command("count", "Count the entries", Count, lambda parser: None))
"""


@pytest.fixture
def utt_plugins():
    return {"count": PLUGIN}


@pytest.mark.parametrize("_", range(2))
def test_a_test_has_a_log_a_clock_the_output_and_the_exit_status(utt, _):  # noqa: F811
    assert (utt("count").status, utt("count").out) == (0, "0\n")
    assert utt("hello").status == 0
    utt.now = "2026-03-02 13:30"
    assert utt("add", "a: b").err == ""
    assert utt.log.read_text() == "2026-03-02 12:00 hello\n2026-03-02 13:30 a: b\n"
    assert utt("count").out == "2\n"
    assert "(1h30) a: b\n" in utt("report").out


def test_a_command_that_fails_spoils_no_later_one(utt):  # noqa: F811
    utt.write_log("junk\n")
    assert utt("report") == CommandResult(1, "", utt("report").err)
    assert utt("nope").status == 2
    utt.write_log("")
    assert utt("count").out == "0\n"


def test_what_is_the_user_s_is_out_of_sight_and_nothing_stays(utt_plugins, tmp_path):
    before = dict(os.environ), list(sys.argv), sys.stdout, host.container.core
    with utt_with(utt_plugins, directory=tmp_path / "utt") as run:
        assert run("config", "--filename").out == f"{tmp_path}/utt/config/utt/utt.cfg\n"
        run.config.parent.mkdir(parents=True)
        run.config.write_text("[a]\nb = c\n")
        assert run("config").out == "[a]\nb = c\n\n"
    assert before == (dict(os.environ), list(sys.argv), sys.stdout, host.container.core)


def test_without_pytest_the_folder_is_a_temporary_one():
    with utt_with(log="2026-03-02 09:00 hello\n", now="2026-03-02 10:00") as run:
        assert run("add", "mail").status == 0
        assert run.log.read_text().endswith("10:00 mail\n")
        assert run("count").status == 2  # no plugin is seen that the test does not name
    assert not run.log.exists()
