"""Measures calls, arrays and cancellation between processes, beside what people use today.

In: two environments of one Python with different versions of NumPy, made once. Out: ratios of times that were taken in
turn in one run.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys

from measure import Ratios
from restarts import measure_restarts
from results import Results, table
from synthesis import CACHE, HERE, PEGBOARD, UV
from versions import measure_versions

_HOST = ("numpy>=2", "msgpack", "rpyc", "execnet")
_PLUGIN = ("numpy==1.26.*", "msgpack")


def measure_processes(results: Results, rounds: int) -> None:
    host, plugin = _python("host", _HOST), _python("plugin", _PLUGIN)
    done = subprocess.run(
        [host, str(HERE / "programs/processes/wire.py"), plugin, str(min(rounds, 101)), str(PEGBOARD / "src")],
        env=os.environ | {"PYTHONPATH": str(PEGBOARD / "src")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    times = json.loads(done.stdout.splitlines()[-1])
    _report_small(results, times["small"])
    _report_arrays(results, times["arrays"], times["numpy"])
    caller, function = (1000 * statistics.median(times["cancel"][each]) for each in ("caller", "function"))
    results.values["processes/cancel ms"] = function
    results.details["processes/cancel"] = times["cancel"]
    print(f"  cancel: the caller is free after {caller:.1f} ms, the function has ended after {function:.1f} ms")
    measure_restarts(results, min(rounds, 31))
    measure_versions(results)


def _report_small(results: Results, times: dict[str, list[float]]) -> None:
    rows = []
    for name, values in times.items():
        ratio = Ratios(values, times["bare"])
        results.values[f"processes/{name}:bare"] = ratio.median
        results.details[f"processes/{name}"] = {"us": statistics.median(values) * 1e6, "to_bare": str(ratio)}
        rows.append((name, f"{statistics.median(values) * 1e6:.1f}", str(ratio)))
    table("processes: a small call, there and back", ("by", "p50 us", "x bare round trip"), rows)


def _report_arrays(results: Results, times: dict[str, list[float]], versions: list[str]) -> None:
    rows = [(name, f"{statistics.median(values) * 1000:.3f}") for name, values in times.items()]
    table(f"processes: 64 MiB, there and back, NumPy {versions[0]} and {versions[1]}", ("array", "median ms"), rows)
    results.values["processes/pickled:shared"] = Ratios(times["pickled in band"], times["shared"]).median
    results.values["processes/ordinary:copies"] = Ratios(times["ordinary"], times["two copies"]).median
    results.details["processes/arrays"] = times


def _python(name: str, requirements: tuple[str, ...]) -> str:
    """Return the interpreter of an environment with *requirements*, which is made if need be."""
    environment = CACHE / f"processes-{name}"
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, environment], check=True)
        subprocess.run([UV, "pip", "install", "--quiet", "--python", python, *requirements], check=True)
    return str(python)
