"""What the sections of the report have in common."""

from __future__ import annotations

from utt.domain.duration import format_duration

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Protocol, TypedDict

    from utt.domain.activity import Activity

    class Writable(Protocol):
        """A text stream, or any other object with its `write`."""

        def write(self, text: str, /) -> object: ...

    class NameRow(TypedDict):
        """One line of Projects or Activities."""

        duration: str
        project: str
        name: str


_WIDTH = 80


def title(text: str) -> str:
    """Return the title line of a section: *text* in the middle of 80 columns of dashes.

    Examples:
        >>> title("x" * 73)
        '-- xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx ---'
    """
    dashes = max(_WIDTH - len(text) - 2, 0)
    left = dashes // 2
    return f"{'-' * left} {text} {'-' * (dashes - left)}"


def section_head(text: str) -> str:
    """Return the beginning of a section: an empty line, its title, an empty line."""
    return f"\n{title(text)}\n\n"


def sorted_by_letters(texts: Iterable[str]) -> list[str]:
    """Return *texts* without duplicates in alphabetical order, ignoring case; then in code-point order."""
    return sorted(set(texts), key=lambda text: (text.lower(), text))


def name_lines(rows: list[NameRow]) -> str:
    """Return lines of `(DURATION) PROJECT: NAME`, with the names aligned."""
    width = max((len(row["project"]) for row in rows), default=0)
    return "".join(f"({row['duration']}) {row['project']:<{width}}: {row['name']}\n" for row in rows)


def total_duration(activities: Iterable[Activity]) -> str:
    """Return the sum of the exact durations as `XhYY`; only the sum is rounded."""
    from datetime import timedelta

    return format_duration(sum((activity.duration for activity in activities), timedelta()))


def write_csv(output: Writable, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print *head* and *rows* as comma-separated values, or, without rows, a line that says so.

    Lines end with CR LF, as in files that spreadsheets write (Python's `excel` dialect).
    """
    if not rows:
        output.write(" -- No activities for this time range --\n")
        return
    import csv

    csv.writer(output).writerows([head, *rows])
