"""Plugins imported in processes of their own, so that whatever they do to those is seen, and does no harm.

Each plugin gets a process, and dies alone; at last those that survived are imported together, so that it shows whether
they get along.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.ledger import QUARANTINED
from pegboard.tools.doctor.checks.health import has_health_check
from pegboard.tools.doctor.finding import Finding, finding
from pegboard.tools.doctor.worker import HEALTH, RESULT, TRACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pegboard.ledger import Plugin
    from pegboard.tools.doctor.evidence import Examination

    CommandLine = Callable[[str, str, Sequence[str], float], list[str]]
    """Makes what is run from the file for answers, the module, the plugins to leave out, and the deadline."""

_GRACE_S = 60.0
"""So long the application itself may take to start, before its process is ended."""
_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in', re.MULTILINE)
_STACK_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+), in', re.MULTILINE)
_LEFT_OUT = f"{os.sep}pegboard{os.sep}"


@dataclass
class Options:
    """How plugins are imported to be judged."""

    command_line: CommandLine | None
    """None when nobody knows how this program is run once more."""
    deadline_s: float = 10.0
    imports: bool = True
    """Whether any is imported."""
    everyone: bool = False
    """Whether also those are imported whose record holds."""


@dataclass
class _Process:
    plugin: Plugin | None
    """None when all are imported together."""
    into: str
    started: float
    running: subprocess.Popen[bytes]
    allowed_s: float


class Patients:
    """The plugins that have to be imported to be judged."""

    def __init__(self, examination: Examination, options: Options) -> None:
        self.examination = examination
        self.options = options
        self.broken: set[str] = set()
        """Names of plugins that could not be imported."""

    def chosen(self) -> list[Plugin]:
        """Return the plugins that are imported: no record says that they can be, or they have a health check."""
        return [
            plugin
            for plugin in self.examination.plugins
            if (plugin.is_usable or plugin.state == QUARANTINED)
            and (
                self.options.everyone
                or (not plugin.is_built_in and (not self._is_recorded(plugin) or has_health_check(plugin)))
            )
        ]

    def _is_recorded(self, plugin: Plugin) -> bool:
        return self.examination.has_valid_index and self.examination.record(plugin) is not None

    def findings(self) -> Iterator[Finding]:
        """Yield what came of it."""
        chosen = self.chosen()
        if not self.options.imports:
            for plugin in chosen:
                if not self._is_recorded(plugin):
                    yield finding(
                        "plugin-unexamined",
                        f"whether {plugin.who()} can be imported is not known",
                        plugin=plugin.name,
                        distribution=str(plugin.distribution or ""),
                        cause="it has no valid record: its last import failed, or it is new, or something has changed",
                        where=plugin.origin or "",
                        remedy="run the doctor without --no-import: it imports plugins in processes of their own",
                    )
            return
        if self.options.command_line is None:
            if chosen:
                yield finding(
                    "imports-unchecked",
                    "no plugin was imported to be judged",
                    cause="this program cannot be run once more: nobody knows its command line",
                    remedy="run the doctor as a program of its own",
                )
            return
        with tempfile.TemporaryDirectory() as folder:
            for process in self._run(chosen, folder):
                yield from self._judge(process)
            if self._must_meet(chosen):
                for process in self._run([None], folder):
                    yield from self._judge(process)

    def _must_meet(self, chosen: Sequence[Plugin]) -> bool:
        """Return whether all are to be imported together: no record says how they get along, or it says badly."""
        examination = self.examination
        known = {(found.code, found.what) for found in examination.findings}
        known |= {(found.code, f"{found.what}: {found.cause}") for found in examination.findings}
        recorded = examination.content.get("problems", ())
        return (
            self.options.everyone
            or not examination.has_valid_index
            or any(not self._is_recorded(plugin) for plugin in chosen)
            or any((code, text) not in known for code, text, _ in recorded)
        )

    # -- processes ----------------------------------------------------------------------------------------------------

    def _run(self, plugins: Sequence[Plugin | None], folder: str) -> Iterator[_Process]:
        """Run a process for each of *plugins*, a few at a time, and yield them as they were given."""
        waiting = list(enumerate(plugins))
        running: dict[int, _Process] = {}
        ended: dict[int, _Process] = {}
        following = 0
        try:
            while waiting or running or following in ended:
                while waiting and len(running) < min(4, os.cpu_count() or 1):
                    number, plugin = waiting.pop(0)
                    running[number] = self._start(plugin, os.path.join(folder, plugin.module if plugin else "together"))
                for number, process in list(running.items()):
                    if _has_ended(process):
                        ended[number] = running.pop(number)
                if following in ended:
                    yield ended.pop(following)
                    following += 1
                elif running:
                    _wait(running.values())
        finally:
            for process in running.values():
                _end(process)

    def _start(self, plugin: Plugin | None, into: str) -> _Process:
        options = self.options
        assert options.command_line is not None  # noqa: S101 -- asked before
        without = () if plugin else tuple(sorted(self.broken))
        command = options.command_line(into, plugin.module if plugin else "", without, options.deadline_s)
        running = subprocess.Popen(  # noqa: S603 -- our own command line
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name == "posix",
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # a new __pycache__ would make records stale
        )
        steps = 2 if plugin else len(self.examination.plugins)
        return _Process(plugin, into, time.monotonic(), running, options.deadline_s * steps + _GRACE_S)

    # -- judging ------------------------------------------------------------------------------------------------------

    def _judge(self, process: _Process) -> Iterator[Finding]:
        lines = _read(process.into).splitlines()
        answers = [json.loads(line) for line in lines if line.endswith("}")]
        result = next((answer[RESULT] for answer in answers if RESULT in answer), None)
        if result is not None:
            for each in result:
                found = Finding(**each)
                if found.code in ("plugin-import-failed", "plugin-not-importable"):
                    self.broken.add(found.plugin)
                yield found
            return
        done = next((answer for answer in reversed(answers) if "doing" in answer), None)
        if done is None:
            yield finding(
                "check-failed",
                "the application did not come to importing " + (process.plugin.who() if process.plugin else "plugins"),
                plugin=process.plugin.name if process.plugin else "",
                cause=f"its process {_how(process.running.returncode)}",
                remedy="see whether the application starts at all",
            )
            return
        plugin = self.examination.named(done["plugin"])
        if plugin is None:
            return
        is_health = done["doing"] == HEALTH
        if not is_health:
            self.broken.add(plugin.name)
        yield self._death(process, plugin, is_health=is_health)

    def _death(self, process: _Process, plugin: Plugin, *, is_health: bool) -> Finding:
        trace = _read(process.into + TRACE)
        hangs = "Timeout (" in trace
        place, culprit = self._place(trace, plugin)
        doing = "its health check" if is_health else "its import"
        if hangs:
            cause = f"{doing} had not ended after {self.options.deadline_s:g} s" + (
                f"; it was at {place}" if place else ""
            )
        else:
            cause = f"{_how(process.running.returncode, 'it ')} during {doing}"
        if culprit is not None and culprit is not plugin:
            cause += f"; that was in {culprit.who()}, which it imports"
        if process.plugin is None:
            cause += "; alone it does not, but together with the other plugins"
        remedy = f"update it, tell its author, or leave it out with '{self.examination.commands} disable {plugin.name}'"
        about = {
            "plugin": plugin.name,
            "distribution": str(plugin.distribution or ""),
            "cause": cause,
            "where": place or plugin.origin or "",
            "remedy": remedy,
        }
        who = plugin.who()
        if is_health:
            about["remedy"] = "this is a fault of the plugin: update it, or tell its author"
            if hangs:
                return finding("plugin-health-hangs", f"the health check of {who} does not end", **about)
            return finding("plugin-health-kills-process", f"the health check of {who} ends the process", **about)
        if hangs:
            return finding("plugin-import-hangs", f"the import of {who} does not end", **about)
        return finding("plugin-kills-process", f"{who} kills the process that imports it", **about)

    def _place(self, trace: str, plugin: Plugin) -> tuple[str, Plugin | None]:
        """Return the innermost place in a plugin's code that *trace* has, as `file:line`, and whose it is."""
        places = [(match["file"], match["line"]) for match in _FRAME.finditer(trace)]
        # of a stack, the innermost frame comes last; faulthandler begins with it
        places += [(match["file"], match["line"]) for match in _STACK_FRAME.finditer(trace)][::-1]
        for file, line in places:
            owner = self.examination.owner_of(file)
            if owner is not None:
                return f"{file}:{line}", owner
        for file, line in places:
            if os.path.isabs(file) and _LEFT_OUT not in file and os.path.exists(file):
                return f"{file}:{line}", plugin
        return "", None


def _has_ended(process: _Process) -> bool:
    if process.running.poll() is not None:
        _end(process)
        return True
    if time.monotonic() - process.started > process.allowed_s:
        _end(process)
        return True
    return False


def _wait(processes: object) -> None:
    first = next(iter(processes))  # type: ignore[call-overload]
    try:
        first.running.wait(0.02)
    except subprocess.TimeoutExpired:
        pass


def _end(process: _Process) -> None:
    """End the process, and what it may have started."""
    if os.name == "posix":
        try:
            os.killpg(process.running.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    elif process.running.poll() is None:
        process.running.kill()
    process.running.wait()


def _how(status: int | None, it: str = "") -> str:
    """Return in words how a process with that exit *status* ended."""
    if status is not None and status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = str(-status)
        return f"{it}was killed by signal {name}" if not it else f"{it}killed the process by signal {name}"
    return f"{it}ended with status {status}" if not it else f"{it}ended the process with status {status}"


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""
