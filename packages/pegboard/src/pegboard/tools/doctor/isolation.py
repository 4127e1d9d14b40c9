"""Imports plugins in separate processes, so that a plugin that crashes or hangs does not harm the doctor.

Each plugin is imported in a process of its own; then those that work are imported together in one more process, which
shows whether they work together. `worker` is what runs in these processes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.ledger import COMPONENT, DECORATOR, QUARANTINED
from pegboard.tools import processes
from pegboard.tools.doctor.checks.prints import may_write_past_python
from pegboard.tools.doctor.finding import Finding, finding
from pegboard.tools.doctor.health_check import has_health_check
from pegboard.tools.doctor.worker import HEALTH, NOTHING, RESULT, TRACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from pegboard.ledger import Plugin
    from pegboard.tools.doctor.evidence import Evidence

    CommandLine = Callable[[str, str, Sequence[str], float], list[str]]
    """Returns the command of a worker, given its file for answers, the module, plugins to leave out, and deadline."""

_GRACE_S = 60.0
"""How long the application itself may take to start before its process is ended."""
_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in', re.MULTILINE)
_STACK_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+), in', re.MULTILINE)
_PEGBOARD = f"{os.sep}pegboard{os.sep}"


@dataclass
class Options:
    """How plugins are imported."""

    command_line: CommandLine | None
    """None when this program cannot be started again."""
    deadline_s: float = 10.0
    imports: bool = True
    """Whether plugins are imported at all."""
    everyone: bool = False
    """Whether plugins with a valid record are imported, too."""
    commands: str = ""
    """How the user calls the `plugins` commands, e.g. `notes plugins`."""


@dataclass
class _Worker:
    plugin: Plugin | None
    """None when all are imported together."""
    into: str
    started: float
    process: processes.Process
    allowed_s: float


class IsolatedImports:
    """Imports of the plugins whose records do not show that they work."""

    def __init__(self, evidence: Evidence, options: Options) -> None:
        self.evidence = evidence
        self.options = options
        self._broken: set[str] = set()
        """Names of plugins that could not be imported."""
        self._slow: set[str] = set()
        """Names of plugins that are reported as slow."""
        self._is_application_broken = False
        """Whether the application ends before a plugin is imported, which is reported once."""

    def findings(self) -> Iterator[Finding]:
        """Import the plugins and yield what is wrong with them."""
        chosen = self._chosen()
        if not self.options.imports:
            for plugin in chosen:
                if not self._is_recorded(plugin):
                    yield finding(
                        "plugin-unexamined",
                        f"the doctor has not imported {plugin.who()}",
                        about=plugin,
                        cause="it has no valid record: it is new, something has changed, or its last import failed",
                        remedy="run the doctor without --no-import: it imports plugins in separate processes",
                    )
        elif self.options.command_line is None:
            if chosen:
                yield finding(
                    "imports-unchecked",
                    "the doctor has not imported any plugin",
                    cause="this program cannot be started again, since its command line is not known",
                    remedy="run the doctor from the command line",
                )
        else:
            with tempfile.TemporaryDirectory() as folder:
                for worker in self._run(chosen, folder):
                    yield from self._verdict(worker, folder)
                if self._must_import_together(chosen) and not self._is_application_broken:
                    for worker in self._run([None], folder):
                        yield from self._verdict(worker, folder)

    def _chosen(self) -> list[Plugin]:
        """Return the plugins to import: without a valid record, with a health check, or perhaps writing past Python."""
        return [
            plugin
            for plugin in self.evidence.plugins
            if (plugin.is_usable or plugin.state == QUARANTINED)
            and (
                self.options.everyone
                or (
                    not plugin.is_built_in
                    and (not self._is_recorded(plugin) or has_health_check(plugin) or may_write_past_python(plugin))
                )
            )
        ]

    def _is_recorded(self, plugin: Plugin) -> bool:
        return self.evidence.has_valid_index and self.evidence.record(plugin) is not None

    def _must_import_together(self, chosen: Sequence[Plugin]) -> bool:
        """Whether no valid record shows that all plugins work together."""
        return (
            self.options.everyone
            or not self.evidence.has_valid_index
            or any(not self._is_recorded(plugin) for plugin in chosen)
            or any(map(self._has_something_to_build, self.evidence.plugins))
            or any(
                not self.evidence.is_reported(code, text) for code, text, _ in self.evidence.content.get("problems", ())
            )
        )

    def _has_something_to_build(self, plugin: Plugin) -> bool:
        """Whether *plugin* contributes something that is injected, which is checked when all plugins are imported."""
        record = None if plugin.is_built_in or not plugin.is_usable else self.evidence.record(plugin)
        built = {COMPONENT, DECORATOR}
        built |= {name for name, registry in self.evidence.host.registries.items() if registry.builds is not None}
        return record is not None and any(kind in built for kind, *_ in record["rows"])

    # -- processes ----------------------------------------------------------------------------------------------------

    def _run(self, plugins: Sequence[Plugin | None], folder: str) -> Iterator[_Worker]:
        """Run a worker for each of *plugins*, a few at a time, and yield them in that order when they have ended."""
        waiting = list(enumerate(plugins))
        running: dict[int, _Worker] = {}
        ended: dict[int, _Worker] = {}
        following = 0
        try:
            while waiting or running or following in ended:
                while waiting and len(running) < min(4, os.cpu_count() or 1):
                    number, plugin = waiting.pop(0)
                    running[number] = self._start(plugin, os.path.join(folder, plugin.module if plugin else "together"))
                for number, worker in list(running.items()):
                    if _has_ended(worker):
                        ended[number] = running.pop(number)
                if following in ended:
                    yield ended.pop(following)
                    following += 1
                elif running:
                    _wait(next(iter(running.values())))
        finally:
            for worker in running.values():
                processes.end(worker.process)

    def _start(self, plugin: Plugin | None, into: str, module: str | None = None) -> _Worker:
        options = self.options
        assert options.command_line is not None  # noqa: S101 -- asked before
        without = () if plugin else tuple(sorted(self._broken))
        if module is None:
            module = plugin.module if plugin else ""
        command = options.command_line(into, module, without, options.deadline_s)
        # a new __pycache__ would make records stale
        process = processes.start(command, {"PYTHONDONTWRITEBYTECODE": "1"})
        steps = 2 if plugin else len(self.evidence.plugins)
        return _Worker(plugin, into, time.monotonic(), process, options.deadline_s * steps + _GRACE_S)

    # -- whose fault is it? -------------------------------------------------------------------------------------------

    def _verdict(self, worker: _Worker, folder: str) -> Iterator[Finding]:
        """Yield the results of *worker*; if it has none, make sure first that the plugin is at fault."""
        if self._is_application_broken:  # which has been said
            return
        if _has_result(worker) or self._is_proven(worker):
            yield from self._results_of(worker)
            return
        again = worker
        for number, module in enumerate((NOTHING, worker.plugin.module if worker.plugin else "")):
            into = os.path.join(folder, f"again-{number}-{os.path.basename(worker.into)}")
            again = self._run_again(worker, module, into)
            if module == NOTHING and not _has_result(again):
                self._is_application_broken = True
                yield from self._results_of(again)
                return
        if _has_result(again):
            who = worker.plugin.who() if worker.plugin else "all plugins"
            yield finding(
                "import-not-repeated",
                f"the process that imported {who} ended, and did not when that was tried again",
                plugin=worker.plugin.name if worker.plugin else "",
                cause=f"it {_exit_of(worker, was='was killed by', ended='ended')}; the machine may be short of memory",
                remedy="none, unless it happens again",
            )
        yield from self._results_of(again)

    def _is_proven(self, worker: _Worker) -> bool:
        """Return whether the trace of *worker* shows that the plugin ended the process, or kept it from ending."""
        trace = _read(worker.into + TRACE)
        last = next((answer for answer in reversed(_answers(worker)) if "doing" in answer), None)
        plugin = self.evidence.plugin(last["plugin"]) if last is not None else None
        if plugin is None or ("Timeout (" in trace and _is_machine_busy()):
            return False
        return bool(self._location_in(trace, plugin)[0])

    def _run_again(self, worker: _Worker, module: str, into: str) -> _Worker:
        again = self._start(worker.plugin, into, module)
        while not _has_ended(again):
            _wait(again)
        return again

    # -- results ------------------------------------------------------------------------------------------------------

    def _results_of(self, worker: _Worker) -> Iterator[Finding]:
        answers = _answers(worker)
        result = next((answer[RESULT] for answer in answers if RESULT in answer), None)
        if result is not None:
            for each in result:
                found = Finding(**each)
                if found.code in ("plugin-import-failed", "plugin-not-importable", "plugin-breaks-others"):
                    self._broken.add(found.plugin)
                if found.code != "plugin-slow" or found.plugin not in self._slow:  # no two imports take the same time
                    yield found
                if found.code == "plugin-slow":
                    self._slow.add(found.plugin)
            return
        last_step = next((answer for answer in reversed(answers) if "doing" in answer), None)
        if last_step is None:
            yield finding(
                "check-failed",
                f"the application ended before it imported {worker.plugin.who() if worker.plugin else 'plugins'}",
                plugin=worker.plugin.name if worker.plugin else "",
                cause=f"its process {_exit_of(worker, was='was killed by', ended='ended')}",
                remedy="check whether the application starts at all",
            )
            return
        plugin = self.evidence.plugin(last_step["plugin"])
        if plugin is None:
            return
        is_health = last_step["doing"] == HEALTH
        if not is_health:
            self._broken.add(plugin.name)
        yield self._crash(worker, plugin, is_health=is_health)

    def _crash(self, worker: _Worker, plugin: Plugin, *, is_health: bool) -> Finding:
        """Return the finding about a plugin that has ended the process of *worker*, or has not ended in time."""
        trace = _read(worker.into + TRACE)
        hangs = "Timeout (" in trace
        location, culprit = self._location_in(trace, plugin)
        doing = "its health check" if is_health else "its import"
        if hangs:
            cause = f"{doing} did not end within {self.options.deadline_s:g} s"
            cause += f"; it was at {location}" if location else ""
        else:
            cause = f"it {_exit_of(worker, was='killed the process by', ended='ended the process')} during {doing}"
        if culprit is not None and culprit is not plugin:
            cause += f"; that was in {culprit.who()}, which it imports"
        if worker.plugin is None:
            cause += "; that happens only together with the other plugins"
        who = plugin.who()
        if is_health:
            code = "plugin-health-hangs" if hangs else "plugin-health-kills-process"
            what = f"the health check of {who} {'does not end' if hangs else 'ends the process'}"
            remedy = "this is a fault of the plugin: update it, or tell its author"
        else:
            code = "plugin-import-hangs" if hangs else "plugin-kills-process"
            what = f"the import of {who} does not end" if hangs else f"{who} kills the process that imports it"
            disable = f"{self.evidence.commands} disable {plugin.name}"
            remedy = f"update it, tell its author, or leave it out with '{disable}'"
        return finding(code, what, about=plugin, cause=cause, where=location or plugin.origin or "", remedy=remedy)

    def _location_in(self, trace: str, plugin: Plugin) -> tuple[str, Plugin | None]:
        """Return the innermost `file:line` of a plugin in *trace*, and that plugin."""
        frames = [(match["file"], match["line"]) for match in _FRAME.finditer(trace)]
        # of a stack, the innermost frame comes last; faulthandler begins with it
        frames += [(match["file"], match["line"]) for match in _STACK_FRAME.finditer(trace)][::-1]
        for file, line in frames:
            owner = self.evidence.plugin_of_file(file)
            if owner is not None:
                return f"{file}:{line}", owner
        for file, line in frames:
            if os.path.isabs(file) and _PEGBOARD not in file and os.path.exists(file):
                return f"{file}:{line}", plugin
        return "", None


def _answers(worker: _Worker) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _read(worker.into).splitlines() if line.endswith("}")]


def _has_result(worker: _Worker) -> bool:
    return any(RESULT in answer for answer in _answers(worker))


def _is_machine_busy() -> bool:
    """Return whether more processes want to run than there are processors: then everything takes longer."""
    try:
        return os.getloadavg()[0] > (os.cpu_count() or 1)
    except (OSError, AttributeError):  # Windows does not tell
        return True


def _has_ended(worker: _Worker) -> bool:
    has_ended = worker.process.poll() is not None
    if has_ended or time.monotonic() - worker.started > worker.allowed_s:
        processes.end(worker.process)
        return True
    return False


def _wait(worker: _Worker) -> None:
    try:
        worker.process.wait(0.02)
    except subprocess.TimeoutExpired:
        pass


def _exit_of(worker: _Worker, *, was: str, ended: str) -> str:
    """Return in words how the process ended: *was* precedes a signal, *ended* an exit status."""
    status = worker.process.returncode
    name = processes.killed_by(status)
    return f"{was} signal {name}" if name else f"{ended} with status {status}"


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""
