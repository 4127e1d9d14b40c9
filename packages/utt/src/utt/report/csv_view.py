"""The report as comma-separated values, for spreadsheets."""

from __future__ import annotations

import csv

from utt.domain.report_args import CSVSection
from utt.report.details import DetailsView
from utt.report.per_day import PerDayView

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from utt.report.layout import Writable
    from utt.report.model import ReportModel

_NO_DATA = " -- No activities for this time range --\n"


def write_rows(output: Writable, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print *head* and *rows*, or, without rows, a line that says so.

    Lines end with CR LF as spreadsheets write them (Python's `excel` dialect).
    """
    if not rows:
        output.write(_NO_DATA)
        return
    table: Iterable[Sequence[str]] = [head, *rows]
    csv.writer(output).writerows(table)


def render_csv(report: ReportModel, output: Writable) -> None:
    """Print the section that the report's arguments ask for; nothing if they ask for none."""
    if report.args.csv_section is CSVSection.per_day:
        PerDayView(report.per_day_model).csv(output)
    elif report.args.csv_section is CSVSection.per_task:
        DetailsView(report.details_model).csv(output)
