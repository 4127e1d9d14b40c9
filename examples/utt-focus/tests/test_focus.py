import unittest

import utt_focus

from utt.testing import utt_with

LOG = """\
2026-03-02 09:00 hello
2026-03-02 09:30 mail
2026-03-02 11:30 acme: write the offer
2026-03-02 12:00 mail
2026-03-02 13:00 lunch **
"""


class FocusTest(unittest.TestCase):
    def test_names_are_listed_with_their_time_the_longest_first(self) -> None:
        with utt_with({"focus": utt_focus}, log=LOG, now="2026-03-02 13:00") as utt:
            assert utt("focus").out == "2h00  acme: write the offer\n1h00  mail\n"

    def test_the_report_has_a_section_focus(self) -> None:
        with utt_with({"focus": utt_focus}, log=LOG, now="2026-03-02 13:00") as utt:
            assert "Focus ---" in utt("report").out


if __name__ == "__main__":
    unittest.main()
