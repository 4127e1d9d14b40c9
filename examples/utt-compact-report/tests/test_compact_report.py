"""The plugin as users have it: installed from a wheel beside utt, and run."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

README = Path(__file__).parents[1] / "README.md"
LOG = """\
2026-03-02 09:00 hello
2026-03-02 09:30 mail
2026-03-02 12:30 acme: write the offer
2026-03-02 13:15 lunch **
2026-03-02 14:15 beta: test  # on the phone
2026-03-02 14:45 way home ***

2026-03-03 09:00 hello
2026-03-03 10:00 mail
2026-03-03 11:00 acme: call Zoé
"""


@pytest.fixture(scope="module")
def environment(environments):
    return environments.shared_environment("packages/utt", "examples/utt-compact-report")


@pytest.fixture
def report(environment, user):
    user.write_log(LOG)

    def run(*words, now="2026-03-03 11:00"):
        done = user.run(environment.program("utt"), "--now", now, *words)
        assert (done.code, done.err) == (0, "")
        return done.out

    return run


def test_the_report_of_a_week_is_the_one_that_the_readme_shows(report):
    shown = README.read_text(encoding="utf-8").split("$ utt report --week\n")[1].split("```")[0]

    assert report("report", "--week") == shown


def test_what_goes_on_now_is_named(report):
    assert report("report", "--current-activity", "acme: talk", now="2026-03-03 11:30") == (
        "Tue 2026-03-03: 2h30 work, 0h00 break\n"
        "  acme            1h30   60%  ##################\n"
        "  (no project)    1h00   40%  ############\n"
        "  since 11:00: acme: talk, 0h30\n"
    )


def test_a_day_without_work_has_no_projects(report):
    assert report("report", "2026-03-01") == "Sun 2026-03-01: 0h00 work, 0h00 break\n"


def test_sections_that_are_asked_for_are_those_of_utt(report):
    shown = report("report", "monday", "--details", "--comments", "--per-day")

    assert "2026-03-02:  4.5h  (4h30) - , acme, beta - mail, test, write the offer\n" in shown
    assert "(1h00) 13:15-14:15 beta: test  # on the phone\n(0h30) 14:15-14:45 way home ***\n" in shown


def test_csv_and_a_start_without_plugins_are_as_ever(report):
    assert report("report", "--csv-section", "per-day").startswith("Date,Hours,Duration,Projects,Tasks\r\n")
    assert "----- Projects -----" in report("--no-plugins", "report")
