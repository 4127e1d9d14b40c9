"""From the entries of the log to the activities of a report."""

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

# The last moment of a day for a report. Not the very last: an activity that runs past it shows one minute
# less, and reports made for years must not change.
_END_OF_DAY = time(23, 59, 59, 99999)
_DAY = timedelta(days=1)


def select_activities(entries: list[Entry], args: ReportArgs, now: datetime) -> list[Activity]:
    """Return the activities that a report is about, in the order of the log, the current one last.

    Args:
        entries: All entries, each but the first ending an activity.
        args: Which days, which project, and how the current activity is called.
        now: The moment at which the current activity ends.

    Raises:
        UttError: If the range ends with the last day that dates know.
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


def _finished(entries: list[Entry], first: datetime, last: datetime) -> Iterator[Activity]:
    """Yield what happened between the moments given, clipped to them, nothing of it zero long."""
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
    """Return what has been going on since the last entry, if it is to be shown."""
    try:
        latest = datetime.combine(args.range.end, time()) + _DAY
    except OverflowError:
        raise UttError(f"Invalid date: {args.range.end} (the day after it does not exist)") from None
    if args.current_activity_name is None or len(entries) < 2:  # noqa: PLR2004  # a lone entry opens, nothing more
        return None
    start = max(entries[-1].datetime, first)
    if not start < now <= latest:
        return None
    return Activity(args.current_activity_name, start, now, True, None)
