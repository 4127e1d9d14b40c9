"""`utt timesheet`: a week as a table of projects and days, in decimal hours."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from utt.api import v1

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WITHOUT_PROJECT = "(no project)"
_HOUR_MINUTES = 60


class TimesheetHandler:
    """Prints the sheet. Totals are sums of the rounded numbers, so that a sheet adds up."""

    def __init__(self, args: argparse.Namespace, now: v1.Now, entries: v1.Entries, output: v1.Output) -> None:
        self._monday = now.date() - timedelta(days=now.weekday(), weeks=args.weeks_ago)
        self._step_minutes = args.round
        self._entries = entries
        self._output = output

    def __call__(self) -> None:
        """Print the sheet."""
        rows = self._hours()
        if not rows:
            raise v1.UttError(f"nothing was logged in the week from {self._monday}; see: utt timesheet --help")
        year, week, _ = self._monday.isocalendar()
        rows["Total"] = [sum(row[day] for row in rows.values()) for day in range(7)]
        title = f"Week {week}, {year}"
        width = max(map(len, (title, *rows)))
        lines = [f"{title:<{width}}" + "".join(f"{day:>7}" for day in (*_DAYS, "Total"))]
        for project, hours in rows.items():
            numbers = (*hours, sum(hours))
            lines.append(f"{project:<{width}}" + "".join(f"{n:7.2f}" if n else f"{'-':>7}" for n in numbers))
        print(*lines, sep="\n", file=self._output)

    def _hours(self) -> dict[str, list[float]]:
        """Return the rounded hours of each day of the week, by project."""
        spent: dict[str, list[timedelta]] = {}
        for activity in self._activities():
            row = spent.setdefault(activity.name.project or _WITHOUT_PROJECT, [timedelta()] * 7)
            for day in range(7):
                start, end = _bounds(self._monday + timedelta(days=day))
                row[day] += activity.clip(start, end).duration
        rows = {project: [self._rounded(duration) for duration in row] for project, row in sorted(spent.items())}
        return {project: row for project, row in rows.items() if any(row)}

    def _activities(self) -> Iterator[v1.Activity]:
        """Yield the work in the whole log; an activity lasts from one entry to the next."""
        for before, entry in zip(self._entries, self._entries[1:], strict=False):
            activity = v1.Activity(entry.name, before.datetime, entry.datetime, False, entry.comment)
            if activity.type == v1.Activity.Type.WORK and entry.name != v1.HELLO_ENTRY_NAME:
                yield activity

    def _rounded(self, duration: timedelta) -> float:
        step = timedelta(minutes=self._step_minutes)
        return int(duration / step + 0.5) * step / timedelta(hours=1)


def _bounds(day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time())
    return start, start + timedelta(days=1)


def _minutes(text: str) -> int:
    minutes = int(text)
    if not 1 <= minutes <= _HOUR_MINUTES:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and {_HOUR_MINUTES}")
    return minutes


def add_args(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `utt timesheet`."""
    parser.add_argument(
        "weeks_ago", nargs="?", type=int, default=0, help="how many weeks ago: 0 is this week (default)"
    )
    parser.add_argument(
        "--round",
        type=_minutes,
        default=15,
        metavar="MINUTES",
        help="round each number to a multiple of so many minutes (default: 15)",
    )


v1.register_command(v1.Command("timesheet", "Show a week as a time sheet", TimesheetHandler, add_args))
