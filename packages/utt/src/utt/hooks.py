"""The hooks: what utt tells plugins when something happens. Imported when a plugin implements one of them.

A fault of a plugin never changes what utt does: it is told in one line, and the others go on. Before anything is
done, a plugin may refuse with `UttError`: then utt prints that as its own error, and exits with status 1.
"""

from __future__ import annotations

import argparse

from utt.app import host
from utt.components import DataFilename, Output
from utt.domain.entry import Entry
from utt.exceptions import UttError
from utt.report.interface import ReportFormat
from utt.report.model import ReportModel


@host.hooks.notify(passing=(UttError,))
def arguments_parsed(args: argparse.Namespace) -> None:
    """The command line is parsed, and the command has not begun; what is changed in *args* counts.

    Not called for help, completion, wrong usage and `utt plugins`.

    Args:
        args: The parsed arguments; `args.command` is the name of the command.
    """


@host.hooks.notify
def entry_added(entry: Entry, filename: DataFilename) -> None:
    """An entry is in the log, and on the disk; the log is not locked any more.

    Args:
        entry: As it is in the log.
        filename: The path of the log.
    """


@host.hooks.notify
def log_changed(filename: DataFilename) -> None:
    """The log has changed: an entry was added, which `entry_added` has been told of before, or the log was edited.

    Args:
        filename: The path of the log.
    """


@host.hooks.notify(passing=(UttError,))
def report_rendering(report: ReportModel, output_format: ReportFormat, output: Output) -> None:
    """A report is about to be rendered; nothing of it is written yet.

    Args:
        report: What it is going to show.
        output_format: `text`, `html` or `csv`.
        output: What it is going to be written to.
    """
