"""The settings of a report."""

from __future__ import annotations

from collections import namedtuple  # importing `typing` for `NamedTuple` costs as much as this module
from datetime import date
from enum import Enum

from utt.domain.dates import parse_range

TYPE_CHECKING = False

if TYPE_CHECKING:
    import argparse


class CSVSection(Enum):
    """A section that can be printed as comma-separated values."""

    per_day = 1
    per_task = 2


CSV_SECTION_NAMES: dict[str, CSVSection] = {
    "per-day": CSVSection.per_day,
    "per_day": CSVSection.per_day,
    "per_task": CSVSection.per_task,
    "per-task": CSVSection.per_task,
}
"""What `--csv-section` accepts, in the order of the help screen."""


class DateRange(namedtuple("DateRange", ("start", "end"))):
    """The days of a report, both included. If *end* is before *start*, there are none."""

    __slots__ = ()

    start: date
    end: date


class ReportArgs(
    namedtuple(
        "ReportArgs",
        (
            "range",
            "current_activity_name",
            "project_name_filter",
            "csv_section",
            "show_comments",
            "show_details",
            "show_per_day",
        ),
    )
):
    """The settings of a report."""

    __slots__ = ()

    range: DateRange
    current_activity_name: str | None
    """Name of the current activity; None to leave it out."""
    project_name_filter: str | None
    """The only project to report; empty for activities without a project; None for all."""
    csv_section: CSVSection | None
    show_comments: bool
    show_details: bool
    show_per_day: bool


def report_args_from(args: argparse.Namespace, today: date) -> ReportArgs:
    """Return the settings that the parsed arguments give.

    Args:
        args: The parsed arguments of `utt report`, or of another command that has the same ones.
        today: The day that it is.

    Raises:
        UttError: If a day, week or month means nothing.
    """
    first, last = parse_range(
        today,
        day=args.report_date,
        month=args.month,
        week=args.week,
        from_date=args.from_date,
        to_date=args.to_date,
    )
    return ReportArgs(
        range=DateRange(first, last),
        current_activity_name=None if args.no_current_activity else args.current_activity,
        project_name_filter=args.project,
        csv_section=CSV_SECTION_NAMES[args.csv_section] if args.csv_section else None,
        show_comments=args.comments,
        show_details=args.details,
        show_per_day=args.per_day,
    )
