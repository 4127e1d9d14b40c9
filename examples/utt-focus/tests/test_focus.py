import subprocess
import sys
import tempfile
import unittest

LOG = """\
2026-03-02 09:00 hello
2026-03-02 09:30 mail
2026-03-02 11:30 acme: write the offer
2026-03-02 12:00 mail
2026-03-02 13:00 lunch **
"""


def utt(*arguments: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
        log.write(LOG)
        log.flush()
        command = [sys.executable, "-m", "utt", "--data", log.name, "--now", "2026-03-02 13:00", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class FocusTest(unittest.TestCase):
    def test_names_are_listed_with_their_time_the_longest_first(self) -> None:
        assert utt("focus") == "2h00  acme: write the offer\n1h00  mail\n"

    def test_the_report_has_a_section_focus(self) -> None:
        assert "Focus ---" in utt("report")


if __name__ == "__main__":
    unittest.main()
