"""`plugins bisect`: find the plugin that makes a command fail.

In: options. Out: a new bisection, or one that is resumed; `bisection_session` runs it.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

from pegboard.tools.bisection.unfinished import State, forget, load
from pegboard.tools.cli.bisection_session import BisectionFiles, BisectionSession, Paused
from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.cli.completion import PLUGINS, taking
from pegboard.tools.cli.environment_commands import seconds
from pegboard.tools.cli.output import count

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output

_USAGE = 2
_EXAMPLES = "Imports no plugin itself: the command, or you, runs the application with some plugins left out."


def add(commands: Group) -> None:
    """Add `bisect`."""
    parser = command(commands, "bisect", _bisect, "find the plugin that makes something fail", epilog=_EXAMPLES)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--cmd", metavar="COMMAND", help="the command that fails; it is run without input and judged")
    how.add_argument("--run", metavar="COMMAND", dest="shown", help="run this each time, and ask you what you saw")
    how.add_argument("--resume", action="store_true", help="go on with the bisection that was not finished")
    how.add_argument("--abort", action="store_true", help="forget the bisection that was not finished")
    parser.add_argument("words", metavar="WORD", nargs="*", help="after --: the command that fails, word by word")
    failing = parser.add_mutually_exclusive_group()
    failing.add_argument("--fails-with", metavar="TEXT", help="it fails when its output has this, whatever its status")
    failing.add_argument(
        "--good-status", metavar="N", type=int, action="append", help="an exit status that is no failure; usually 0"
    )
    parser.add_argument("--deadline", metavar="SECONDS", type=seconds, help="it fails, too, when it takes longer")
    keep = parser.add_argument("--keep", metavar="NAME", action="append", default=[], help="a plugin that is always on")
    taking(keep, PLUGINS)
    parser.add_argument("--built-in", action="store_true", help="suspect also the application's own plugins")
    parser.add_argument("--disable", action="store_true", help="disable the culprit without asking")


def _bisect(host: Host, options: argparse.Namespace, output: Output) -> int:
    files = BisectionFiles(host)
    if options.abort:
        was_there = forget(files.state, files.cache)
        output.say("forgot the unfinished bisection" if was_there else "there is no unfinished bisection")
        output.answer({"forgot": was_there})
        return DONE
    settings = _settings_of(options)
    if objection := _conflict(options, settings):
        output.complain(f"error: {objection}")
        return _USAGE
    try:
        old = _unfinished(files, settings, output, is_resumed=options.resume)
    except Paused as reason:
        output.complain(f"error: {reason}")
        return FAILED
    bisection = BisectionSession(host, files, old.settings if old else settings, output, options)
    if old is not None and not bisection.take(old):
        output.complain("error: other plugins are installed than when it began; forget it with --abort, and begin anew")
        return FAILED
    try:
        return bisection.run(disable=options.disable)
    except KeyboardInterrupt:
        if bisection.state.answers:
            output.complain(f"stopped; '{options.prog} bisect --resume' goes on where it was")
        raise


def _unfinished(files: BisectionFiles, settings: dict[str, Any], output: Output, *, is_resumed: bool) -> State | None:
    """Return the bisection to go on with; None to begin anew.

    Raises:
        Paused: When neither can be done; its text says why.
    """
    old = load(files.state)
    if old is None:
        if is_resumed:
            raise Paused("there is no unfinished bisection to go on with")
        return None
    if is_resumed:
        return old
    many = count(len(old.answers), "answer")
    if output.can_ask:
        said = output.ask(f"a bisection is not finished ({many}). Go on with it? [Y/n] ")
        if said is None:
            raise Paused("go on with --resume, or forget it with --abort")
        if not said.lower().startswith("n"):
            return old
        forget(files.state, files.cache)
        return None
    if old.settings != settings:
        what = shlex.join(old.settings["command"] or ["by hand"])
        raise Paused(f"a bisection is not finished ({what}, {many}); go on with --resume, or forget it with --abort")
    output.say("going on with the bisection that was not finished")
    return old


def _settings_of(options: argparse.Namespace) -> dict[str, Any]:
    text = options.cmd if options.cmd is not None else options.shown
    words = shlex.split(text, posix=os.name == "posix") if text is not None else list(options.words)
    return {
        "command": words or None,
        "is_judged": options.shown is None and bool(words),
        "fails_with": options.fails_with,
        "good_status": options.good_status or [0],
        "deadline": options.deadline,
        "keep": options.keep,
        "built_in": options.built_in,
    }


def _conflict(  # noqa: PLR0911 -- one for each reason
    options: argparse.Namespace, settings: dict[str, Any]
) -> str | None:
    """Return in words why the options contradict each other; None if they do not."""
    given = options.cmd if options.cmd is not None else options.shown
    if given is not None and options.words:
        return "say the command once: after --, or with --cmd or --run"
    if given is not None and not settings["command"]:
        return "the command is empty"
    if options.resume:
        return "--resume goes on as it was begun: without a command" if options.words else None
    if settings["is_judged"]:
        return None
    if getattr(options, "json", False):
        return "--json needs a command that can be judged: --cmd"
    if options.fails_with is not None or options.good_status or options.deadline:
        return "--fails-with, --good-status and --deadline judge a command: give one with --cmd"
    return None
