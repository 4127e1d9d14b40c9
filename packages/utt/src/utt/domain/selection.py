"""Which activities a report covers, computed from the entries of the log."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from utt.domain.activity import Activity
from utt.domain.entry import HELLO_ENTRY_NAME
from utt.exceptions import UttError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator

    from utt.domain.entry import Entry
    from utt.domain.report_args import ReportArgs

# The last moment of a day in a report. It is not the very last one: an activity that continues after midnight
# shows one minute less. Reports have always been like that, and must not change.
_END_OF_DAY = time(23, 59, 59, 99999)
_DAY = timedelta(days=1)


def select_activities(entries: list[Entry], args: ReportArgs, now: datetime) -> list[Activity]:
    """Return the activities of a report, in the order of the log, the current one last.

    Args:
        entries: All entries of the log; each except the first ends an activity.
        args: The days, the project, and the name of the current activity.
        now: The moment at which the current activity ends.

    Raises:
        UttError: If the range ends with the last day that `date` supports.
    """
    first = datetime.combine(args.range.start, time())
    last = datetime.combine(args.range.end, _END_OF_DAY)
    found = list(_finished(entries, first, last))
    current = _current(entries, args, first, now)
    if current is not None:
        found.append(current)
    project = args.project_name_filter
    return [
        activity
        for activity in found
        if activity.name.name != HELLO_ENTRY_NAME and (project is None or activity.name.project == project)
    ]


def until_midnight(activities: list[Activity]) -> list[Activity]:
    """Return *activities*, those that the end of a report's last day has cut one minute short until midnight."""
    return [
        activity
        if activity.end.time() != _END_OF_DAY
        else Activity(
            str(activity.name),
            activity.start,
            datetime.combine(activity.end.date() + _DAY, time()),
            activity.is_current_activity,
            activity.comment,
        )
        for activity in activities
    ]


def _finished(entries: list[Entry], first: datetime, last: datetime) -> Iterator[Activity]:
    """Yield the finished activities between *first* and *last*, clipped to them, without empty ones."""
    if not entries:
        return
    start = entries[0].datetime
    for entry in entries[1:]:
        end = entry.datetime
        if end > first and start < last:
            clipped_start, clipped_end = max(start, first), min(end, last)
            if clipped_end > clipped_start:
                yield Activity(entry.name, clipped_start, clipped_end, entry.is_current_entry, entry.comment)
        start = end


def _current(entries: list[Entry], args: ReportArgs, first: datetime, now: datetime) -> Activity | None:
    """Return the activity since the last entry, or None if the report does not show it."""
    try:
        latest = datetime.combine(args.range.end, time()) + _DAY
    except OverflowError:
        raise UttError(f"Invalid date: {args.range.end} (the day after it does not exist)") from None
    if args.current_activity_name is None or len(entries) < 2:  # noqa: PLR2004  # a single entry only starts a day
        return None
    start = max(entries[-1].datetime, first)
    if not start < now <= latest:
        return None
    return Activity(args.current_activity_name, start, now, True, None)
