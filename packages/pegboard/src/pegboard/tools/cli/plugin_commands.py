"""Runs one of the `plugins` commands, by which a user manages the plugins of an application.

In: a host, and the arguments that follow the word `plugins`. Out: an exit status. Each command is a module in
`pegboard.tools.cli.commands`, and prints through `Output`.
"""

from __future__ import annotations

import argparse
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from pegboard.errors import HostError, InstallFailedError, PegboardError, UnusableIndexError
from pegboard.tools.cli.commands import DONE, FAILED, INTERRUPTED
from pegboard.tools.cli.output import Output
from pegboard.tools.cli.shown_faults import without_what_is_shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import NoReturn

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
    "search",
    "freeze",
    "sync",
    "enable",
    "disable",
    "order",
    "isolate",
    "mute",
    "unmute",
    "config",
    "release",
    "profile",
    "bisect",
    "index",
    "completion",
)
"""The commands in the order of the help. The module of each has its name; that of `list` is `listing`."""


def manage(
    host: Host,
    arguments: Sequence[str],
    *,
    prog: str,
    complete: Callable[[Sequence[str], str], Iterable[str]] | None = None,
) -> int:
    """Run one of the `plugins` commands and return the exit status.

    Args:
        host: The application's host, not started yet.
        arguments: What follows the word `plugins` on the command line.
        prog: What precedes them in usage lines, e.g. `utt plugins`.
        complete: Returns what may follow on a command line of the application itself, given the words that precede,
            without the program, and the beginning of the next; for the command `completion`. Without it, only names
            of commands are completed, which are those in registries with `command` in their names.

    Returns:
        0 for success, 1 for failure or findings, 130 for an interrupt; a usage error exits with 2, as `argparse` does.

    Raises:
        BrokenPipeError: If nobody reads the output any more; the application decides what that means.
    """
    options = parser_for(prog, arguments).parse_args(
        arguments, argparse.Namespace(arguments=tuple(arguments), prog=prog, complete=complete)
    )
    command: Command = options.run
    with suppress(HostError):  # the plugins are in use already
        host.manager.configure(commands=prog)
    output = Output(is_json=getattr(options, "json", False))
    try:
        with without_what_is_shown(host, options):
            status = command(host, options, output)
        if status != DONE and not output.has_answered:
            output.answer({"error": {"what": "\n".join(output.complaints) or "it has failed"}})
        output.flush()
    except KeyboardInterrupt:
        output.flush()
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except (PegboardError, UnusableIndexError, OSError) as error:
        _tell(error, prog, output)
        return FAILED
    return status


def _tell(error: PegboardError | UnusableIndexError | OSError, prog: str, output: Output) -> None:
    """Print why a command has failed, in JSON, too, if that was asked for and nothing was answered yet."""
    if isinstance(error, PegboardError):
        output.complain(error.render())
        answer = {
            "code": error.code,
            "what": error.what(),
            "cause": error.because(),
            "where": error.where(),
            "hint": error.hint(),
        }
        if isinstance(error, InstallFailedError):
            answer["printed"] = error.printed
    else:
        path = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        text = f"{path}{error.strerror or error}" if isinstance(error, OSError) else str(error)
        if isinstance(error, UnusableIndexError):
            text += f"; '{prog} index clear' removes it, and '{prog} index build' makes it anew"
        output.complain(f"error: {text}")
        answer = {"what": text}
    if not output.has_answered:
        output.answer({"error": answer})
    output.flush()


class _Parser(argparse.ArgumentParser):
    """A parser that answers wrong usage in JSON, too, if that was asked for."""

    def error(self, message: str) -> NoReturn:
        if self._wants_json:
            Output(is_json=True).answer({"error": {"what": message}})
        super().error(message)

    _wants_json = False


def parser_for(prog: str, asked: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser of the command that *asked* begins with, or of all: to import all takes a fifth of a second."""

    class Parser(_Parser):
        _wants_json = "--json" in asked

    parser = Parser(prog=prog, description="Look after the plugins of this application.")
    commands = parser.add_subparsers(dest="group", required=True, metavar="COMMAND")
    for name in [name for name in COMMANDS if name in asked[:1]] or COMMANDS:
        module = "listing" if name == "list" else name
        import_module(f"pegboard.tools.cli.commands.{module}").add(commands)
    return parser
