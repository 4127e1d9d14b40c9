"""What the sections of the text report have in common."""

from __future__ import annotations

from utt.domain.duration import format_duration

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol, TypedDict

    from utt.domain.activity import Activity

    class Writable(Protocol):
        """Where a report goes: a text stream, or anything else with its `write`."""

        def write(self, text: str, /) -> object:
            """Take *text*."""

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
    """Return how each section begins: an empty line, its title, an empty line."""
    return f"\n{title(text)}\n\n"


def sorted_by_letters(texts: Iterable[str]) -> list[str]:
    """Return distinct *texts* in alphabetical order whatever their case; twins in code-point order."""
    return sorted(set(texts), key=lambda text: (text.lower(), text))


def name_lines(rows: list[NameRow]) -> str:
    """Return lines of `(DURATION) PROJECT: NAME`, the names below one another."""
    width = max((len(row["project"]) for row in rows), default=0)
    return "".join(f"({row['duration']}) {row['project']:<{width}}: {row['name']}\n" for row in rows)


def total_duration(activities: Iterable[Activity]) -> str:
    """Return the sum of exact durations as `XhYY`: rounding comes last."""
    from datetime import timedelta

    return format_duration(sum((activity.duration for activity in activities), timedelta()))
