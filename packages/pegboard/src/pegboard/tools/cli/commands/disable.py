"""`plugins disable`: leave plugins out from the next start on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.tools.cli.commands import command
from pegboard.tools.cli.commands.enable import switch_plugins
from pegboard.tools.cli.completion import ENABLED, taking

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `disable`."""
    parser = command(commands, "disable", run, "leave plugins out from the next start on, in plugins.toml")
    names = parser.add_argument("names", metavar="NAME", nargs="+", help="a plugin's name")
    taking(names, ENABLED)


def run(host: Host, options: argparse.Namespace, output: Output) -> int:
    """Disable them."""
    return switch_plugins(host, options.names, output, is_on=False)
