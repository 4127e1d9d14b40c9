from utt.testing import utt_with

LOG = """\
2026-03-02 09:00 hello
2026-03-02 09:30 mail
2026-03-02 11:30 acme: write the offer
2026-03-02 12:00 mail
2026-03-02 13:00 lunch **
"""


def run(command: str) -> str:
    with utt_with(installed=["focus"], log=LOG, now="2026-03-02 13:00") as utt:
        result = utt(command)
    assert (result.status, result.err) == (0, "")
    return result.out


def test_names_are_listed_with_their_time_the_longest_first() -> None:
    assert run("focus") == "2h00  acme: write the offer\n1h00  mail\n"


def test_the_report_has_a_section_focus() -> None:
    assert "Focus ---" in run("report")
