"""`plugins profile`: what each plugin costs a start, and which imports make it slow."""

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
    from collections.abc import Mapping, Sequence

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
    states = {plugin.name: "eager" if plugin.eager else plugin.state for plugin in host.plugins}
    rounds = options.rounds or (1 if options.words else _ROUNDS)
    try:
        if options.words:
            runs = _measure(host, flags, "command", [*program, *options.words], rounds)
        else:  # the first start records, compiles and warms the disk's cache
            runs = _measure(host, flags, "start", [*program, "profile"], rounds + 1)[1:]
    except _NotMeasuredError as error:
        output.complain(f"error: the process that was measured ended with status {error}")
        return FAILED
    run = median(runs)
    if options.trace and (problem := write(os.path.abspath(options.trace), _json(trace(run, host.name)))):
        output.complain(f"error: {problem}")
        return FAILED
    report = _report(run, host.name, states, top=options.top, rounds=rounds)
    _print(report, host.name, output)
    if options.trace:
        output.say("", f"trace: {options.trace}")
    output.answer(report)
    return FAILED if run.status else DONE


class _NotMeasuredError(Exception):
    """A process left no measurements: its exit status, and below it what it printed to standard error."""


def _measure(host: Host, flags: Sequence[str], mode: str, program: Sequence[str], rounds: int) -> list[Run]:
    """Run *program* so often by `launch`, and return what each process has seen.

    Raises:
        _NotMeasuredError: If one has seen nothing.
    """
    plugins = {plugin.module: plugin.name for plugin in host.plugins}
    runs: list[Run] = []
    with tempfile.TemporaryDirectory() as folder:
        modules, seen = os.path.join(folder, "plugins"), os.path.join(folder, "seen")
        with open(modules, "w", encoding="utf-8") as stream:
            stream.writelines(f"{module}\t{name}\n" for module, name in plugins.items())
        command = [sys.executable, *flags, launch.__file__, seen, modules, mode, *program]
        for _ in range(rounds):
            done = processes.run(command, encoding="utf-8")
            try:
                with open(seen, encoding="utf-8") as stream:
                    runs.append(Run(json.load(stream), plugins))
                os.unlink(seen)
            except (OSError, ValueError):
                raise _NotMeasuredError(f"{done.returncode}\n{done.stderr.strip()}") from None
    return runs


def _report(run: Run, application: str, states: Mapping[str, str], *, top: int, rounds: int) -> dict[str, Any]:
    """Return what `--json` prints."""
    costs = sorted(run.costs.values(), key=lambda cost: -cost.total_ns)
    start = next(((begin, end) for name, begin, end in run.phases if name == "start"), None)
    return {
        "rounds": rounds,
        "status": run.status,
        "total_ms": (run.end_ns - run.begin_ns) / 1e6,
        "imports_ms": run.imports_ns / 1e6,
        "application_ms": run.application_ns / 1e6,
        "plugins_ms": sum(cost.total_ns for cost in costs) / 1e6,
        "start_ms": None if start is None else (start[1] - run.begin_ns) / 1e6,
        "ready_ms": None if start is None else (start[1] - start[0]) / 1e6,
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
                    for package, ns in _heaviest(cost, top)
                ],
            }
            for cost in costs
        ],
        "not_imported": {name: state for name, state in states.items() if name not in run.costs},
    }


def _print(report: Mapping[str, Any], application: str, output: Output) -> None:
    _print_totals(report, output)
    is_narrow = output.width < _NARROW  # then the least that answers the question; --json has the rest
    times = ("own_ms", "shared_ms", "total_ms", "at_ms")
    headings = ["plugin", "state", *(name.replace("_", " ") for name in times), "cause"]
    rows = [
        [each["name"], each["state"], *(f"{each[name]:.1f}" for name in times), each["cause"]]
        for each in report["plugins"]
    ]
    rows += [[name, state, "", "", "", "", "not imported"] for name, state in report["not_imported"].items()]
    if is_narrow:
        headings, rows = [headings[0], headings[4]], [[row[0], row[4]] for row in rows]
    output.table(headings, rows)
    blame = [
        [each["name"], heavy["package"], heavy["from"], f"{heavy['ms']:.1f}"]
        for each in report["plugins"]
        for heavy in each["heaviest"]
    ]
    if blame:
        output.say("", "What they import, the heaviest first:")
        headings = ["plugin", "package", "from", "ms"]
        if is_narrow:
            headings, blame = [*headings[:2], headings[3]], [[*row[:2], row[3]] for row in blame]
        output.table(headings, blame)
    for each in report["plugins"]:
        for heavy in each["heaviest"][:1]:
            if heavy["ms"] >= _WORTH_MS and heavy["package"] != application:
                output.say(
                    f"hint: plugin {each['name']!r} would be imported {heavy['ms']:.1f} ms faster "
                    f"if it imported {heavy['package']!r} inside the functions that need it"
                )


def _print_totals(report: Mapping[str, Any], output: Output) -> None:
    about = "1 run" if report["rounds"] == 1 else f"median of {report['rounds']} runs"
    plugins_ms = report["plugins_ms"]
    if report["start_ms"] is None:
        output.say(f"the command took {report['total_ms']:.1f} ms ({about}), without the start of Python itself:")
        output.say(f"{plugins_ms:.1f} ms to import plugins, {report['application_ms']:.1f} ms to import all else")
    else:
        ready_ms = report["ready_ms"]
        output.say(f"a usual start takes {report['start_ms']:.1f} ms ({about}), without the start of Python itself;")
        output.say(f"{ready_ms:.1f} ms of it make the plugins ready; to import every plugin takes {plugins_ms:.1f} ms")
    output.say()


def _heaviest(cost: Cost, number: int) -> list[tuple[str, int]]:
    return sorted(cost.heaviest.items(), key=lambda item: (-item[1], item[0]))[:number]


def _cause(cost: Cost, start: tuple[int, int] | None) -> str:
    if start is not None and start[0] <= cost.begin_ns < start[1]:
        return f"at every start: {cost.cause}"
    return cost.cause


def _json(data: Any) -> bytes:
    return (json.dumps(data) + "\n").encode()
