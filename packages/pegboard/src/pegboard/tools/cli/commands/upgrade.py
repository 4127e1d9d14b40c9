"""`plugins upgrade`: newer versions of plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.tools.cli.commands import DONE, command
from pegboard.tools.cli.commands.install import carry_out
from pegboard.tools.cli.commands.uninstall import distributions_of
from pegboard.tools.cli.environment_commands import add_options, installer_for
from pegboard.tools.installing.install_plan import Request

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `upgrade`."""
    parser = command(commands, "upgrade", _run, "upgrade plugins as far as the application and the others allow")
    parser.add_argument("names", metavar="NAME", nargs="*", help="a plugin or its distribution; all when none is named")
    add_options(parser)


def _run(host: Host, options: argparse.Namespace, output: Output) -> int:
    installer = installer_for(options, output)
    keys = distributions_of(host, options.names)
    if not keys:
        output.say("nothing to do: no plugin is installed")
        output.answer({"environment": None, "changes": [], "done": False, "added": []})
        return DONE
    request = Request(keys, may_move=options.allow_changes, is_upgrade=True, needs_plugin=False)
    return carry_out(host, options, output, installer, request)
