"""The `plugins` commands, one module each.

In: a host, parsed options, and an `Output`. Out: an exit status. `add` declares a command to `argparse`. No command
imports a plugin unless its help says so.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pegboard.host import Host
    from pegboard.tools.cli.output import Output

    Command = Callable[[Host, argparse.Namespace, Output], int]
    """Runs a command, and returns the exit status."""
    Group = argparse._SubParsersAction[argparse.ArgumentParser]

DONE = 0
FAILED = 1
"""The command failed, or found a fault."""
INTERRUPTED = 130
"""Ctrl-C: 128 and the number of the signal, as shells count."""


def command(
    group: Group, name: str, run: Command, text: str, *, has_json: bool = True, **options: Any
) -> argparse.ArgumentParser:
    """Add one command to *group*, and return its parser for more arguments.

    Args:
        group: The sub-commands that it is one of.
        name: The word on the command line.
        run: Runs it.
        text: Its help, one line that begins with a verb in lower case.
        has_json: Whether it can answer in JSON.
        **options: For its parser, e.g. `epilog`.
    """
    parser = group.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", **options)
    parser.set_defaults(run=run)
    if has_json:
        # a command may be inside of one that has the option, too
        parser.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="answer in JSON, for programs"
        )
    return parser
