"""The worker: runs in a separate process, imports one plugin or all plugins, and writes down the results.

The parent process reads the files that the worker leaves, however it ends: what it was doing, what it found, and, by
`faulthandler`, where it was when it hung or crashed.
"""

from __future__ import annotations

import faulthandler
import inspect
import json
import os
import sys
import traceback
from itertools import islice
from typing import TYPE_CHECKING

from pegboard.boundary import location_in
from pegboard.errors import describe_exception
from pegboard.tools.doctor.finding import Finding, finding, from_error
from pegboard.tools.doctor.health_check import NAME

if TYPE_CHECKING:
    from typing import Any, NoReturn, TextIO

    from pegboard.host import Host
    from pegboard.ledger import Plugin

IMPORT = "import"
HEALTH = "health"
RESULT = "result"
TRACE = ".trace"
"""The suffix of the file with the tracebacks."""
_MOST_PROBLEMS = 20
"""How many problems of a health check are reported; a generator may yield them without end."""


def run_worker(host: Host, into: str, module: str, without: tuple[str, ...], deadline_s: float) -> NoReturn:
    """Import a plugin of *host*, run its health check, and end the process.

    Args:
        host: The application's host, not started yet.
        into: The file for steps and findings, a line of JSON each; tracebacks are written beside it.
        module: The plugin's module; if empty, all plugins are imported together, and no health check is run.
        without: Names of plugins to leave out.
        deadline_s: Seconds that each step may take before the process ends itself.
    """
    leave = os._exit
    manager = host.manager
    left_out = ((without, "left out by the doctor"),) if without else ()
    # without a journal, a crash of this process does not count against the plugin
    manager.configure(keeps_journal=False, strict=False, left_out=(*host.settings.left_out, *left_out))
    with open(into, "w", encoding="utf-8") as answers, open(into + TRACE, "w", encoding="utf-8") as trace:
        manager.start_without_plugins()
        known = len(host.problems)
        faulthandler.enable(trace)
        os._exit = _traced(leave, trace)
        findings: list[Finding] = []
        wanted = [plugin for plugin in host.plugins if plugin.is_usable and module in ("", plugin.module)]
        for plugin in wanted:
            _begin(answers, trace, IMPORT, plugin, deadline_s)
            if manager.activate(plugin) and module:
                _begin(answers, trace, HEALTH, plugin, deadline_s)
                findings += _health(plugin)
        faulthandler.cancel_dump_traceback_later()
        if not module:
            manager.reorder()
            for registry in host.registries.values():
                registry.report_clashes()
        findings += map(from_error, host.problems[known:])
        _write(answers, {RESULT: [found.as_dict() for found in findings]})
        leave(0)  # without waiting for threads that a plugin has started


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
