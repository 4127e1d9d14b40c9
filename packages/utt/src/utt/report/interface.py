"""The views of a report, one for each format: plugins can replace each of them."""

from __future__ import annotations

from abc import ABC, abstractmethod

from utt.domain.report_args import CSVSection
from utt.report.model import ReportModel

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from utt.components import Output
    from utt.report.layout import Writable

    ReportFormat: TypeAlias = Literal["text", "html", "csv"]
else:
    ReportFormat = str  # importing `typing` costs a start more than this is worth


class ReportView(ABC):
    """Prints the report as text.

    A plugin replaces it with `register_component(ReportView, MyView)`. `MyView` gets what the annotations of
    its constructor name, usually a `ReportModel`.
    """

    @abstractmethod
    def render(self, output: Output) -> None:
        """Print the report to *output*: standard output, or the stream that a plugin provides instead."""


class CSVReportView:
    """Prints the report as comma-separated values.

    Args:
        report: The contents; its arguments name the section to print.
    """

    def __init__(self, report: ReportModel) -> None:
        self._report = report

    def render(self, output: Writable) -> None:
        """Print the section to *output*, a text stream that does not translate line ends."""
        from utt.report.details import DetailsView
        from utt.report.per_day import PerDayView

        section = self._report.args.csv_section
        if section is CSVSection.per_day:
            PerDayView(self._report.per_day_model).csv(output)
        elif section is CSVSection.per_task:
            DetailsView(self._report.details_model).csv(output)


class HTMLReportView:
    """Prints the report as a web page: one file that loads nothing.

    Args:
        report: The contents.
    """

    def __init__(self, report: ReportModel) -> None:
        self._report = report

    def render(self, output: Writable) -> None:
        """Print the page to *output*, a text stream."""
        from utt.report.html.page import render_html

        render_html(self._report, output)
