"""Measures how soon an isolated plugin serves again when its process was killed, beside starting that process by hand.

In: nothing. Out: ratios of times that were taken in turn in one process.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys

from measure import Ratios
from results import Results, table
from synthesis import HERE, PEGBOARD


def measure_restarts(results: Results, rounds: int) -> None:
    path = [str(PEGBOARD / "src"), str(HERE.parent / "tests")]
    done = subprocess.run(
        [sys.executable, str(HERE / "programs/processes/restarts.py"), str(rounds)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    times = json.loads(done.stdout)
    rows = []
    for base in ("by hand", "bare"):
        ratio = Ratios(times["killed"], times[base])
        results.values[f"processes/killed:{base}"] = ratio.median
        results.details[f"processes/killed:{base}"] = str(ratio)
        rows.append((base, f"{statistics.median(times[base]) * 1000:.0f}", str(ratio)))
    killed = statistics.median(times["killed"]) * 1000
    table(f"kill -9, named, and serving again: {killed:.0f} ms", ("beside", "median ms", "x that"), rows)
