"""Activities: what was done from one moment to another."""

from __future__ import annotations

from utt.domain.name import Name

TYPE_CHECKING = False

if TYPE_CHECKING:
    from datetime import datetime, timedelta


class ActivityType:
    """How an activity counts; `ActivityType.name(n)` gives the name of a value."""

    WORK = 0
    BREAK = 1
    IGNORED = 2

    @staticmethod
    def name(value: int) -> str:
        """Return `'WORK'`, `'BREAK'` or `'IGNORED'`.

        Raises:
            KeyError: If *value* is none of the types.
        """
        return {0: "WORK", 1: "BREAK", 2: "IGNORED"}[value]

    @staticmethod
    def of(name: str) -> int:
        """Return the type of an activity: `IGNORED` if *name* ends with `***`, `BREAK` for `**`, else `WORK`."""
        if name.endswith("***"):
            return ActivityType.IGNORED
        return ActivityType.BREAK if name.endswith("**") else ActivityType.WORK


class Activity:
    """Something done from *start* to *end*.

    Args:
        name: The full name, `PROJECT: TASK` or just a task; available as a `Name`.
        start: When it began.
        end: When it was finished.
        is_current_activity: True if it is still going on: *end* is now.
        comment: A remark, or nothing.
    """

    Type = ActivityType

    def __init__(
        self,
        name: str,
        start: datetime,
        end: datetime,
        is_current_activity: bool,  # noqa: FBT001  # published interface
        comment: str | None,
    ) -> None:
        self.name: Name = Name(name)
        self.start: datetime = start
        self.end: datetime = end
        self.duration: timedelta = end - start
        self.type: int = ActivityType.of(name)
        self.is_current_activity: bool = is_current_activity
        self.comment: str | None = comment

    def clip(self, start: datetime | None = None, end: datetime | None = None) -> Activity:
        """Return a copy that is limited to the time from *start* to *end*.

        Args:
            start: The earliest moment to keep; None for no limit.
            end: The latest moment to keep; None for no limit.

        Returns:
            A new activity. If this one lies outside of the limits, the new one has no length and lies at the
            end of this one that is nearest to them.
        """
        first = self.start if start is None else min(max(self.start, start), self.end)
        last = self.end if end is None else max(min(self.end, end), self.start)
        return Activity(self.name.name, first, last, self.is_current_activity, self.comment)

    def __repr__(self) -> str:
        return f"<Activity {self.name.name!r} {self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M}>"


Activities = list[Activity]  # for the container `typing.List[Activity]` is the same key
"""The activities that a report covers; the type is also the key of that component."""
