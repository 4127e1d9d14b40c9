"""`plugins upgrade`: newer versions of plugins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pegboard.tools.cli.commands import DONE, command, isolate
from pegboard.tools.cli.commands.install import add_editable_option, carry_out, named_requirements
from pegboard.tools.cli.commands.uninstall import distributions_of, isolated_distribution
from pegboard.tools.cli.completion import OWNERS, taking
from pegboard.tools.cli.environment_commands import add_options, installer_for
from pegboard.tools.installing.install_plan import Request
from pegboard.tools.installing.references import is_direct, pairs

_PLAIN = re.compile(r"[^\s<>=!~;@\[]+")
"""A name, without a version, extras or a marker."""

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `upgrade`."""
    parser = command(commands, "upgrade", _run, "upgrade plugins as far as the application and the others allow")
    names = parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="a plugin or its distribution, or what `install` takes; all plugins when none is named",
    )
    taking(names, OWNERS)
    add_editable_option(parser)
    add_options(parser)


def _run(host: Host, options: argparse.Namespace, output: Output) -> int:
    if options.names and all(isolated_distribution(host, name) for name in options.names) and not options.editable:
        return isolate.upgrade(host, options, output)
    given = named_requirements(options)
    installer = installer_for(options, output)
    keys = distributions_of(host, []) if not given else []
    for option, text in pairs(given):
        is_name = not is_direct(text) and _PLAIN.fullmatch(text)
        keys += distributions_of(host, [text]) if is_name else [*option, text]
    if not keys:
        output.say("nothing to do: no plugin is installed")
        output.answer({"environment": None, "changes": [], "done": False, "added": []})
        return DONE
    request = Request(keys, may_move=options.allow_changes, is_upgrade=True, needs_plugin=bool(given))
    return carry_out(host, options, output, installer, request)
