"""The parser of the command line: its sub-commands are those that plugins registered."""

from __future__ import annotations

import argparse
import os
import sys

from pegboard.cli import add_commands, add_plugins_command
from utt.__version__ import VERSION
from utt.domain.dates import parse_datetime

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from pegboard import Host, Registry
    from utt.command import Command

_USUAL_COLUMNS = 80
_EPILOG = (
    "Plugins add commands and change reports: 'utt plugins --help' tells how to look at them,\n"
    "and 'utt --no-plugins ...' does without those that are not utt's own."
)
_DESCRIPTION = "A time tracker for the command line: say what you did, see where your time went."


def parse(command_line: Sequence[str], host: Host, commands: Registry[Command]) -> argparse.Namespace:
    """Return the parsed *command_line*; an empty one shows the help.

    Raises:
        SystemExit: After help, version or completion, and for wrong usage.
    """
    is_completed = "_ARGCOMPLETE" in os.environ
    parser = _parser(host, commands, with_management=is_completed)
    if is_completed:
        import argcomplete  # imported only when a shell asks for completion

        argcomplete.autocomplete(parser, append_space=False)
    return parser.parse_args(list(command_line) or ["--help"])


def _moment(text: str) -> datetime:
    try:
        return parse_datetime(text)
    except ValueError:
        message = f"invalid parse_datetime value: {text!r}"  # as it always was; the hint is ours
        raise argparse.ArgumentTypeError(f"{message}\n  hint: write it as YYYY-MM-DD HH:MM") from None


class _Parser(argparse.ArgumentParser):
    """A parser whose sub-parsers format their help as argparse does by default."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": _reflowing, **options})


def _reflowing(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, width=_columns() - 2)


def _keeping_lines(prog: str) -> argparse.HelpFormatter:
    return argparse.RawTextHelpFormatter(prog, width=_columns() - 2)


def _columns() -> int:
    """Return the width of the terminal, as `shutil.get_terminal_size` does.

    argparse makes a formatter for each argument that is added. Without a given width, each formatter asks
    `shutil`, which imports three compression libraries.
    """
    try:
        columns = int(os.environ.get("COLUMNS", "0"))
    except ValueError:
        columns = 0
    if columns <= 0:
        try:
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
        except (AttributeError, ValueError, OSError):
            columns = 0
    return columns or _USUAL_COLUMNS


def _parser(host: Host, commands: Registry[Command], *, with_management: bool = False) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = _Parser(description=_DESCRIPTION, epilog=_EPILOG, formatter_class=_keeping_lines)
    parser.add_argument("--data", dest="data_filename", help="the log file, in place of the usual one")
    parser.add_argument("--now", type=_moment, help="act as if it were that time: 'YYYY-MM-DD HH:MM'")
    parser.add_argument("--version", action="version", version=f"utt {VERSION}\nPython {sys.version}")

    def configure(name: str, subparser: argparse.ArgumentParser) -> None:
        command = commands[name]
        host.run(
            commands.owner(name),
            f"adding the arguments of command {name!r}",
            lambda: command.add_args(subparser),
            passing=(SystemExit,),
        )

    action = add_commands(parser, commands, dest="command", configure=configure)
    if with_management:
        add_plugins_command(action, host)
    return parser


def completions(words: Sequence[str], prefix: str, host: Host, commands: Registry[Command]) -> list[str]:
    """Return what may follow *words* on a command line, without the program, given the beginning of the next word."""
    import shlex

    from argcomplete.finders import CompletionFinder

    os.environ["_ARGCOMPLETE"] = "1"  # as argcomplete alone has it: then names are completed without parsers
    finder = CompletionFinder(_parser(host, commands), append_space=False)
    line = f"{shlex.join(words)} {prefix}" if words else prefix
    found: list[str] = []
    while (whole := finder.rl_complete(line, len(found))) is not None:  # the line with the word in it
        found.append(prefix + whole[len(line) :])
    return found
