"""`plugins sync`: make the installed plugins those that a file names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.cli.changing import add_options
from pegboard.cli.commands import DONE, command
from pegboard.cli.commands.install import carry_out
from pegboard.cli.commands.uninstall import remove
from pegboard.installing.declared import read_declared
from pegboard.installing.installed import brought, name_of

if TYPE_CHECKING:
    import argparse

    from pegboard.cli.commands import Group
    from pegboard.cli.output import Output
    from pegboard.host import Host


def add(commands: Group) -> None:
    """Add `sync`."""
    parser = command(commands, "sync", _run, "install what a file of requirements names", has_json=False)
    parser.add_argument("file", metavar="FILE", help="as `freeze` prints it; hashes in it are checked")
    parser.add_argument("--exact", action="store_true", help="remove plugins that the file does not name")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask before removing")
    add_options(parser)


def _run(host: Host, options: argparse.Namespace, output: Output) -> int:
    declared = read_declared(options.file)
    wanted = declared.requirements
    surplus = sorted(set(brought(host)) - {name_of(text) for text in wanted}) if options.exact else []
    status = DONE
    if surplus:
        status = remove(host, options, output, surplus, word="sync")
    if wanted and status == DONE:
        status = carry_out(
            host, options, output, wanted, word="sync", needs_plugin=False, hashes=declared.hashes or None
        )
    return status
