# The log is in naive local time, and digits are of any script.
# ruff: noqa: DTZ001, RUF001
from __future__ import annotations

from datetime import datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from utt.domain.entry import Entry
from utt.domain.grammar import parse_entry, parse_lines, parse_log
from utt.exceptions import LogError

SPACES = st.sampled_from([" ", " ", " ", "  ", "\t", "\u00a0", "\u3000", "\x0b", "\x1c", "\x85", "\u2028", ""])
DIGITS = st.text(st.sampled_from("0123456789012345678901234567890123456789２٣"), min_size=1, max_size=5)
PIECES = [
    "a",
    "b ",
    "#",
    " # ",
    "  # ",
    "   # ",
    "\t\t#\t",
    " ",
    "  ",
    "hello",
    "p: ",
    "**",
    "é",
    "\u200b",
    ":",
    "x  #",
    "\u3000",
]
NAMES = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
MOMENTS = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31, 23, 59))


@st.composite
def entry_lines(draw):
    when = draw(MOMENTS)
    usual = f"{when.year:04d}-{when:%m-%d %H:%M} "
    loose = f"{when.year:04d}-{when.month}-{when.day}{draw(SPACES)}{when.hour}:{when.minute}{draw(SPACES)}"
    odd = f"{draw(DIGITS)}-{draw(DIGITS)}-{draw(DIGITS)}{draw(SPACES)}{draw(DIGITS)}:{draw(DIGITS)}{draw(SPACES)}"
    stamp = draw(st.sampled_from([usual, usual, usual, loose, odd]))
    return draw(SPACES) + stamp + draw(NAMES) + draw(SPACES)


LINES = st.one_of(entry_lines(), st.just(""), st.text(st.characters(exclude_characters="\n"), max_size=12))


def outcome(parse):
    try:
        return [vars(entry) for entry in parse()]
    except LogError as exc:
        return str(exc)


class TestFastEqualsExact:
    """`parse_log` gives the same as `parse_lines`: entries, errors, line numbers."""

    @given(LINES)
    @example("2021-03-03 09:00 a   # b")
    @example("2021-03-03 09:00 a  # ")
    @example("2021-03-03 09:00 #")
    @example("2021-03-03 09:00 a  # b \x1c")
    def test_for_a_single_line(self, line):
        assert outcome(lambda: parse_log(line)) == outcome(lambda: parse_lines([(1, line)]))

    @given(st.lists(LINES, max_size=12), st.booleans())
    def test_for_a_whole_log(self, lines, sort):
        if sort:
            lines = sorted(lines)
        assert outcome(lambda: parse_log("\n".join(lines))) == outcome(lambda: parse_lines(list(enumerate(lines, 1))))


USUAL = st.builds(
    lambda when, name: f"{when.year:04d}-{when:%m-%d %H:%M} {name}",
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2020, 1, 4)),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join),
)


class TestManyAtOnce:
    """Lines of the usual form are taken apart many at once, and nothing changes by that."""

    @given(st.lists(USUAL | st.just(""), max_size=40).map(sorted))
    def test_usual_lines_in_order(self, lines):
        assert outcome(lambda: parse_log("\n".join(lines))) == outcome(lambda: parse_lines(list(enumerate(lines, 1))))

    @settings(max_examples=20, deadline=None)  # thousands of lines each
    @given(
        st.integers(0, 2200),
        st.sampled_from(["x", "2020-01-01 9:5 a", "2019-01-01 00:00 early", "2020-02-30 00:00 a", ""]),
    )
    def test_one_other_line_among_thousands(self, place, line):
        lines = sorted(
            f"2020-{1 + i // 600:02d}-{1 + i // 24 % 25:02d} {i % 24:02d}:00 task {i}  # c" for i in range(2200)
        )
        lines.insert(place, line)
        assert outcome(lambda: parse_log("\n".join(lines))) == outcome(lambda: parse_lines(list(enumerate(lines, 1))))


class TestRoundTrip:
    """An entry with a plain name is read back as it was written."""

    @given(
        MOMENTS,
        st.text(st.characters(exclude_characters="#\n\r"), min_size=1),
        st.none() | st.text(st.characters(exclude_characters="\n\r"), min_size=1),
    )
    def test_text_and_back(self, when, name, comment):
        name = name.strip() or "x"
        comment = comment.strip() or None if comment else None
        when = when.replace(second=0, microsecond=0)

        read = parse_entry(str(Entry(when, name, False, comment)))

        assert (read.datetime, read.name, read.comment) == (when, name, comment)
