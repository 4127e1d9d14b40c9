"""What a report's looks are made of: plugins implement `ReportView` to give it others."""

from __future__ import annotations

from abc import ABC, abstractmethod

from utt.report.model import ReportModel

TYPE_CHECKING = False

if TYPE_CHECKING:
    from utt.components import Output
    from utt.report.layout import Writable


class ReportView(ABC):
    """How the text report looks.

    A plugin gives it another look with `register_component(ReportView, MyView)`; `MyView` receives what
    its constructor's annotations ask for, usually a `ReportModel`.
    """

    @abstractmethod
    def render(self, output: Output) -> None:
        """Print the report to *output*: standard output, or what a plugin has put in its place."""


class CSVReportView:
    """The report as comma-separated values.

    Args:
        report: What to print; its arguments say which section.
    """

    def __init__(self, report: ReportModel) -> None:
        self._report = report

    def render(self, output: Writable) -> None:
        """Print the section to *output*, a text stream that leaves line ends as they are."""
        from utt.report.csv_view import render_csv

        render_csv(self._report, output)


class HTMLReportView:
    """The report as a web page: one file that loads nothing.

    Args:
        report: What to print.
    """

    def __init__(self, report: ReportModel) -> None:
        self._report = report

    def render(self, output: Writable) -> None:
        """Print the page to *output*, a text stream."""
        from utt.report.html.page import render_html

        render_html(self._report, output)
