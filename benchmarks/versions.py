"""Measures whether a worker runs another version of a plugin than the caller's, and what it takes to compare plugins.

In: workers whose plugin is the same, older, newer, edited, disabled and missing, and an application of 100 distributions.
Out: how many of 1,000 calls run another version with the policy `exact`, and the milliseconds of a fingerprint.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from results import Results, table
from synthesis import HERE, PEGBOARD, age, an_hour_ago

CALLS = 1000
DISTRIBUTIONS = 100
WORKERS = {  # the version, what a call returns, and the environment
    "same": ("1.0", "1.0", {}),
    "older": ("0.9", "0.9", {}),
    "newer": ("1.1", "1.1", {}),
    "edited": ("1.0", "1.0 edited", {}),
    "disabled": ("1.0", "1.0", {"DESK_NO_PLUGINS": "csv"}),
    "missing": ("", "", {}),
}
_APPLICATION = "from pegboard import Host\nhost = Host('desk')\nexporters = host.registry('exporters')\n"


def measure_versions(results: Results) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _write(root / "code/desk/app.py", _APPLICATION)
        _write(root / "code/desk/__init__.py", "")
        for name, (version, runs, _) in WORKERS.items():
            if version:
                _install(root / name, "csv", version, f"lambda: {runs!r}")
        for number in range(DISTRIBUTIONS):
            _install(root / "many", f"p{number}", "1.0", "str")
        age(root, an_hour_ago())
        _calls(results, root)
        _fingerprint(results, root)


def _calls(results: Results, root: Path) -> None:
    reference = _run(root, "same", "reference")
    counts: Counter[str] = Counter()
    others = 0
    for number, name in enumerate(WORKERS):
        calls = CALLS * (number + 1) // len(WORKERS) - CALLS * number // len(WORKERS)
        answers = json.loads(_run(root, name, "serve", str(calls), reference))
        counts[name] = answers.get("ran 1.0", 0)
        others += sum(count for answer, count in answers.items() if answer.startswith("ran ") and answer != "ran 1.0")
        others += 0 if name == "same" else counts[name]
    results.values["processes/calls of another version"] = others
    results.values["processes/calls of the same version"] = counts["same"]
    print(f"  {CALLS} calls over workers with differing versions, exact: {others} ran another version")


def _fingerprint(results: Results, root: Path) -> None:
    times = json.loads(_run(root, "many", "fingerprint"))
    rows = []
    for name, seconds in times.items():
        milliseconds = statistics.median(seconds) * 1000
        results.values[f"processes/fingerprint {name} ms"] = milliseconds
        rows.append((name, f"{milliseconds:.3f}"))
    table(f"processes: fingerprint of {DISTRIBUTIONS} distributions", ("by", "median ms"), rows)


def _run(root: Path, name: str, *words: str) -> str:
    """Return what `programs/processes/versions.py` prints in the worker *name*."""
    path = os.pathsep.join(map(str, (root / "code", root / name, PEGBOARD / "src")))
    environ = os.environ | {"PYTHONPATH": path, "DESK_PLUGINS_CACHE": str(root / "cache" / name), "HOME": str(root)}
    environ |= WORKERS.get(name, ("", "", {}))[2]
    command = [sys.executable, str(HERE / "programs/processes/versions.py"), *words]
    return subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def _install(site: Path, name: str, version: str, item: str) -> None:
    """Install a distribution with the plugin *name* by hand: files, and the records that an installer leaves."""
    _write(site / f"desk/plugins/{name}.py", f"from desk.app import exporters\nexporters.register({name!r}, {item})\n")
    information = f"acme_{name}-{version}.dist-info"
    _write(site / information / "METADATA", f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: {version}\n")
    _write(site / information / "RECORD", f"desk/plugins/{name}.py,,\n{information}/METADATA,,\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
