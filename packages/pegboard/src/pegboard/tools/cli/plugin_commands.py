"""Runs one of the `plugins` commands, by which a user manages the plugins of an application.

In: a host, and the arguments that follow the word `plugins`. Out: an exit status. Each command is a module in
`pegboard.tools.cli.commands`, and prints through `Output`.
"""

from __future__ import annotations

import argparse
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from pegboard.errors import HostError, PegboardError, UnusableIndexError
from pegboard.tools.cli.commands import FAILED, INTERRUPTED
from pegboard.tools.cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Command

COMMANDS = (
    "list",
    "info",
    "why",
    "graph",
    "inspect",
    "doctor",
    "install",
    "uninstall",
    "upgrade",
    "freeze",
    "sync",
    "enable",
    "disable",
    "order",
    "mute",
    "unmute",
    "config",
    "release",
    "profile",
    "bisect",
    "index",
)
"""The commands in the order of the help. The module of each has its name; that of `list` is `listing`."""


def manage(host: Host, arguments: Sequence[str], *, prog: str) -> int:
    """Run one of the `plugins` commands and return the exit status.

    Args:
        host: The application's host, not started yet.
        arguments: What follows the word `plugins` on the command line.
        prog: What precedes them in usage lines, e.g. `utt plugins`.

    Returns:
        0 for success, 1 for failure or findings, 130 for an interrupt; a usage error exits with 2, as `argparse` does.

    Raises:
        BrokenPipeError: If nobody reads the output any more; the application decides what that means.
    """
    options = _parser(prog, arguments[:1]).parse_args(
        arguments, argparse.Namespace(arguments=tuple(arguments), prog=prog)
    )
    command: Command = options.run
    with suppress(HostError):  # the plugins are in use already
        host.manager.configure(commands=prog)
    output = Output(is_json=getattr(options, "json", False))
    try:
        status = command(host, options, output)
        output.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except PegboardError as error:
        output.complain(error.render())
        return FAILED
    except UnusableIndexError as error:
        output.complain(f"error: {error}; '{prog} index clear' removes it, and '{prog} index build' makes it anew")
        return FAILED
    except BrokenPipeError:
        raise
    except OSError as error:
        path = f"{error.filename}: " if error.filename else ""
        output.complain(f"error: {path}{error.strerror or error}")
        return FAILED
    return status


def _parser(prog: str, asked: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser of the command in *asked*, or of all commands: to import all takes a fifth of a second."""
    parser = argparse.ArgumentParser(prog=prog, description="Look after the plugins of this application.")
    commands = parser.add_subparsers(dest="group", required=True, metavar="COMMAND")
    for name in [name for name in COMMANDS if name in asked] or COMMANDS:
        module = "listing" if name == "list" else name
        import_module(f"pegboard.tools.cli.commands.{module}").add(commands)
    return parser
