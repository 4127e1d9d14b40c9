"""Which lines does a log lack that were added to it, and where do they go?"""

from __future__ import annotations

from collections import Counter

from utt.domain.grammar import parse_entry

TYPE_CHECKING = False

if TYPE_CHECKING:
    from datetime import datetime


def missing(added: list[bytes], content: bytes, before: bytes = b"") -> list[bytes]:
    """Return those of the lines *added* that *content* lacks, in their order.

    White space does not matter. A line that was there *before* has to be there once more.
    """
    wanted = {tuple(line.split()) for line in added}

    def count(text: bytes) -> Counter[tuple[bytes, ...]]:
        return Counter(key for key in map(tuple, map(bytes.split, text.splitlines())) if key in wanted)

    there = count(content)
    there.subtract(count(before))
    lacking = []
    for line in reversed(added):  # of equal lines the first ones are there
        key = tuple(line.split())
        if there[key] > 0:
            there[key] -= 1
        else:
            lacking.append(line)
    return lacking[::-1]


def with_lines(content: bytes, lines: list[bytes], encoding: str) -> bytes:
    """Return *content* with *lines*, each after the last line that is not later; nothing else is changed."""
    result = content.splitlines(keepends=True)
    for line in lines:
        _insert(result, line, encoding)
    return b"".join(result)


def _insert(into: list[bytes], line: bytes, encoding: str) -> None:
    moment = _moment(line, encoding)
    at, previous = _place(into, moment, encoding)
    if at and not into[at - 1].endswith((b"\n", b"\r")):
        into[at - 1] += b"\n"
    new = [line + b"\n"]
    following = next(filter(None, (_moment(later, encoding) for later in into[at:])), None)
    if moment is not None:  # an empty line between two days
        starts_day = previous is not None and previous.date() != moment.date()
        ends_day = following is not None and following.date() != moment.date()
        if starts_day and following is not None and not ends_day:
            while not into[at].strip():
                at += 1
        elif starts_day:
            new.insert(0, b"\n")
        elif previous is None and ends_day:
            new.append(b"\n")
    into[at:at] = new


def _place(into: list[bytes], moment: datetime | None, encoding: str) -> tuple[int, datetime | None]:
    """Return where a line of *moment* goes, and the moment of the line before; at the end if it has none."""
    for at in range(len(into), 0, -1):
        previous = _moment(into[at - 1], encoding)
        if previous is not None and (moment is None or previous <= moment):
            return at, previous
    return 0, None


def _moment(line: bytes, encoding: str) -> datetime | None:
    try:
        return parse_entry(line.decode(encoding)).datetime
    except ValueError:
        return None
