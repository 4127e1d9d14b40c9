"""The summary of a run: what `plugins profile` prints, as plain data."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pegboard.tools.profiling.costs import Cost, Run


def summary(run: Run, application: str, states: Mapping[str, str], *, rounds: int, top: int) -> dict[str, Any]:
    """Return the summary of *run*; all durations are in milliseconds.

    Args:
        run: The median of several.
        application: Its import name.
        states: The state of each plugin, by name.
        rounds: How many runs there were.
        top: How many packages are listed for each plugin.
    """
    costs = sorted(run.costs.values(), key=lambda cost: -cost.total_ns)
    start = next(((begin, end) for name, begin, end in run.phases if name == "start"), None)
    return {
        "rounds": rounds,
        "status": run.status,
        "total_ms": (run.end_ns - run.begin_ns) / 1e6,
        "imports_ms": run.imports_ns / 1e6,
        "application_ms": run.application_ns / 1e6,
        "plugins_ms": sum(cost.total_ns for cost in costs) / 1e6,
        "start_ms": None if start is None else (start[1] - run.begin_ns) / 1e6,
        "ready_ms": None if start is None else (start[1] - start[0]) / 1e6,
        "plugins": [
            {
                "name": cost.name,
                "state": states[cost.name],
                "own_ms": cost.own_ns / 1e6,
                "shared_ms": cost.shared_ns / 1e6,
                "total_ms": cost.total_ns / 1e6,
                "at_ms": (cost.begin_ns - run.begin_ns) / 1e6,
                "cause": _cause(cost, start),
                "heaviest": [
                    {"package": package, "from": _origin(package, application), "ms": ns / 1e6}
                    for package, ns in sorted(cost.heaviest.items(), key=lambda item: (-item[1], item[0]))[:top]
                ],
            }
            for cost in costs
        ],
        "hooks": [
            {"plugin": plugin, "hook": hook, "calls": calls, "ms": ns / 1e6}
            for plugin, hook, calls, ns in sorted(run.answers, key=lambda each: -each[3])
        ],
        "not_imported": {name: state for name, state in states.items() if name not in run.costs},
    }


def _cause(cost: Cost, start: tuple[int, int] | None) -> str:
    is_at_start = start is not None and cost.begin_ns < start[1]
    return f"at every start: {cost.cause}" if is_at_start else cost.cause


def _origin(package: str, application: str) -> str:
    if package == application.partition(".")[0]:
        return "the application"
    return "standard library" if package in sys.stdlib_module_names else "third party"
