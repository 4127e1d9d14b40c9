"""`plugins index`: what is recorded of plugins, so that they need not be imported."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any

from pegboard.errors import UnusableIndexError
from pegboard.index import read, why_invalid
from pegboard.startup.recording.comparison import differences, recorded_rows
from pegboard.startup.recording.encoding import content_of
from pegboard.startup.recording.files import clear
from pegboard.startup.recording.notes import Notes
from pegboard.startup.recording.rebuild import EARLY
from pegboard.startup.recording.record import Record
from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.processes import own_command, run

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from pegboard.host import Host
    from pegboard.index import Index
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `index` and its sub-commands."""
    index = commands.add_parser(
        "index",
        help="what is recorded of plugins, so that they need not be imported",
        description="What is recorded of plugins, so that they need not be imported.",
    )
    group = index.add_subparsers(dest="command", required=True, metavar="COMMAND")
    build = command(group, "build", _build, "import and record every plugin now", has_json=False)
    build.add_argument("--into", metavar="DIRECTORY", help="put the index there, not in its usual place")
    build.add_argument("--backwards", action="store_true", help="import the plugins in reverse order")
    command(group, "show", _show, "show what is recorded, and whether it holds", has_json=False)
    why = command(
        group, "why", _why, "show why a plugin was last imported, and what its record depends on", has_json=False
    )
    why.add_argument("name", metavar="NAME", help="the plugin's name")
    command(
        group, "verify", _verify, "record everything afresh in new processes, and show what differs", has_json=False
    )
    command(group, "clear", _clear, "forget all records of this application", has_json=False)


# -- build ------------------------------------------------------------------------------------------------------------


def _build(host: Host, options: argparse.Namespace, output: Output) -> int:
    if options.into:
        host.manager.configure(cache_directory=os.path.abspath(options.into))
    path = host.settings.index_path
    if path is None:
        output.complain("there is no place for an index: the user has no cache directory")
        return FAILED
    host.manager.configure(is_backwards=options.backwards)
    recording = host.manager.record_anew()
    if recording.save_error:
        output.complain(f"error: {recording.save_error}")
        return FAILED
    recorded = [plugin for plugin in host.plugins if plugin.is_usable]
    cost = sum(plugin.cost_ms or 0 for plugin in recorded)
    output.say(f"recorded {_count(len(recorded), 'plugin')}, imported in {cost:.0f} ms, in {path}")
    broken = [plugin for plugin in host.plugins if plugin.error is not None]
    return FAILED if broken else DONE


# -- show and why -----------------------------------------------------------------------------------------------------


def _show(host: Host, _: argparse.Namespace, output: Output) -> int:
    path = host.settings.index_path
    output.say(f"index: {path or 'none: the user has no cache directory'}")
    index, why_not = _look(host)
    output.say(f"state: {why_not or 'valid'}")
    if index is None:
        return FAILED
    content, notes = content_of(index), Notes.beside(index.path)
    for module in content["order"]:
        entry = content["plugins"][module]
        name, _, source, distribution, version = entry["identity"]
        origin = f"{distribution} {version}" if distribution else source
        record = entry["record"]
        cost = f", {notes.cost_ms[name]:.1f} ms" if name in notes.cost_ms else ""
        reason = f": {entry['reason']}" if entry["reason"] else ""
        state = "eager" if entry["is_eager"] else entry["state"]
        output.say(f"\n{name} ({origin}{cost}) {state}{reason}")
        if record is None:
            if entry["state"] == "found":
                is_early = notes.reasons.get(name) == EARLY
                why = EARLY if is_early else "its import fails, and is tried at every start"
                output.say(f"    not recorded: {why}")
            continue
        for kind, names in _by_kind(record).items():
            output.say(f"    {kind}: {', '.join(names)}")
    return DONE if why_not is None else FAILED


def _by_kind(record: Mapping[str, Any]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for kind, text, _, _ in record["rows"]:
        kinds.setdefault(kind, []).append(text)
    return kinds


def _look(host: Host) -> tuple[Index | None, str | None]:
    """Return the index on disk, and why it does not hold, in words; nothing is changed."""
    path = host.settings.index_path
    if path is None:
        return None, "there is no place for an index"
    try:
        index = read(path)
    except UnusableIndexError as error:
        return None, str(error)
    return index, why_invalid(index, host.settings.facts(), os.environ)


def _why(host: Host, options: argparse.Namespace, output: Output) -> int:
    index, why_not = _look(host)
    if index is None:
        output.say(f"nothing is recorded: {why_not}")
        return FAILED
    content, notes = content_of(index), Notes.beside(index.path)
    by_name = {entry["identity"][0]: (module, entry) for module, entry in content["plugins"].items()}
    if options.name not in by_name:
        from pegboard.errors import PluginNotFoundError

        raise PluginNotFoundError(options.name, tuple(by_name))
    module, entry = by_name[options.name]
    output.say(f"plugin {options.name!r}, {module}")
    output.say(f"state: {'eager' if entry['is_eager'] else entry['state']}{_after_colon(entry['reason'])}")
    output.say(f"last recorded because: {notes.reasons.get(options.name, 'that is not known')}")
    output.say(f"the index as a whole: {why_not or 'valid'}")
    if entry["record"] is None:
        is_early = notes.reasons.get(options.name) == EARLY
        until = "that can be done" if is_early else "its import succeeds"
        output.say(f"its record: none; it is imported at every start until {until}")
        return FAILED
    record = Record.from_dict(entry["record"])
    broken = record.why_invalid(os.environ, set(content["plugins"]), 0)
    output.say(f"its record: {broken or 'valid'}")
    if drifts := notes.drifts.get(options.name):
        output.say(f"drift: {_count(drifts, 'time')} it registered something else than recorded, without visible cause")
    output.say("it depends on:")
    for label, items in (
        ("file", record.files),
        ("environment variable", record.variables),
        ("package", record.tops),
        ("absence of module", record.missing),
    ):
        for item in items:
            output.say(f"    {label} {item}")
    return FAILED if broken else DONE


def _after_colon(text: str) -> str:
    return f": {text}" if text else ""


# -- verify -----------------------------------------------------------------------------------------------------------


def _verify(host: Host, options: argparse.Namespace, output: Output) -> int:
    index, why_not = _look(host)
    if index is None or why_not is not None:
        output.say(f"the index is not in use: {why_not}; it is made anew before it is compared")
        host.start()
        index, why_not = _look(host)
        if index is None:
            output.complain(f"error: {why_not}")
            return FAILED
    recorded = recorded_rows(index)
    findings: list[str] = []
    with tempfile.TemporaryDirectory() as directory:
        for label, words in (("afresh", ()), ("afresh in reverse order", ("--backwards",))):
            into = os.path.join(directory, label.replace(" ", "-"))
            command = own_command(options.arguments, "index", "build", "--into", into, *words)
            fresh = _record_in_new_process(command, into, output)
            if fresh is None:
                return FAILED
            findings += [f"{line} ({label})" for line in differences(recorded, recorded_rows(fresh))]
    for line in dict.fromkeys(findings):
        output.say(line)
    if not findings:
        output.say(f"{_count(len(recorded), 'plugin')} recorded afresh, twice: no difference")
    return FAILED if findings else DONE


def _record_in_new_process(command: Sequence[str] | None, into: str, output: Output) -> Index | None:
    """Run *command*, which records into the directory *into*, and return that index."""
    if command is None:
        output.complain("error: this program cannot be run once more, since its command line is not known")
        return None
    result = run(command)
    try:
        (name,) = [name for name in os.listdir(into) if name.endswith(".index")]
        return read(os.path.join(into, name))
    except (OSError, ValueError, UnusableIndexError):
        output.complain(f"error: recording in a new process failed:\n{result.stderr or result.stdout}")
        return None


# -- clear ------------------------------------------------------------------------------------------------------------


def _clear(host: Host, _: argparse.Namespace, output: Output) -> int:
    path = host.settings.index_path
    directory = os.path.dirname(path) if path else None
    try:
        removed = clear(directory, host.name) if directory and os.path.isdir(directory) else 0
    except OSError as error:
        output.complain(f"error: {error.filename}: {error.strerror}")
        return FAILED
    output.say(f"forgot {_count(removed, 'record')} of this application")
    return DONE


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
