"""The parser of the command line, its sub-commands those of the plugins."""

from __future__ import annotations

import argparse
import os
import sys

from pegboard.cli import add_commands
from utt.__version__ import VERSION
from utt.domain.dates import parse_datetime

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard import Host, Registry
    from utt.command import Command

_DESCRIPTION = "A time tracker for the command line: say what you did, see where your time went."


def parse(command_line: Sequence[str], host: Host, commands: Registry[Command]) -> argparse.Namespace:
    """Return the parsed *command_line*; without any words, help is shown.

    Raises:
        SystemExit: After help, version or completion, and for wrong usage.
    """
    parser = _parser(host, commands)
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete  # the shell asks; no other start pays for it

        argcomplete.autocomplete(parser, append_space=False)
    return parser.parse_args(list(command_line) or ["--help"])


def _parser(host: Host, commands: Registry[Command]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=_DESCRIPTION, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", dest="data_filename", help="the log file, in place of the usual one")
    parser.add_argument("--now", type=parse_datetime, help="act as if it were that time: 'YYYY-MM-DD HH:MM'")
    parser.add_argument("--version", action="version", version=f"utt {VERSION}\nPython {sys.version}")

    def configure(name: str, subparser: argparse.ArgumentParser) -> None:
        command = commands[name]
        host.run(
            commands.owner(name),
            f"adding the arguments of command {name!r}",
            lambda: command.add_args(subparser),
            passing=(SystemExit,),
        )

    add_commands(parser, commands, dest="command", configure=configure)
    return parser
