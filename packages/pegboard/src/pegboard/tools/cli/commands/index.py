"""`plugins index`: what is recorded of plugins, so that they need not be imported."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any

from pegboard.errors import UnusableIndexError
from pegboard.index import read, why_invalid
from pegboard.ledger import BROKEN, FOUND
from pegboard.startup.recording.comparison import differences, recorded_rows
from pegboard.startup.recording.encoding import content_of
from pegboard.startup.recording.files import remove_all
from pegboard.startup.recording.notes import Notes
from pegboard.startup.recording.rebuild import EARLY
from pegboard.startup.recording.record import Record
from pegboard.tools import processes
from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.cli.completion import OWNERS, taking
from pegboard.tools.cli.output import count
from pegboard.tools.cli.recording import record_in_new_process
from pegboard.tools.inspection.lookup import plugin_named, when_recorded
from pegboard.tools.states import recorded_state

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from pegboard.host import Host
    from pegboard.index import Index
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


_DEPENDENCY = {
    "files": "file",
    "environment_variables": "environment variable",
    "packages": "package",
    "missing_modules": "module that is not installed:",
}


def add(commands: Group) -> None:
    """Add `index` and its sub-commands."""
    text = "what is recorded of plugins, so that they need not be imported"
    index = commands.add_parser("index", help=text, description=f"{text[0].upper()}{text[1:]}.")
    index.set_defaults(run=_show)
    index.add_argument("--json", action="store_true", help="answer in JSON, for programs")
    group = index.add_subparsers(dest="command", metavar="COMMAND", help="usually: show")
    build = command(group, "build", _build, "import and record every plugin now")
    build.add_argument("--into", metavar="DIRECTORY", help="put the index there, not in its usual place")
    build.add_argument("--backwards", action="store_true", help="import the plugins in reverse order")
    command(group, "show", _show, "show what is recorded, and whether it holds")
    why = command(group, "why", _why, "show why a plugin was last imported, and what its record depends on")
    name = why.add_argument("name", metavar="NAME", help="a plugin, or its distribution")
    taking(name, OWNERS)
    command(group, "verify", _verify, "record everything afresh in new processes, and show what differs")
    command(group, "clear", _clear, "forget all records of this application")


def _entries(index: Index) -> list[dict[str, Any]]:
    """Return what *index* and its notes say of each plugin, in order."""
    content, notes = content_of(index), Notes.beside(index.path)
    found = []
    for module in content["order"]:
        entry = content["plugins"][module]
        name, _, source, distribution, version = entry["identity"]
        contributions: dict[str, list[str]] = {}
        for kind, text, _, _ in (entry["record"] or {"rows": ()})["rows"]:
            contributions.setdefault(kind, []).append(text)
        found.append(
            {
                "name": name,
                "module": module,
                "source": source,
                "distribution": distribution or None,
                "version": version or None,
                "state": recorded_state(
                    entry["state"],
                    is_eager=entry["is_eager"],
                    is_recorded=entry["record"] is not None,
                    is_early=notes.reasons.get(name) == EARLY,
                ),
                "reason": entry["reason"] or None,
                "is_eager": entry["is_eager"],
                "is_recorded": entry["record"] is not None,
                "cost_ms": notes.cost_ms.get(name),
                "contributions": contributions,
                "last_recorded_because": notes.reasons.get(name),
            }
        )
    return found


def _state(entry: Mapping[str, Any]) -> str:
    return f"{entry['state']}: {entry['reason']}" if entry["reason"] else str(entry["state"])


# -- build ------------------------------------------------------------------------------------------------------------


def _build(host: Host, options: argparse.Namespace, output: Output) -> int:
    if options.into:
        host.manager.configure(cache_directory=os.path.abspath(options.into))
    path = host.settings.index_path()
    if path is None:
        output.complain("there is no place for an index: the user has no cache directory")
        return FAILED
    host.manager.configure(is_backwards=options.backwards)
    host.manager.start(afresh=True)
    recording = host.manager.cold_start.recording
    if recording is not None and recording.save_error:
        output.complain(f"error: {recording.save_error}")
        return FAILED
    recorded = [plugin for plugin in host.plugins if plugin.is_usable]
    cost = sum(plugin.cost_ms or 0 for plugin in recorded)
    output.say(f"recorded {count(len(recorded), 'plugin')}, imported in {cost:.0f} ms, in {path}")
    if output.is_json:
        output.answer({"index": path, "imported_in_ms": cost, "plugins": _entries(read(path))})
    broken = [plugin for plugin in host.plugins if plugin.error is not None]
    return FAILED if broken else DONE


# -- show and why -----------------------------------------------------------------------------------------------------


def _show(host: Host, _: argparse.Namespace, output: Output) -> int:
    path = host.settings.index_path()
    output.say(f"index: {path or 'none: the user has no cache directory'}")
    index, why_not = _look(host)
    output.say(f"state: {why_not or 'valid'}")
    entries = _entries(index) if index is not None else []
    for entry in entries:
        owner = f"{entry['distribution']} {entry['version']}" if entry["distribution"] else entry["source"]
        cost = f", {entry['cost_ms']:.1f} ms" if entry["cost_ms"] is not None else ""
        output.say(f"\n{entry['name']} ({owner}{cost}) {_state(entry)}")
        if not entry["is_recorded"] and entry["state"] in (BROKEN, FOUND):
            is_early = entry["last_recorded_because"] == EARLY
            output.say(f"    not recorded: {EARLY if is_early else 'its import fails, and is tried at every start'}")
        for kind, names in entry["contributions"].items():
            output.say(f"    {kind}: {', '.join(names)}")
    output.answer({"index": path, "is_valid": why_not is None, "why_not": why_not, "plugins": entries})
    return DONE if why_not is None else FAILED


def _look(host: Host) -> tuple[Index | None, str | None]:
    """Return the index on disk, and why it does not hold, in words; nothing is changed."""
    path = host.settings.index_path()
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
        output.answer({"plugin": None, "index_why_not": why_not})
        return FAILED
    entries = {entry["name"]: entry for entry in _entries(index)}
    owners = {name: each["distribution"] for name, each in entries.items()}
    name = plugin_named(options.name, owners)
    entry = entries[name]
    reason, drifts = entry["last_recorded_because"], Notes.beside(index.path).drifts.get(name, 0)
    output.say(f"plugin {name!r}, {entry['module']}")
    output.say(f"state: {_state(entry)}")
    output.say(f"last recorded: {when_recorded(reason)}")
    output.say(f"the index as a whole: {why_not or 'valid'}")
    data = content_of(index)["plugins"]
    if not entry["is_recorded"]:
        until = "that can be done" if reason == EARLY else "its import succeeds"
        broken: str | None = f"none; it is imported at every start until {until}"
        depends_on: dict[str, list[str]] = {}
    else:
        record = Record.from_dict(data[entry["module"]]["record"])
        broken = record.why_invalid(os.environ, set(data), 0)
        depends_on = {
            "files": [*record.files],
            "environment_variables": [*record.variables],
            "packages": [*record.packages],
            "missing_modules": [*record.missing],
        }
    output.say(f"its record: {broken or 'valid'}")
    if entry["is_recorded"]:
        if drifts:
            times = count(drifts, "time")
            output.say(f"drift: {times} it registered something else than recorded, without visible cause")
        output.say("it depends on:")
        for kind, items in depends_on.items():
            for item in items:
                output.say(f"    {_DEPENDENCY[kind]} {item}")
    output.answer(
        {
            "plugin": entry,
            "index_why_not": why_not,
            "record_why_not": broken,
            "drifts": drifts,
            "depends_on": depends_on,
        }
    )
    return FAILED if broken else DONE


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
    found: dict[str, None] = {}
    with tempfile.TemporaryDirectory() as directory:
        for label, words in (("afresh", ()), ("afresh in reverse order", ("--backwards",))):
            into = os.path.join(directory, label.replace(" ", "-"))
            fresh = _record_again(options.arguments, ["--into", into, *words], output)
            if fresh is None:
                return FAILED
            found |= dict.fromkeys(f"{line} ({label})" for line in differences(recorded, recorded_rows(fresh)))
    for line in found:
        output.say(line)
    if not found:
        output.say(f"{count(len(recorded), 'plugin')} recorded afresh, twice: no difference")
    output.answer({"plugins": list(recorded), "differences": list(found)})
    return FAILED if found else DONE


def _record_again(arguments: Sequence[str], words: Sequence[str], output: Output) -> Index | None:
    """Record in a new process, and return that index; None if it failed, which is said."""
    command = processes.own_command(arguments, "index", "build", "--json", *words)
    if command is None:
        output.complain("error: this program cannot be run once more, since its command line is not known")
        return None
    recording = record_in_new_process(command)
    errors = recording.errors
    if recording.answer is not None:
        try:
            return read(recording.answer["index"])
        except UnusableIndexError as error:
            errors = str(error)
    output.complain(f"error: recording in a new process failed:\n{errors}")
    return None


# -- clear ------------------------------------------------------------------------------------------------------------


def _clear(host: Host, _: argparse.Namespace, output: Output) -> int:
    path = host.settings.index_path()
    directory = os.path.dirname(path) if path else None
    try:
        removed = remove_all(directory, host.name) if directory and os.path.isdir(directory) else 0
    except OSError as error:
        output.complain(f"error: {error.filename}: {error.strerror}")
        return FAILED
    output.say(f"forgot {count(removed, 'record')} of this application")
    output.answer({"forgotten": removed})
    return DONE
