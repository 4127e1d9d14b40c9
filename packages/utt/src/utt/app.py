"""The application: its host, its registry of commands, and a provider for each component.

The key of a component is its type. Its provider is called when the component is first needed. A plugin can
provide another one: whatever needs the component then gets that one.
"""

from __future__ import annotations

import argparse
import os
import sys

from pegboard import Host
from utt.command import Command
from utt.components import (
    CommandLine,
    Commands,
    ConfigDirname,
    ConfigFilename,
    DataDirname,
    DataFilename,
    Now,
    Output,
)
from utt.domain.activity import Activities
from utt.domain.entry import Entries, Entry
from utt.domain.report_args import ReportArgs
from utt.log.config import DefaultConfig
from utt.log.interface import LISTENERS, AddEntry, EntryLines, EntryParser
from utt.report.interface import CSVReportView, HTMLReportView
from utt.report.model import ReportModel

TYPE_CHECKING = False

if TYPE_CHECKING:
    from utt.report.interface import ReportFormat

# plugins are ordered by name; the names of built-in ones begin with `0_`
host = Host(
    "utt",
    built_in_first=False,
    commands="utt plugins",
    hooks="utt.hooks",
    offers={"override": "v1.register_command(command, override=True)", "decorate": "v1.decorate_component"},
    traceback="UTT_TRACEBACK",
)
commands = host.registry("commands", Command, builds=lambda command: command.handler_class)


# -- what plugins are told --------------------------------------------------------------------------------------------


def tell(hook: str, *arguments: object) -> None:
    """Call the hook of that name; `utt.hooks` is imported only if a plugin implements it."""
    if host.is_implemented(hook):
        host.hooks[hook](*arguments)


def tell_entry_added(entry: Entry, filename: str) -> None:
    tell("entry_added", entry, DataFilename(filename))
    tell_log_changed(DataFilename(filename))


def tell_log_changed(filename: DataFilename) -> None:
    """Tell plugins that the log has changed otherwise than by `AddEntry`, which tells it itself.

    Args:
        filename: The path of the log.
    """
    tell("log_changed", filename)


def tell_report_rendering(model: ReportModel, output_format: ReportFormat, stream: Output) -> None:
    """Tell plugins that a report is about to be rendered.

    Args:
        model: The report.
        output_format: `text`, `html` or `csv`.
        stream: What the report is going to be written to.
    """
    tell("report_rendering", model, output_format, stream)


LISTENERS.append(tell_entry_added)


# -- the command line -------------------------------------------------------------------------------------------------


def parse_args(command_line: CommandLine) -> argparse.Namespace:
    """Return the parsed command line; completion, help and wrong usage raise `SystemExit`."""
    from utt.parser import parse

    return parse(command_line, host, commands)


def all_commands() -> Commands:
    return [commands[name] for name in commands.names()]


def output() -> Output:
    given = sys.stdout
    if given is None:  # it is closed, as service managers do: what is printed is discarded
        given = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 -- it lives as long as the process
    stream: Output = given  # type: ignore[assignment]  # `Output` is only a key: any text stream will do
    return stream


def now(args: argparse.Namespace) -> Now:
    """Return the current time, or the one given with `--now`.

    A given time is converted by the system's clock, too: a time that the change to summer time skips becomes
    the time that clocks showed instead.

    Raises:
        UttError: If the system's clock cannot express the given time.
    """
    if args.now is None:
        return Now.now()  # the log is in local time
    try:
        return Now.fromtimestamp(args.now.timestamp())
    except (ValueError, OverflowError, OSError) as exc:
        from utt.exceptions import UttError

        raise UttError(f"Invalid time: {args.now:%Y-%m-%d %H:%M} ({exc})") from exc


# -- files ------------------------------------------------------------------------------------------------------------


def data_dirname() -> DataDirname:
    from utt.log.paths import data_dirname

    return DataDirname(data_dirname())


def data_filename(args: argparse.Namespace, dirname: DataDirname) -> DataFilename:
    """Return the path of the log: the one given with `--data`, or the usual one."""
    return DataFilename(args.data_filename or os.path.join(dirname, "utt.log"))  # noqa: PTH118


def config_dirname() -> ConfigDirname:
    from utt.log.paths import config_dirname

    return ConfigDirname(config_dirname())


def config_filename(dirname: ConfigDirname) -> ConfigFilename:
    return ConfigFilename(os.path.join(dirname, "utt.cfg"))  # noqa: PTH118


# -- the log ----------------------------------------------------------------------------------------------------------


def entries(entry_lines: EntryLines, entry_parser: EntryParser) -> Entries:
    from utt.log.interface import read_entries

    return read_entries(entry_lines, entry_parser)


def add_entry(filename: DataFilename, known: Entries, entry_lines: EntryLines) -> AddEntry:
    return AddEntry(filename, known, log=getattr(entry_lines, "log", None))


# -- the report -------------------------------------------------------------------------------------------------------


def report_args(args: argparse.Namespace, moment: Now) -> ReportArgs:
    from utt.domain.report_args import report_args_from

    found = report_args_from(args, moment.date())
    if args.month and args.week:
        _note("--week is not used, since --month is given")
    if found.range.start > found.range.end:
        to = " (--to counts from the first day)" if args.to_date else ""
        _note(
            f"there are no days to report: the first one, {found.range.start}, is after the last one, "
            f"{found.range.end}{to}"
        )
    return found


def _note(text: str) -> None:
    """Tell the user on standard error what a report does not say."""
    from pegboard.terminal import tell

    tell(f"utt: {text}\n")


def activities(args: ReportArgs, moment: Now, known: Entries) -> Activities:
    from utt.domain.selection import select_activities

    return select_activities(known, args, moment)


def report(selected: Activities, args: ReportArgs) -> ReportModel:
    return ReportModel(selected, args)


PROVIDERS = {
    argparse.Namespace: parse_args,
    Commands: all_commands,
    Output: output,
    Now: now,
    DataDirname: data_dirname,
    DataFilename: data_filename,
    ConfigDirname: config_dirname,
    ConfigFilename: config_filename,
    DefaultConfig: DefaultConfig,
    EntryLines: EntryLines,
    EntryParser: EntryParser,
    Entries: entries,
    AddEntry: add_entry,
    ReportArgs: report_args,
    Activities: activities,
    ReportModel: report,
    CSVReportView: CSVReportView,
    HTMLReportView: HTMLReportView,
}
"""The provider of each component. Built-in plugins provide two more: `ReportView` and `configparser.ConfigParser`."""

for _key, _provider in PROVIDERS.items():
    host.container.provide(_key, _provider)
