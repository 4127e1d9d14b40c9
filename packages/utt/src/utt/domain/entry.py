"""Entries: a line of the log has the time when something was finished, and its name."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from datetime import datetime

HELLO_ENTRY_NAME = "hello"
"""Name of the entry that starts a day; the time before it is not counted."""


class Entry:
    """One entry of the log.

    Args:
        entry_datetime: When *name* was finished; naive local time, or aware.
        name: What was done.
        is_current_entry: True for the current activity, which is not in the log.
        comment: A remark, or nothing.
    """

    def __init__(self, entry_datetime: datetime, name: str, is_current_entry: bool, comment: str | None) -> None:  # noqa: FBT001  # published interface
        self.datetime: datetime = entry_datetime
        self.name: str = name
        self.is_current_entry: bool = is_current_entry
        self.comment: str | None = comment

    def __str__(self) -> str:
        """Return the entry as a line of the log, without the line end."""
        when = self.datetime
        text = f"{when.year:04d}-{when:%m-%d %H:%M%z} {self.name}"
        return f"{text}  # {self.comment}" if self.comment else text

    def __repr__(self) -> str:
        return f"<Entry {self}>"


Entries = list[Entry]  # for the container `typing.List[Entry]` is the same key
"""Every entry of the log, in order; the type is also the key of that component."""
