"""What runs in a process of its own: import one plugin, or all together, and write down what comes of it.

Whatever happens to this process, its parent can tell by the files that it leaves: what it was doing, how that ended,
and, by `faulthandler`, where it was when it did not end or was killed.
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
from pegboard.tools.doctor.checks.health import NAME
from pegboard.tools.doctor.finding import finding, from_error

if TYPE_CHECKING:
    from typing import Any, TextIO

    from pegboard.host import Host
    from pegboard.ledger import Plugin

IMPORT = "import"
HEALTH = "health"
RESULT = "result"
TRACE = ".trace"
"""What the name of the file with the place of death ends with."""
_MOST = 20
"""So many problems are taken from a health check; it may yield them without end."""


def examine(host: Host, into: str, module: str, without: tuple[str, ...], deadline_s: float) -> None:
    """Import a plugin of *host*, ask for its health, and end the process.

    Args:
        host: Not started yet.
        into: The file for what is done and found, a line of JSON each; the place of death is written beside it.
        module: The plugin's; if empty, all plugins are imported together, and nobody's health is asked for.
        without: Names of plugins to leave out.
        deadline_s: Seconds after which the process ends itself, for each thing that it does.
    """
    leave = os._exit
    manager = host.manager
    left_out = ((without, "left out by the doctor"),) if without else ()
    manager.configure(keeps_journal=False, strict=False, left_out=(*host.settings.left_out, *left_out))
    with open(into, "w", encoding="utf-8") as answers, open(into + TRACE, "w", encoding="utf-8") as trace:
        manager.start_without_plugins()
        known = len(host.problems)
        faulthandler.enable(trace)
        os._exit = _noticed(leave, trace)
        findings: list[dict[str, str]] = []
        wanted = [plugin for plugin in host.plugins if plugin.is_usable and module in ("", plugin.module)]
        for plugin in wanted:
            _begin(answers, trace, IMPORT, plugin, deadline_s)
            if manager.activate(plugin) and module:
                _begin(answers, trace, HEALTH, plugin, deadline_s)
                findings += _ask(plugin)
        faulthandler.cancel_dump_traceback_later()
        if not module:
            manager.reorder()
            for registry in host.registries.values():
                registry.report_clashes()
        findings += [from_error(problem).as_dict() for problem in host.problems[known:]]
        _write(answers, {RESULT: findings})
        leave(0)  # whatever a plugin has left running must not keep this process


def _write(answers: TextIO, data: Any) -> None:
    answers.write(json.dumps(data) + "\n")
    answers.flush()


def _begin(answers: TextIO, trace: TextIO, doing: str, plugin: Plugin, deadline_s: float) -> None:
    faulthandler.dump_traceback_later(deadline_s, exit=True, file=trace)
    _write(answers, {"doing": doing, "plugin": plugin.name})


def _noticed(leave: Any, trace: TextIO) -> Any:
    def noticed_exit(status: int) -> None:
        traceback.print_stack(sys._getframe(1), file=trace)
        trace.flush()
        leave(status)

    return noticed_exit


def _ask(plugin: Plugin) -> list[dict[str, str]]:
    """Return what the plugin's own health check says, if it has one."""
    module = sys.modules.get(plugin.module)
    check = getattr(module, NAME, None)
    if not callable(check):
        return []
    about = {"plugin": plugin.name, "distribution": str(plugin.distribution or "")}
    try:
        said = check()
        if inspect.isawaitable(said):
            import asyncio  # 30 ms, which every other plugin is spared

            said = asyncio.run(_awaited(said))
        texts = [said] if isinstance(said, str) else list(islice(said or (), _MOST))
        lines = [" ".join(str(text).split()) for text in texts]
    except BaseException as error:
        return [
            finding(
                "plugin-health-failed",
                f"the health check of {plugin.who()} failed",
                cause=describe_exception(error),
                where=location_in(plugin, error) or "",
                remedy="this is a fault of the plugin: update it, or report the cause to its author",
                **about,
            ).as_dict()
        ]
    code = getattr(check, "__code__", None)
    where = f"{code.co_filename}:{code.co_firstlineno}" if code is not None else plugin.origin or ""
    return [
        finding(
            "plugin-unhealthy",
            f"{plugin.who()} is not well",
            cause=line,
            where=where,
            remedy="do what it asks for, or ask its author",
            **about,
        ).as_dict()
        for line in lines
        if line
    ]


async def _awaited(said: Any) -> Any:
    return await said
