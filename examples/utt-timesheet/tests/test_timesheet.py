"""The plugin as its users have it: installed from a wheel beside utt, and run."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

README = Path(__file__).parents[1] / "README.md"
LOG = """\
2026-02-27 22:00 hello
2026-02-28 01:10 beta: night shift

2026-03-02 09:00 hello
2026-03-02 09:30 mail
2026-03-02 12:30 acme: write the offer
2026-03-02 13:15 lunch **

2026-03-03 09:00 hello
2026-03-03 10:00 mail
2026-03-03 11:05 acme: call Zoé
"""


@pytest.fixture(scope="module")
def environment(environments):
    return environments.shared_environment("packages/utt", "examples/utt-timesheet")


@pytest.fixture
def timesheet(environment, user):
    user.write_log(LOG)
    return lambda *words: user.run(environment.program("utt"), "--now", "2026-03-03 11:30", "timesheet", *words)


def test_this_week_is_the_one_that_the_readme_shows(timesheet):
    shown = README.read_text(encoding="utf-8").split("$ utt timesheet\n")[1].split("```")[0]

    assert (timesheet().code, timesheet().out) == (0, shown)


def test_an_older_week_and_another_rounding(timesheet):
    assert timesheet("1", "--round", "6").out == (
        "Week 9, 2026    Mon    Tue    Wed    Thu    Fri    Sat    Sun  Total\n"
        "beta              -      -      -      -   2.00   1.20      -   3.20\n"
        "Total             -      -      -      -   2.00   1.20      -   3.20\n"
    )


def test_a_week_without_work_is_an_error(timesheet):
    done = timesheet("2")

    assert (done.code, done.out) == (1, "")
    assert done.err == "error: nothing was logged in the week from 2026-02-16; see: utt timesheet --help\n"


def test_wrong_usage_is_answered_by_the_parser(timesheet):
    done = timesheet("--round", "90")

    assert done.code == 2
    assert "argument --round: 90 is not between 1 and 60" in done.err


def test_the_help_of_utt_and_of_the_command_tell_of_it(environment, user):
    utt = environment.program("utt")

    assert "      timesheet         Show a week as a time sheet\n" in user.run(utt, "--help").out
    assert "usage: utt timesheet [-h] [--round MINUTES] [weeks_ago]\n" in user.run(utt, "timesheet", "-h").out
