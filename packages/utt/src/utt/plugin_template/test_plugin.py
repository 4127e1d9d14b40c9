"""The plugin in utt, with a log and a clock of its own."""

from utt.testing import utt_with

LOG = "2026-03-02 09:00 hello\n2026-03-02 10:30 mail\n"


def test_activities_are_listed_with_their_time() -> None:
    with utt_with(installed=["THE_name"], log=LOG, now="2026-03-02 10:30") as utt:
        result = utt("THE_name")
    assert (result.status, result.out, result.err) == (0, "1h30  mail\n", "")
