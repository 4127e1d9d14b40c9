"""The worker: runs in a separate process, imports one plugin or all plugins, and writes down the results.

The parent process reads the files that the worker leaves, however it ends: what it was doing, what it found, and, by
`faulthandler`, where it was when it hung or crashed.
"""

from __future__ import annotations

import builtins
import faulthandler
import inspect
import json
import os
import sys
import traceback
from itertools import islice
from typing import TYPE_CHECKING

from pegboard.boundary import find_culprit, location_in
from pegboard.entry_objects import is_distribution, load_all
from pegboard.errors import describe_exception
from pegboard.ledger import ACTIVE
from pegboard.tools.doctor.checks.prints import OutputWatch
from pegboard.tools.doctor.checks.threads import ThreadWatch
from pegboard.tools.doctor.finding import Finding, finding, from_error
from pegboard.tools.doctor.health_check import NAME
from pegboard.tools.doctor.injection import uninjectable

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TextIO

    from pegboard.host import Host
    from pegboard.ledger import Plugin
    from pegboard.manager import PluginManager

IMPORT = "import"
HEALTH = "health"
RESULT = "result"
TRACE = ".trace"
"""The suffix of the file with the tracebacks."""
NOTHING = "-"
"""In the place of a module: nothing is imported, which shows whether the application itself starts."""
_NOBODYS = "colorsys"
"""A module of the standard library that hardly anybody has imported."""
_MOST_PROBLEMS = 20
"""How many problems of a health check are reported; a generator may yield them without end."""


def run_worker(host: Host, into: str, module: str, without: tuple[str, ...], deadline_s: float) -> NoReturn:
    """Import a plugin of *host*, run its health check, and end the process.

    Args:
        host: The application's host, not started yet.
        into: The file for steps and findings, a line of JSON each; tracebacks are written beside it.
        module: The plugin's module; if empty, all plugins are imported together, and no health check is run; none is
            imported if it is `NOTHING`.
        without: Names of plugins to leave out.
        deadline_s: Seconds that each step may take before the process ends itself.
    """
    leave = os._exit
    manager = host.manager
    left_out = ((without, "left out by the doctor"),) if without else ()
    # without a journal, a crash of this process does not count against the plugin
    manager.configure(
        keeps_journal=False,
        strict=False,
        left_out=(*host.settings.left_out, *left_out),
        cache_directory=os.path.dirname(into),  # what is recorded here is nobody else's
    )
    with open(into, "w", encoding="utf-8") as answers, open(into + TRACE, "w", encoding="utf-8") as trace:
        manager.start(imports=False)
        known = len(host.problems)
        faulthandler.enable(trace)
        os._exit = _traced(leave, trace)
        findings: list[Finding] = []
        wanted = [plugin for plugin in host.plugins if plugin.is_usable and module in ("", plugin.module)]
        working = _Interpreter()
        watch, threads = OutputWatch(), ThreadWatch()
        for plugin in wanted:
            _begin(answers, trace, IMPORT, plugin, deadline_s)
            try:
                is_active = _import(manager, plugin, as_recorded=bool(module))
                reason = working.why_not() if module else ""
            except BaseException as error:  # the code of pegboard does not work any more, or is interrupted
                working.restore()
                findings.append(_breakage(_culprit(error, manager.attribution.owner) or plugin, error, plugin))
                break
            findings += [*watch.findings(plugin), *threads.findings(plugin)] if module else ()
            if reason:
                working.restore()
                findings.append(_breakage(plugin, reason, plugin))
            elif is_active and module:
                _begin(answers, trace, HEALTH, plugin, deadline_s)
                findings += _health(plugin)
        faulthandler.cancel_dump_traceback_later()
        if not module:
            manager.cold_start.reorder()
            findings += _uninjectable(host)
            for registry in host.registries.values():
                for name in registry.names():
                    registry.winner(name)  # reports who else claims it
        for problem in host.problems[known:]:
            culprit = _culprit(problem.__cause__, manager.attribution.owner) if not module else None
            victim = next((plugin for plugin in wanted if plugin.error is problem), None)
            if culprit is not None and victim is not None and culprit is not victim:
                findings.append(_breakage(culprit, problem.__cause__ or "", victim))  # the victim works alone
            else:
                findings.append(from_error(problem))
        _write(answers, {RESULT: [found.as_dict() for found in findings]})
        leave(0)  # without waiting for threads that a plugin has started


class _Interpreter:
    """What every code needs in this process, as it was before a plugin was imported."""

    def __init__(self) -> None:
        self._builtins = dict(vars(builtins))
        self._modules = dict(sys.modules)

    def restore(self) -> None:
        """Put everything back, so that this process can say what came."""
        vars(builtins).update(self._builtins)
        sys.modules.update(self._modules)

    def why_not(self) -> str:
        """Return what does not work any more, in words; empty when all does."""
        try:
            known = sys.modules.pop(_NOBODYS, None)
            __import__(_NOBODYS)
            if known is not None:
                sys.modules[_NOBODYS] = known
            with open(os.devnull, "rb") as stream:
                stream.read()
            json.loads(json.dumps({"one": [1]}))
        except BaseException as error:
            self.restore()
            return describe_exception(error)
        return ""


def _import(manager: PluginManager, plugin: Plugin, *, as_recorded: bool) -> bool:
    """Import *plugin*, or what its entry points name, and return whether it is active.

    Args:
        manager: The host's.
        plugin: What to import.
        as_recorded: Whether it is also recorded, as a start does.
    """
    if is_distribution(plugin):
        return load_all(plugin, manager.importer)
    if not as_recorded:
        return manager.activate(plugin)
    manager.cold_start.record_alone(plugin, {"middleware"})
    return plugin.state == ACTIVE


def _uninjectable(host: Host) -> list[Finding]:
    try:
        return list(uninjectable(host))
    except BaseException as error:  # annotations are code of plugins
        return [finding("check-failed", "the check 'injection' failed", cause=describe_exception(error))]


def _culprit(error: BaseException | None, owner: Callable[[str], Plugin | None]) -> Plugin | None:
    """Return the plugin whose code has raised *error*."""
    found = find_culprit(error, owner) if error is not None else None
    return found[0] if found else None


def _breakage(culprit: Plugin, what: BaseException | str, victim: Plugin) -> Finding:
    """Return the finding that *culprit* keeps others from working: *what* came when *victim* was imported."""
    cause = what if isinstance(what, str) else describe_exception(what)
    return finding(
        "plugin-breaks-others",
        f"{culprit.who()} keeps what is imported after it from working",
        about=culprit,
        cause=f"after its import: {cause}" if victim is culprit else f"when {victim.who()} is imported: {cause}",
        remedy="update it, tell its author, or disable it",
    )


def _write(answers: TextIO, data: Any) -> None:
    answers.write(json.dumps(data) + "\n")
    answers.flush()


def _begin(answers: TextIO, trace: TextIO, doing: str, plugin: Plugin, deadline_s: float) -> None:
    faulthandler.dump_traceback_later(deadline_s, exit=True, file=trace)
    _write(answers, {"doing": doing, "plugin": plugin.name})


def _traced(leave: Any, trace: TextIO) -> Any:
    """Return a stand-in for `os._exit` that writes the stack first."""

    def traced_exit(status: int) -> None:
        traceback.print_stack(sys._getframe(1), file=trace)
        trace.flush()
        leave(status)

    return traced_exit


def _health(plugin: Plugin) -> list[Finding]:
    """Run the health check of *plugin*, if it has one, and return the problems."""
    check = getattr(sys.modules.get(plugin.module), NAME, None)
    if not callable(check):
        return []
    try:
        answer = check()
        if inspect.isawaitable(answer):
            import asyncio  # 30 ms, which every other plugin is spared

            answer = asyncio.run(_await(answer))
        texts = [answer] if isinstance(answer, str) else list(islice(answer or (), _MOST_PROBLEMS))
        lines = [" ".join(str(text).split()) for text in texts]
    except BaseException as error:
        return [
            finding(
                "plugin-health-failed",
                f"the health check of {plugin.who()} failed",
                about=plugin,
                cause=describe_exception(error),
                where=location_in(plugin, error) or "",
                remedy="this is a fault of the plugin: update it, or report the cause to its author",
            )
        ]
    code = getattr(check, "__code__", None)
    where = f"{code.co_filename}:{code.co_firstlineno}" if code is not None else plugin.origin or ""
    remedy = "do what it asks for, or ask its author"
    return [
        finding(
            "plugin-unhealthy",
            f"{plugin.who()} reports a problem",
            about=plugin,
            cause=line,
            where=where,
            remedy=remedy,
        )
        for line in lines
        if line
    ]


async def _await(answer: Any) -> Any:
    return await answer
