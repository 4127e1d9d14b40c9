"""`utt report`: what the time was spent on."""

from __future__ import annotations

import argparse

from utt.api import v1


class ReportHandler:
    """Prints the report, as text or as comma-separated values."""

    def __init__(self, report: v1.ReportModel, output: v1.Output) -> None:
        self._report = report
        self._output = output

    def __call__(self) -> None:
        """Print the report."""
        # Only the view that is used is built: a broken text view of some plugin does not stop the other.
        if self._report.args.csv_section is None:
            v1.get_component(v1.ReportView).render(self._output)  # type: ignore[type-abstract]  # some subclass of it
        else:
            v1.get_component(v1.CSVReportView).render(self._output)


def add_args(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `utt report`."""
    v1.add_report_arguments(parser)


v1.register_command(v1.Command("report", "Show what you spent your time on", ReportHandler, add_args))
