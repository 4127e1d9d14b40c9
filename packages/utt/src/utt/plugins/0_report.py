"""`utt report`: print what the time was spent on."""

from __future__ import annotations

import argparse

from utt.api import v1


class ReportHandler:
    """Prints the report, as text, as a web page or as comma-separated values."""

    def __init__(self, report: v1.ReportModel, output: v1.Output, args: argparse.Namespace) -> None:
        self._report = report
        self._output = output
        self._html = args.html

    def __call__(self) -> None:
        csv = self._report.args.csv_section is not None
        v1.tell_report_rendering(self._report, "html" if self._html else "csv" if csv else "text", self._output)
        # Only one view is built: if a plugin's text view is broken, the other formats still work.
        if self._html:
            v1.get_component(v1.HTMLReportView).render(self._output)
        elif not csv:
            v1.get_component(v1.ReportView).render(self._output)  # type: ignore[type-abstract]  # the container returns an instance of a subclass
        else:
            v1.get_component(v1.CSVReportView).render(self._output)


def add_args(parser: argparse.ArgumentParser) -> None:
    formats = v1.add_report_arguments(parser)
    formats.add_argument(
        "--html", action="store_true", help="print the report as a web page: one file, which loads nothing"
    )
    parser.add_argument("--h", action="help", help=argparse.SUPPRESS)  # short for --help, despite --html


v1.register_command(v1.Command("report", "Show what you spent your time on", ReportHandler, add_args))
