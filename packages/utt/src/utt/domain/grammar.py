"""The grammar of the log.

    entry   = date ws+ time ws+ name [ sep comment ]
    date    = 4 digits "-" 1-2 digits "-" 1-2 digits      a real calendar date
    time    = 1-2 digits ":" 1-2 digits                   0:0 to 23:59
    name    = starts with no white space, as short as possible
    sep     = two white-space characters, "#", one white-space character

White space and digits are Unicode's. Lines are stripped; empty ones are skipped.

`parse_entry` implements the grammar for one line. `parse_log` gives the same result for a whole log, much
faster: it parses many lines at once if all of them have the form that utt writes, and calls `parse_entry`
for the others.
"""

from __future__ import annotations

import re
from datetime import datetime
from itertools import repeat

from utt.domain.entry import Entry
from utt.exceptions import LogError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME_AND_COMMENT = r"(\S.*?)(?:\s\s#\s(.*))?"
_NAME = re.compile(_NAME_AND_COMMENT, re.DOTALL)
_ENTRY = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})\s+(\d{1,2}:\d{1,2})\s+" + _NAME_AND_COMMENT, re.DOTALL)

# The beginning of a line that utt wrote, with every digit replaced by zero.
_USUAL_STAMP = b"0000-00-00 00:00"
_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_STAMP_LENGTH = len(_USUAL_STAMP)
_LINES_AT_ONCE = 1000


def parse_entry(line: str) -> Entry:
    """Parse *line*.

    Args:
        line: One line of a log; white space around it does not matter.

    Raises:
        ValueError: If it is not an entry: wrong syntax, or a date or time that does not exist.
    """
    match = _ENTRY.fullmatch(line.strip())
    if match is None:
        raise ValueError(f"Invalid syntax: {line}")
    day, time, name, comment = match.groups()
    return Entry(_moment(day, time), name, False, comment)


def _moment(day: str, time: str) -> datetime:
    if day.isascii() and time.isascii():
        return datetime(*map(int, day.split("-")), *map(int, time.split(":")))  # type: ignore[arg-type]  # noqa: DTZ001
    # Digits of other scripts are valid where `strptime` accepts them.
    return datetime.strptime(f"{day} {time}", "%Y-%m-%d %H:%M")  # noqa: DTZ007


def parse_lines(
    lines: list[tuple[int, str]],
    parse: Callable[[str], Entry] = parse_entry,
    *,
    after: Entry | None = None,
) -> list[Entry]:
    """Return the entries of numbered lines, checked one by one.

    Args:
        lines: Line numbers and lines, in the order of the log.
        parse: Called with each line that is not blank; raises `ValueError` for a line that is not an entry.
        after: The entry before the first line, if there is one.

    Raises:
        LogError: For the first line that is no entry or that goes back in time.
    """
    entries: list[Entry] = []
    last = after
    for number, raw in lines:
        line = raw.strip()
        if not line:
            continue
        try:
            entry = parse(line)
        except ValueError:
            raise LogError(f"Invalid entry at line {number}: {line}") from None
        if last is not None and entry.datetime < last.datetime:
            raise LogError(f"Line {number} not in chronological order: {line}")
        entries.append(entry)
        last = entry
    return entries


def parse_log(text: str) -> list[Entry]:
    r"""Return the entries of a whole log; equal to `parse_lines` of its lines.

    Args:
        text: The log, its line ends already translated to `\n`.

    Raises:
        LogError: For the first line that is no entry or that goes back in time.
    """
    entries: list[Entry] = []
    lines = text.split("\n")
    for start in range(0, len(lines), _LINES_AT_ONCE):
        some = lines[start : start + _LINES_AT_ONCE]
        found = _usual_entries(list(filter(None, some)))
        if found is None or (found and entries and found[0].datetime < entries[-1].datetime):
            found = parse_lines(list(enumerate(some, start + 1)), after=entries[-1] if entries else None)
        entries += found
    return entries


def _usual_entries(lines: list[str]) -> list[Entry] | None:
    """Return what `parse_lines` returns if every line has the usual form and the order is right; else None.

    Each step handles a column of all lines at once: that takes a fraction of the time of a loop over lines.
    """
    stamps = [line[:_STAMP_LENGTH] for line in lines]
    rests = [line[_STAMP_LENGTH:] for line in lines]
    names = [rest.strip() for rest in rests]
    if "" in names or rests != [f" {name}" for name in names]:
        return None
    try:
        digits = "".join(stamps).encode("ascii")
        # In this form texts sort as times do. Some versions of Python accept the hour 24.
        if digits.translate(_ZEROS) != _USUAL_STAMP * len(lines) or b" 24:" in digits or stamps != sorted(stamps):
            return None
        moments = list(map(datetime.fromisoformat, stamps))
    except ValueError:  # no such day or hour, or digits of another script
        return None
    comments: list[str | None] = [None] * len(lines)
    for index, name in enumerate(names):
        if "#" in name:
            names[index], comments[index] = _name_and_comment(name)
    return list(map(Entry, moments, names, repeat(False), comments))


def _name_and_comment(text: str) -> tuple[str, str | None]:
    """Split the text after the time into name and comment; *text* has no white space around it."""
    name, separator, comment = text.partition("  # ")
    if separator and "#" not in name:  # as utt writes it
        return name, comment
    match = _NAME.fullmatch(text)
    assert match is not None  # noqa: S101  # it begins with no white space
    return match[1], match[2]
