"""The grammar of the log.

    entry   = date ws+ time ws+ name [ sep comment ]
    date    = 4 digits "-" 1-2 digits "-" 1-2 digits      a real calendar date
    time    = 1-2 digits ":" 1-2 digits                   0:0 to 23:59
    name    = starts with no white space, as short as possible
    sep     = two white-space characters, "#", one white-space character

White space and digits are Unicode's. Lines are stripped; empty ones are skipped.

`parse_entry` is the grammar itself, one line at a time. `parse_log` gives the same for a whole log, much
faster: one expression takes the text apart, recognises lines of the usual form (as utt writes them) and
leaves every other line to `parse_entry`.
"""

from __future__ import annotations

import re
from datetime import datetime

from utt.domain.entry import Entry
from utt.exceptions import LogError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

_ENTRY = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})\s+(\d{1,2}:\d{1,2})\s+(\S.*?)(?:\s\s#\s(.*))?", re.DOTALL)

# A line exactly as utt writes it, with no "#" in its name: year to minute, name, comment; or any other line.
# `[^#\n]*[^\s#]` ends at the last character before the separator, and since the name has no "#", the first
# "#" of the line is the separator's: what this accepts, `_ENTRY` takes apart in the same way.
_LINES = re.compile(
    r"^(?:([0-9]{4}-[0-9]{2}-[0-9]{2} (?:[01][0-9]|2[0-3]):[0-9]{2})"
    r" ([^\s#](?:[^#\n]*[^\s#])?)(?:  # (\S(?:.*\S)?))?|(.*))$",
    re.MULTILINE,
)


def parse_entry(line: str) -> Entry:
    """Return the entry that *line* is.

    Args:
        line: One line of a log; white space around it does not matter.

    Raises:
        ValueError: If it is no entry: other syntax, or a date or time that does not exist.
    """
    match = _ENTRY.fullmatch(line.strip())
    if match is None:
        raise ValueError(f"Invalid syntax: {line}")
    day, time, name, comment = match.groups()
    return Entry(_moment(day, time), name, False, comment)


def _moment(day: str, time: str) -> datetime:
    if day.isascii() and time.isascii():
        return datetime(*map(int, day.split("-")), *map(int, time.split(":")))  # type: ignore[arg-type]  # noqa: DTZ001
    # Digits of other scripts count where `strptime` takes them, which is not everywhere.
    return datetime.strptime(f"{day} {time}", "%Y-%m-%d %H:%M")  # noqa: DTZ007


def parse_lines(lines: list[tuple[int, str]], parse: Callable[[str], Entry] = parse_entry) -> list[Entry]:
    """Return the entries of numbered lines, checked one by one.

    Args:
        lines: Line numbers and lines, in the order of the log.
        parse: Called with each line that is not blank; raises `ValueError` for one that is no entry.

    Raises:
        LogError: For the first line that is no entry or that goes back in time.
    """
    entries: list[Entry] = []
    for number, raw in lines:
        line = raw.strip()
        if not line:
            continue
        try:
            entry = parse(line)
        except ValueError:
            raise invalid_line(number, line) from None
        if entries and entry.datetime < entries[-1].datetime:
            raise out_of_order(number, line)
        entries.append(entry)
    return entries


def parse_log(text: str) -> list[Entry]:
    r"""Return the entries of a whole log; equal to `parse_lines` of its lines.

    Args:
        text: The log, its line ends already translated to `\n`.

    Raises:
        LogError: For the first line that is no entry or that goes back in time.
    """
    entries: list[Entry] = []
    append = entries.append
    when_is = datetime.fromisoformat
    last = datetime.min  # noqa: DTZ901
    number = 0
    for stamp, name, comment, other in _LINES.findall(text):
        number += 1
        if stamp:
            try:
                when = when_is(stamp)
            except ValueError:
                raise invalid_line(number, _line(text, number)) from None
            entry = Entry(when, name, False, comment or None)
        else:
            line = other.strip()
            if not line:
                continue
            try:
                entry = parse_entry(line)
            except ValueError:
                raise invalid_line(number, line) from None
            when = entry.datetime
        if when < last:
            raise out_of_order(number, _line(text, number))
        last = when
        append(entry)
    return entries


def invalid_line(number: int, line: str) -> LogError:
    """Return the error for a line that is no entry; *line* is stripped."""
    return LogError(f"Invalid entry at line {number}: {line}")


def out_of_order(number: int, line: str) -> LogError:
    """Return the error for an entry earlier than the one before; *line* is stripped."""
    return LogError(f"Line {number} not in chronological order: {line}")


def _line(text: str, number: int) -> str:
    return text.split("\n", number)[number - 1].strip()
