"""Measures single calls of a running application: pegboard beside a dict, svcs and dishka.

In: an environment of 40 plugins with 200 commands, 500 topics and 40 components. Out: ratios of calls that ran in turn in
one process, over several processes, since the layout of memory differs from one to the next.
"""

from __future__ import annotations

import json
import statistics
import subprocess
from collections import defaultdict

from measure import Ratios
from probe import settle
from results import Results, table
from synthesis import Environment

PROCESSES = 5
_BASES = {
    "registry[name]": "dict[name]",
    "name in registry": "dict[name]",
    "describe(name)": "dict[name]",
    "names() of 200": "tuple(dict) of 200",
    "names() of 500": "tuple(dict) of 500",
    "container get": "svcs get",
    "dishka get": "svcs get",
    "container transient": "transient by hand",
    "dishka transient": "transient by hand",
}
"""What each case is divided by; the others are bases, or the empty loop."""


def measure_calls(results: Results, rounds: int) -> None:
    environment = Environment("calls", "calls", 40).make()
    settle(environment, "from benchhost.main import commands; commands.names()")
    times: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for _ in range(PROCESSES):
        command = environment.argv(f"from benchhost.timing import main; main({rounds})")
        output = subprocess.run(command, env=environment.environ, stdout=subprocess.PIPE, check=True).stdout
        for state, cases in json.loads(output).items():
            for name, values in cases.items():
                times[state][name] += values
    for state, cases in times.items():
        _report(results, state, cases)


def _report(results: Results, state: str, cases: dict[str, list[float]]) -> None:
    """Print one state of the plugins; of several states the slowest is judged."""
    rows = []
    for name, values in cases.items():
        nanoseconds = f"{statistics.median(values):.0f}", f"{min(values):.0f}"
        base = _BASES.get(name)
        if base is None:
            rows.append((name, *nanoseconds, "", "", ""))
            continue
        ratios = Ratios(values, cases[base])
        minima = min(values) / min(cases[base])
        key = f"calls/{name}:{base}"
        results.values[key] = max(ratios.median, results.values.get(key, 0))
        results.details[f"{key}, {state}"] = {
            "rounds": len(values),
            "ratio": round(ratios.median, 4),
            "ratio_quartiles": [round(value, 4) for value in ratios.quartiles],
            "ratio_of_minima": round(minima, 4),
            "median_ns": round(statistics.median(values), 1),
        }
        rows.append((name, *nanoseconds, base, str(ratios), f"{minima:.3f}"))
    table(f"calls, {state}", ("call", "median ns", "least ns", "base", "x base", "of minima"), rows)
