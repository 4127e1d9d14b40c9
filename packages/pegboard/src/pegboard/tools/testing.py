"""The test kit: checks for the tests of plugin authors and application developers.

In: an application's host, and the names of plugins. Out: nothing, or an `AssertionError` that says what is wrong.
Comparisons run real processes, since a process imports a module once. The user's own files are not touched.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.index import Settings, read
from pegboard.reloading.unload_plan import plan_unload
from pegboard.startup.recording.comparison import differences, recorded_rows
from pegboard.tools import processes
from pegboard.tools.leaks import LeakDetector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pegboard.host import Host

__all__ = ["Outcome", "assert_same_lazily_and_eagerly", "assert_steady", "assert_unloads", "record"]

_RECORD = """
import importlib, os, sys
module, _, attribute = sys.argv[1].partition(":")
host = getattr(importlib.import_module(module), attribute)
host.manager.configure(cache_directory=sys.argv[2], is_backwards=sys.argv[3:] == ["backwards"])
host.manager.start(afresh=True)
sys.exit(host.manager.cold_start.recording.save_error)
"""


def record(host: str, *, backwards: bool = False, environ: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """Import all plugins of an application in a new process, and return what each of them registered.

    Args:
        host: The application's host, as `module:name`, e.g. `utt.app:host`.
        backwards: Whether the plugins are imported in reverse order.
        environ: The environment variables of that process; those of this one if None.

    Returns:
        A list for each plugin that could be imported, by plugin name: each contribution in words.

    Raises:
        AssertionError: If the application cannot be imported, with what it printed.
    """
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-c", _RECORD, host, directory, *(["backwards"] if backwards else [])]
        result = processes.run(command, environ=environ)
        names = [name for name in os.listdir(directory) if name.endswith(".index")]
        if result.returncode or not names:
            raise AssertionError(f"{host} could not be recorded:\n{result.stderr or result.stdout}")
        return recorded_rows(read(os.path.join(directory, names[0])))


def assert_steady(host: str, *plugins: str, environ: Mapping[str, str] | None = None) -> None:
    """Check that plugins register the same each time, in whatever order they are imported.

    A plugin that does not cannot be recorded: its users would see what it registered another time. All plugins are
    recorded twice in new processes, the second time in reverse order, and the records are compared.

    Args:
        host: The application's host, as `module:name`.
        plugins: Names of the plugins to check; all if there are none.
        environ: The environment variables of the processes; those of this one if None.

    Raises:
        AssertionError: If a plugin registered something else, with a line for each; or if a plugin cannot be imported.
    """
    once = record(host, environ=environ)
    again = record(host, backwards=True, environ=environ)
    missing = [f"plugin {name!r} is not there, or cannot be imported" for name in plugins if name not in once]
    if plugins:
        once = {name: rows for name, rows in once.items() if name in plugins}
        again = {name: rows for name, rows in again.items() if name in plugins}
    if found := missing + differences(once, again):
        raise AssertionError("\n".join(found))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a command: its exit status and its output."""

    status: int
    stdout: str
    stderr: str

    def __repr__(self) -> str:
        return f"exit status {self.status}\n--- stdout\n{self.stdout}--- stderr\n{self.stderr}"


def assert_same_lazily_and_eagerly(
    application: str, command: Sequence[str], *, environ: Mapping[str, str] | None = None
) -> Outcome:
    """Check that a command does the same whether plugins are imported at the start or when they are used.

    The command is run with every plugin imported at the start, which defines what is correct; then lazily without
    records; then lazily with the records of that run.

    Args:
        application: The host's name, e.g. `utt`.
        command: A command line that can be run three times with the same result, e.g. `[sys.executable, "-m", "utt"]`.
        environ: Its environment variables; those of this process if None.

    Returns:
        The result of the command.

    Raises:
        AssertionError: If it did something else in one of these runs, with both outcomes.
    """
    prefix = Settings(application, {}).prefix
    with tempfile.TemporaryDirectory() as cache:
        base = {**(os.environ if environ is None else environ), f"{prefix}_PLUGINS_CACHE": cache}
        expected = _outcome(command, {**base, f"{prefix}_PLUGINS_LAZY": "0"})
        for way in ("lazily, without records", "lazily, from records"):
            found = _outcome(command, {**base, f"{prefix}_PLUGINS_LAZY": "1"})
            if found != expected:
                raise AssertionError(f"{way}: {found}\nwith every plugin imported at the start: {expected}")
    return expected


def _outcome(command: Sequence[str], environ: Mapping[str, str]) -> Outcome:
    result = processes.run(command, environ=environ)
    return Outcome(result.returncode, result.stdout, result.stderr)


def assert_unloads(host: Host, plugin: str, *, cycles: int = 3, deadline_s: float = 5.0) -> None:
    """Check that a plugin can be reloaded in this process without leaving anything behind.

    The plugin is reloaded from the same files. The check reports modules, functions and classes of the old code that
    survive, threads, contributions that pile up, and clean-ups that fail. Use the plugin before the check as its users
    do, so that it has something to clean up: `host.container.get(View)`.

    Args:
        host: A host of this process, started or not.
        plugin: The plugin's name.
        cycles: How many times it is reloaded; at least 1.
        deadline_s: Seconds that each clean-up may take, and that threads have to end.

    Raises:
        AssertionError: If something survives, with the chain of what holds it.
        PluginError: If it cannot be imported.
    """
    host.start()
    subject = host.plugin(plugin)
    host.manager.importer.activate(subject)
    threads = set(threading.enumerate())
    contributions = len(host.manager.ledger.contributions_of(subject))
    for _ in range(cycles):
        plan = plan_unload(host.plugins, host.manager.attribution.owner, subject, with_users=True)
        detector = LeakDetector(plan.modules)
        change = host.reload(plugin, deadline_s=deadline_s)
        found = [fault.render() for fault in change.faults]
        now_running = set(threading.enumerate())
        if len(now_running) > len(threads):  # each reload may start as many as it ends
            found += [f"thread {each.name!r} was started, and none ended for it" for each in now_running - threads]
        found += detector.survivors()
        now = len(host.manager.ledger.contributions_of(subject))
        if now != contributions:
            found.append(f"it contributed {contributions} things at first, and {now} after a reload")
        if found:
            raise AssertionError(f"{subject.who()} leaves something behind when it is reloaded:\n" + "\n".join(found))
