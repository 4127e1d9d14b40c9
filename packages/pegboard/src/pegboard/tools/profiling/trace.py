"""Writes a run as a Chrome trace, for Perfetto or chrome://tracing.

Source: "Trace Event Format", Google: complete events (`X`) and metadata events (`M`), times in microseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pegboard.tools.profiling.costs import Run

_PHASES, _PLUGINS, _MODULES = 1, 2, 3


def trace(run: Run, application: str) -> dict[str, Any]:
    """Return *run* as the content of a trace file, with tracks for phases, plugins, and the modules of each thread."""
    threads: dict[int, int] = {}
    events: list[dict[str, Any]] = []

    def add(track: int, category: str, name: str, begin_ns: int, end_ns: int, **details: Any) -> None:
        events.append(
            {
                "ph": "X",
                "name": name,
                "cat": category,
                "ts": (begin_ns - run.begin_ns) / 1000,
                "dur": (end_ns - begin_ns) / 1000,
                "pid": 1,
                "tid": track,
                "args": details,
            }
        )

    add(_PHASES, "phase", "program", run.begin_ns, run.end_ns)
    for name, begin, end in run.phases:
        add(_PHASES, "phase", name, begin, end)
    for number, each in enumerate(run.imports):
        thread = threads.setdefault(each.thread, len(threads))
        owner = run.owners[number]
        if each.module in run.plugins:
            plugin = run.plugins[each.module]
            track = _PLUGINS if thread == 0 else _MODULES + 2 * thread - 1
            add(track, "plugin", plugin, each.begin_ns, each.end_ns, module=each.module, cause=each.cause)
        details = {"self_us": run.self_ns[number] / 1000, "plugin": owner}
        add(_MODULES + 2 * thread, "module", each.module, each.begin_ns, each.end_ns, **details)
    names = {_PHASES: "phases", _PLUGINS: "plugins", _MODULES: "modules"}
    for number in range(1, len(threads)):
        names |= {_MODULES + 2 * number - 1: f"plugins, thread {number + 1}"}
        names |= {_MODULES + 2 * number: f"modules, thread {number + 1}"}
    labels = [_label("process_name", 0, application)]
    labels += [_label("thread_name", track, name) for track, name in names.items()]
    return {"displayTimeUnit": "ms", "traceEvents": labels + events}


def _label(what: str, track: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": what, "pid": 1, "tid": track, "args": {"name": name}}
