"""`plugins`: the commands by which a user looks at an application's plugins.

None of them imports a plugin unless it says so.

    plugins index build         import and record every plugin now, e.g. while a container image is made
    plugins index show          what is recorded, and whether it holds
    plugins index why NAME      why a plugin was last imported, and what its record depends on
    plugins index verify        record everything afresh in new processes, and show what differs
    plugins index clear         forget all records of this application

An application hands over the arguments that follow the word `plugins`; see `manage`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from pegboard.errors import PegboardError
from pegboard.index import UnusableIndexError, objection, read
from pegboard.recording.cold import record_anew
from pegboard.recording.comparison import differences, recorded_rows
from pegboard.recording.encoding import content_of
from pegboard.recording.files import clear
from pegboard.recording.notes import Notes
from pegboard.recording.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pegboard.host import Host
    from pegboard.index import Index

DONE, FINDINGS, USAGE = 0, 1, 2


def manage(host: Host, arguments: Sequence[str], *, prog: str) -> int:
    """Run one of the `plugins` commands and return the exit status.

    Args:
        host: The application's host, not started yet.
        arguments: What follows the word `plugins` on the command line.
        prog: What precedes them in usage lines, e.g. `utt plugins`.

    Returns:
        0 when it was done, 1 when there are findings; usage errors exit with 2, as `argparse` does.
    """
    options = _parser(prog).parse_args(arguments)
    command: Callable[[Host, argparse.Namespace], int] = options.run
    try:
        return command(host, options)
    except PegboardError as error:
        print(error.render(), file=sys.stderr)
        return FINDINGS
    except UnusableIndexError as error:
        print(f"error: {error}; 'index clear' removes it, and 'index build' makes it anew", file=sys.stderr)
        return FINDINGS


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=prog, description="Look at the plugins of this application.")
    groups = parser.add_subparsers(dest="group", required=True, metavar="COMMAND")
    index = groups.add_parser("index", help="what is recorded of plugins, so that they need not be imported")
    commands = index.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for run, name, text in (
        (_build, "build", "import and record every plugin now"),
        (_show, "show", "show what is recorded, and whether it holds"),
        (_why, "why", "show why a plugin was last imported, and what its record depends on"),
        (_verify, "verify", "record everything afresh in new processes, and show what differs"),
        (_clear, "clear", "forget all records of this application"),
    ):
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        command.set_defaults(run=run)
        if run is _why:
            command.add_argument("name", metavar="NAME", help="the plugin's name")
        if run is _build:
            command.add_argument("--into", metavar="DIRECTORY", help="put the index there, not in its usual place")
            command.add_argument("--backwards", action="store_true", help="import the plugins in reverse order")
    return parser


# -- build ------------------------------------------------------------------------------------------------------------


def _build(host: Host, options: argparse.Namespace) -> int:
    roster = host.roster
    if options.into:
        roster.settings.cache_directory = os.path.abspath(options.into)
    path = roster.index_path
    if path is None:
        print("there is no place for an index: the user has no cache directory", file=sys.stderr)
        return FINDINGS
    roster.is_backwards = options.backwards
    record_anew(roster)
    if roster.complaint:
        print(f"error: {roster.complaint}", file=sys.stderr)
        return FINDINGS
    recorded = [plugin for plugin in host.plugins if plugin.is_usable]
    cost = sum(plugin.cost_ms or 0 for plugin in recorded)
    print(f"recorded {_count(len(recorded), 'plugin')}, imported in {cost:.0f} ms, in {path}")
    broken = [plugin for plugin in host.plugins if plugin.error is not None]
    return FINDINGS if broken else DONE


# -- show and why -----------------------------------------------------------------------------------------------------


def _show(host: Host, _: argparse.Namespace) -> int:
    path = host.roster.index_path
    print(f"index: {path or 'none: the user has no cache directory'}")
    index, why_not = _look(host)
    print(f"state: {why_not or 'valid'}")
    if index is None:
        return FINDINGS
    content, notes = content_of(index), Notes.beside(index.path)
    for module in content["order"]:
        entry = content["plugins"][module]
        name, _, source, distribution, version = entry["identity"]
        origin = f"{distribution} {version}" if distribution else source
        record = entry["record"]
        cost = f", {notes.cost_ms[name]:.1f} ms" if name in notes.cost_ms else ""
        reason = f": {entry['reason']}" if entry["reason"] else ""
        state = "eager" if entry["is_eager"] else entry["state"]
        print(f"\n{name} ({origin}{cost}) {state}{reason}")
        if record is None:
            if entry["state"] == "found":
                print("    not recorded: its import fails, and is tried at every start")
            continue
        for kind, names in _by_kind(record).items():
            print(f"    {kind}: {', '.join(names)}")
    return DONE if why_not is None else FINDINGS


def _by_kind(record: Mapping[str, Any]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for kind, text, _, _ in record["rows"]:
        kinds.setdefault(kind, []).append(text)
    return kinds


def _look(host: Host) -> tuple[Index | None, str | None]:
    """Return the index on disk, and why it does not hold, in words; nothing is changed."""
    roster = host.roster
    path = roster.index_path
    if path is None:
        return None, "there is no place for an index"
    try:
        index = read(path)
    except UnusableIndexError as error:
        return None, str(error)
    return index, objection(index.validity, roster.facts(), os.environ)


def _why(host: Host, options: argparse.Namespace) -> int:
    index, why_not = _look(host)
    if index is None:
        print(f"nothing is recorded: {why_not}")
        return FINDINGS
    content, notes = content_of(index), Notes.beside(index.path)
    by_name = {entry["identity"][0]: (module, entry) for module, entry in content["plugins"].items()}
    if options.name not in by_name:
        from pegboard.errors import PluginNotFoundError

        raise PluginNotFoundError(options.name, tuple(by_name))
    module, entry = by_name[options.name]
    print(f"plugin {options.name!r}, {module}")
    print(f"state: {'eager' if entry['is_eager'] else entry['state']}{_after_colon(entry['reason'])}")
    print(f"last recorded because: {notes.reasons.get(options.name, 'that is not known')}")
    print(f"the index as a whole: {why_not or 'valid'}")
    if entry["record"] is None:
        print("its record: none; it is imported at every start until its import succeeds")
        return FINDINGS
    record = Record.from_dict(entry["record"])
    broken = record.objection(os.environ, set(content["plugins"]), 0)
    print(f"its record: {broken or 'valid'}")
    if drifts := notes.drifts.get(options.name):
        print(f"drift: {_count(drifts, 'time')} it registered something else than recorded, without visible cause")
    print("it depends on:")
    for label, items in (
        ("file", record.files),
        ("environment variable", record.variables),
        ("package", record.tops),
        ("absence of module", record.missing),
    ):
        for item in items:
            print(f"    {label} {item}")
    return FINDINGS if broken else DONE


def _after_colon(text: str) -> str:
    return f": {text}" if text else ""


# -- verify -----------------------------------------------------------------------------------------------------------


def _verify(host: Host, _: argparse.Namespace) -> int:
    index, why_not = _look(host)
    if index is None or why_not is not None:
        print(f"the index is not in use: {why_not}; it is made anew before it is compared")
        host.start()
        index, why_not = _look(host)
        if index is None:
            print(f"error: {why_not}", file=sys.stderr)
            return FINDINGS
    recorded = recorded_rows(index)
    findings: list[str] = []
    with tempfile.TemporaryDirectory() as directory:
        for label, options in (("afresh", ()), ("afresh in reverse order", ("--backwards",))):
            into = os.path.join(directory, label.replace(" ", "-"))
            fresh = _record_in_new_process(into, options)
            if fresh is None:
                return FINDINGS
            findings += [f"{line} ({label})" for line in differences(recorded, recorded_rows(fresh))]
    for line in dict.fromkeys(findings):
        print(line)
    if not findings:
        print(f"{_count(len(recorded), 'plugin')} recorded afresh, twice: no difference")
    return FINDINGS if findings else DONE


def _record_in_new_process(into: str, options: Sequence[str]) -> Index | None:
    """Run this very program once more, to record into the directory *into*."""
    given = sys.orig_argv
    if "verify" not in given:
        print("error: only a command line that says 'verify' can be run once more", file=sys.stderr)
        return None
    at = len(given) - given[::-1].index("verify") - 1
    command = [*given[:at], "build", "--into", into, *options]
    result = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 -- our own command line
    try:
        (name,) = [name for name in os.listdir(into) if name.endswith(".index")]
        return read(os.path.join(into, name))
    except (OSError, ValueError, UnusableIndexError):
        print(f"error: recording in a new process failed:\n{result.stderr or result.stdout}", file=sys.stderr)
        return None


# -- clear ------------------------------------------------------------------------------------------------------------


def _clear(host: Host, _: argparse.Namespace) -> int:
    path = host.roster.index_path
    directory = os.path.dirname(path) if path else None
    try:
        removed = clear(directory, host.name) if directory and os.path.isdir(directory) else 0
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return FINDINGS
    print(f"forgot {_count(removed, 'record')} of this application")
    return DONE


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
