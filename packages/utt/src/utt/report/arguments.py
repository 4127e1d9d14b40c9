"""The arguments of `utt report`, also for other commands that show a report."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

_WHERE_FROM_AND_TO = "--from and --to, if given, move either end."


def add_selection_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that select activities to *parser*: days, the project, the current activity.

    For commands that need `Activities`, and do not print the report: they have no options for its format.
    """
    _add_selection(parser, lambda: None, lambda: None)
    parser.set_defaults(per_day=False, csv_section=None, details=False, comments=False)


def add_report_arguments(parser: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    """Add every argument of `utt report` to *parser*, for commands that print the report.

    Returns:
        The group of formats other than text: an option that is added to it excludes `--csv-section`.
    """
    from utt.domain.report_args import CSV_SECTION_NAMES

    formats = parser.add_mutually_exclusive_group()

    def add_sections() -> None:
        parser.add_argument(
            "--per-day", action="store_true", help="list the hours of each day in place of those of each project"
        )
        formats.add_argument(
            "--csv-section",
            choices=list(CSV_SECTION_NAMES),
            help="print a part of the report as comma-separated values, and nothing else",
        )

    def add_details() -> None:
        parser.add_argument(
            "--details", action="store_true", help="list every activity, also for a report of several days"
        )
        parser.add_argument("--comments", action="store_true", help="show the comments of the activities listed")

    _add_selection(parser, add_sections, add_details)
    return formats


def _add_selection(
    parser: argparse.ArgumentParser, add_sections: Callable[[], None], add_details: Callable[[], None]
) -> None:
    """Add the arguments that select activities, and others in their places: help and completion keep their order."""
    add = parser.add_argument
    add(
        "report_date",
        metavar="date",
        nargs="?",
        help="the day to report (by default today): today, yesterday, a weekday (the latest), or YYYY-MM-DD",
    )
    add("--current-activity", default="-- Current Activity --", help="what to call the time since the last entry")
    add("--no-current-activity", action="store_true", help="leave out the time since the last entry")
    add("--from", dest="from_date", help="first day to report, written like DATE")
    add(
        "--to",
        dest="to_date",
        help="last day to report, seen from the first one: a weekday is the next such day, and may be the first day",
    )
    add("--project", help="report this project only")
    add_sections()
    add(
        "--month",
        nargs="?",
        const="this",
        help="report a whole month: this one if no MONTH follows; else this, prev, a name (mar), a number (3: the "
        f"latest March, -1: a month back), or YYYY-MM. {_WHERE_FROM_AND_TO}",
    )
    add(
        "--week",
        nargs="?",
        const="this",
        help="report a whole week, Monday to Sunday: this one if no WEEK follows; else this, prev, or a number (9: the "
        f"latest week 9, -1: a week back). {_WHERE_FROM_AND_TO}",
    )
    add_details()
