"""`plugins enable`: let plugins run that `plugins.toml` leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.tools.cli.commands import command
from pegboard.tools.cli.switching import switch

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `enable`."""
    parser = command(commands, "enable", run, "let plugins run that plugins.toml leaves out")
    parser.add_argument("names", metavar="NAME", nargs="+", help="a plugin's name")


def run(host: Host, options: argparse.Namespace, output: Output) -> int:
    """Enable them."""
    return switch(host, options.names, output, is_on=True)
