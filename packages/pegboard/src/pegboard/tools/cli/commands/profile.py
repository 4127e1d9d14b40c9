"""`plugins profile`: what does each plugin cost a start, and which import makes it slow?"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from pegboard.startup.recording.files import write
from pegboard.tools import processes
from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.profiling import launch
from pegboard.tools.profiling.costs import Run, kind, median
from pegboard.tools.profiling.trace import trace

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output
    from pegboard.tools.profiling.costs import Cost

_ROUNDS = 3
_NARROW = 76
"""Columns below which a table leaves out what can be left out."""
_WORTH_MS = 5.0
"""A package that takes less is not worth a change to a plugin."""
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
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def _profile(host: Host, options: argparse.Namespace, output: Output) -> int:
    words = list(options.words) or ["profile"]
    parts = processes.own_program(options.arguments)
    if parts is None:
        output.complain("error: this program cannot be run once more: nobody knows its command line")
        return FAILED
    flags, program = parts
    if options.words and program[-1:] != options.prog.split()[-1:]:
        output.complain(f"error: nobody knows how the application's own commands are called: not {program[-1]!r}")
        return FAILED
    if options.words:  # what precedes the command is the word by which the application calls us
        program = program[:-1]
    plugins = {plugin.module: plugin.name for plugin in host.plugins}
    states = {plugin.name: "eager" if plugin.eager else plugin.state for plugin in host.plugins}
    runs: list[Run] = []
    with tempfile.TemporaryDirectory() as folder:
        modules, seen = os.path.join(folder, "plugins"), os.path.join(folder, "seen")
        with open(modules, "w", encoding="utf-8") as stream:
            stream.writelines(f"{module}\t{name}\n" for module, name in plugins.items())
        mode = "command" if options.words else "start"
        line = [sys.executable, *flags, launch.__file__, seen, modules, mode, *program, *words]
        rounds = options.rounds or (1 if options.words else _ROUNDS)
        for number in range(rounds if options.words else rounds + 1):
            done = processes.run(line, encoding="utf-8")
            try:
                with open(seen, encoding="utf-8") as stream:
                    run = Run(json.load(stream), plugins)
                os.unlink(seen)
            except (OSError, ValueError):
                ended = f"the process that was measured ended with status {done.returncode}"
                output.complain(f"error: {ended}\n{done.stderr.strip()}")
                return FAILED
            if options.words or number:  # the first start records, compiles and warms the disk's cache
                runs.append(run)
    run = median(runs)
    if options.trace and (problem := write(os.path.abspath(options.trace), _json(trace(run, host.name)))):
        output.complain(f"error: {problem}")
        return FAILED
    _tell(run, host.name, states, options, output, rounds)
    return FAILED if run.status else DONE


def _tell(  # noqa: PLR0917 -- all that it tells
    run: Run, application: str, states: dict[str, str], options: argparse.Namespace, output: Output, rounds: int
) -> None:
    costs = sorted(run.costs.values(), key=lambda cost: -cost.total_ns)
    start = next(((begin, end) for name, begin, end in run.phases if name == "start"), None)
    total_ms = (run.end_ns - run.begin_ns) / 1e6
    about = "1 run" if rounds == 1 else f"median of {rounds} runs"
    plugins_ms = sum(cost.total_ns for cost in costs) / 1e6
    start_ms = None if start is None else (start[1] - run.begin_ns) / 1e6
    ready_ms = None if start is None else (start[1] - start[0]) / 1e6
    if start is None:
        output.say(f"the command took {total_ms:.1f} ms ({about}), without the start of Python itself:")
        output.say(f"{plugins_ms:.1f} ms to import plugins, {run.application_ns / 1e6:.1f} ms to import all else")
    else:
        output.say(f"a usual start takes {start_ms:.1f} ms ({about}), without the start of Python itself;")
        output.say(f"{ready_ms:.1f} ms of it make the plugins ready; to import every plugin takes {plugins_ms:.1f} ms")
    output.say()
    rows = [
        [
            cost.name,
            states[cost.name],
            f"{cost.own_ns / 1e6:.1f}",
            f"{cost.shared_ns / 1e6:.1f}",
            f"{cost.total_ns / 1e6:.1f}",
            f"{(cost.begin_ns - run.begin_ns) / 1e6:.1f}",
            _cause(cost, start),
        ]
        for cost in costs
    ]
    rows += [[name, state, "", "", "", "", "not imported"] for name, state in states.items() if name not in run.costs]
    headings = ["plugin", "state", "own ms", "shared ms", "total ms", "at ms", "cause"]
    is_narrow = output.width < _NARROW
    if is_narrow:  # the least that answers the question; --json has the rest
        headings, rows = [headings[0], headings[4]], [[row[0], row[4]] for row in rows]
    output.table(headings, rows)
    blame = [
        [cost.name, package, kind(package, application), f"{ns / 1e6:.1f}"]
        for cost in costs
        for package, ns in _heaviest(cost, options.top)
    ]
    if blame:
        output.say("", "What they import, the heaviest first:")
        headings = ["plugin", "package", "from", "ms"]
        if is_narrow:
            headings, blame = [*headings[:2], headings[3]], [[*row[:2], row[3]] for row in blame]
        output.table(headings, blame)
    for cost in costs:
        for package, ns in _heaviest(cost, 1):
            if ns / 1e6 >= _WORTH_MS and package != application:
                output.say(
                    f"hint: plugin {cost.name!r} would be imported {ns / 1e6:.1f} ms faster "
                    f"if it imported {package!r} inside the functions that need it"
                )
    if options.trace:
        output.say("", f"trace: {options.trace}")
    output.answer(
        {
            "rounds": rounds,
            "status": run.status,
            "total_ms": total_ms,
            "imports_ms": run.imports_ns / 1e6,
            "application_ms": run.application_ns / 1e6,
            "plugins_ms": plugins_ms,
            "start_ms": start_ms,
            "ready_ms": ready_ms,
            "plugins": [
                {
                    "name": cost.name,
                    "state": states[cost.name],
                    "own_ms": cost.own_ns / 1e6,
                    "shared_ms": cost.shared_ns / 1e6,
                    "total_ms": cost.total_ns / 1e6,
                    "at_ms": (cost.begin_ns - run.begin_ns) / 1e6,
                    "cause": _cause(cost, start),
                    "heaviest": [
                        {"package": package, "from": kind(package, application), "ms": ns / 1e6}
                        for package, ns in _heaviest(cost, options.top)
                    ],
                }
                for cost in costs
            ],
            "not_imported": {name: state for name, state in states.items() if name not in run.costs},
        }
    )


def _heaviest(cost: Cost, number: int) -> list[tuple[str, int]]:
    return sorted(cost.heaviest.items(), key=lambda item: (-item[1], item[0]))[:number]


def _cause(cost: Cost, start: tuple[int, int] | None) -> str:
    if start is not None and start[0] <= cost.begin_ns < start[1]:
        return f"at every start: {cost.cause}"
    return cost.cause


def _json(data: Any) -> bytes:
    return (json.dumps(data) + "\n").encode()
