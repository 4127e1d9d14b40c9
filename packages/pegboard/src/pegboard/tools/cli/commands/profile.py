"""`plugins profile`: what does each plugin cost a start, and which import makes it slow?"""

from __future__ import annotations

import argparse
import json
import os
import zipfile
from typing import TYPE_CHECKING, Any

from pegboard.startup.recording.files import write
from pegboard.tools import processes
from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.installing.environment import bundle, is_of_pex
from pegboard.tools.profiling import launch
from pegboard.tools.profiling.costs import median
from pegboard.tools.profiling.measure import MeasurementError, measure
from pegboard.tools.profiling.summary import summary
from pegboard.tools.profiling.trace import trace
from pegboard.tools.states import last_known_states

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output

    Data = Mapping[str, Any]

_ROUNDS = 3
_NARROW = 76
"""Columns of the terminal below which tables show fewer columns."""
_WORTH_MS = 5.0
"""A package whose import takes less is not worth a change to a plugin."""
_EPILOG = (
    "It imports every plugin, in a new process; with words after --, it runs that command of the application, "
    "as often as --rounds says, and imports what the command does."
)


def add(commands: Group) -> None:
    """Add `profile`."""
    parser = command(commands, "profile", _profile, "show what plugins cost a start; this imports them", epilog=_EPILOG)
    parser.add_argument("words", metavar="WORD", nargs="*", help="after --: a command of the application to profile")
    parser.add_argument("--rounds", type=_positive, help="measure so many times and show the median (3; a command: 1)")
    parser.add_argument("--top", type=_positive, default=3, metavar="N", help="packages to blame for each plugin (3)")
    parser.add_argument("--trace", metavar="FILE", help="write a Chrome trace, for Perfetto or chrome://tracing")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def _profile(host: Host, options: argparse.Namespace, output: Output) -> int:
    called = processes.own_program(options.arguments)
    if called is None:
        output.complain("error: this program cannot be run once more, since its command line is not known")
        return FAILED
    if not os.path.isfile(launch.__file__) or (zipfile.is_zipfile(bundle() or "") and not is_of_pex()):
        output.complain("error: a bundled application cannot be measured; profile it as it is installed")
        return FAILED
    flags, program = called
    words: Sequence[str] = options.words
    if words and program[-1:] != options.prog.split()[-1:]:
        output.complain(f"error: it is not known how the application's own commands are called: not {program[-1]!r}")
        return FAILED
    # the word by which the application calls the `plugins` commands precedes them, but not its own commands
    program = [*program[:-1], *words] if words else [*program, "profile"]
    rounds = options.rounds or (1 if words else _ROUNDS)
    plugins = {plugin.module: plugin.name for plugin in host.plugins}
    states = last_known_states(host)
    try:
        run = median(measure(flags, program, plugins, rounds=rounds, starts_only=not words))
    except MeasurementError as error:
        output.complain(f"error: {error}")
        return FAILED
    if options.trace:
        text = json.dumps(trace(run, host.name)) + "\n"
        if problem := write(os.path.abspath(options.trace), text.encode()):
            output.complain(f"error: {problem}")
            return FAILED
    data = summary(run, host.name, states, rounds=rounds, top=options.top)
    _print_totals(data, output)
    _print_plugins(data, output)
    _print_hooks(data, output)
    _print_packages(data, host.name, output)
    if options.trace:
        output.say("", f"trace: {options.trace}")
    output.answer(data)
    return FAILED if run.status else DONE


def _print_totals(data: Data, output: Output) -> None:
    about = "1 run" if data["rounds"] == 1 else f"median of {data['rounds']} runs"
    plugins = f"{data['plugins_ms']:.1f} ms"
    if data["start_ms"] is None:
        output.say(f"the command took {data['total_ms']:.1f} ms ({about}), without the start of Python itself:")
        output.say(f"{plugins} to import plugins, {data['application_ms']:.1f} ms to import all else")
    else:
        output.say(f"a usual start takes {data['start_ms']:.1f} ms ({about}), without the start of Python itself;")
        output.say(f"{data['ready_ms']:.1f} ms of it make the plugins ready; to import every plugin takes {plugins}")
    output.say()


def _print_plugins(data: Data, output: Output) -> None:
    durations = ("own_ms", "shared_ms", "total_ms", "at_ms")
    rows = [
        [plugin["name"], plugin["state"], *(f"{plugin[key]:.1f}" for key in durations), plugin["cause"]]
        for plugin in data["plugins"]
    ]
    rows += [[name, state, "", "", "", "", "not imported"] for name, state in data["not_imported"].items()]
    headings = ["plugin", "state", "own ms", "shared ms", "total ms", "at ms", "cause"]
    _print_table(headings, rows, narrow=(0, 4), output=output)


def _print_hooks(data: Data, output: Output) -> None:
    rows = [
        [each["plugin"] or "the application", each["hook"], str(each["calls"]), f"{each['ms']:.1f}"]
        for each in data["hooks"]
    ]
    if rows:
        output.say("", "What they answered when hooks were called, without their imports:")
        _print_table(["plugin", "hook", "calls", "ms"], rows, narrow=(0, 1, 3), output=output)


def _print_packages(data: Data, application: str, output: Output) -> None:
    rows = [
        [plugin["name"], each["package"], each["from"], f"{each['ms']:.1f}"]
        for plugin in data["plugins"]
        for each in plugin["heaviest"]
    ]
    if rows:
        output.say("", "What they import, the heaviest first:")
        _print_table(["plugin", "package", "from", "ms"], rows, narrow=(0, 1, 3), output=output)
    for plugin in data["plugins"]:
        for each in plugin["heaviest"][:1]:
            if each["ms"] >= _WORTH_MS and each["package"] != application:
                output.say(
                    f"hint: plugin {plugin['name']!r} would be imported {each['ms']:.1f} ms faster "
                    f"if it imported {each['package']!r} inside the functions that need it"
                )


def _print_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, narrow: Sequence[int], output: Output
) -> None:
    """Print a table; on a narrow terminal, only the columns *narrow*: `--json` has the rest."""
    if output.width < _NARROW:
        headings, rows = [headings[at] for at in narrow], [[row[at] for at in narrow] for row in rows]
    output.table(headings, rows)
