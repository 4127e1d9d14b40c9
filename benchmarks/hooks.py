"""Measures hooks: calls beside pluggy and a bare loop, a start that declares them, and what a change costs.

In: the Pythons that are installed. Out: ratios of calls that ran in turn in one process, over several processes, and
instructions of whole starts.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import time
from collections import defaultdict
from pathlib import Path

from measure import Ratios
from results import Results, table
from synthesis import AGE_S, CACHE, HERE, PEGBOARD, UV

PYTHONS = ("3.11", "3.13")
PROCESSES = 3
PLUGINS = (6, 1000)
_NAMES = {
    "pegboard": "by position",
    "pegboard by name": "by name",
}
_HOOK = "@host.hooks.notify\ndef hook_{number}(document: object, by: str = 'nobody') -> None: ...\n"
_START = "from benchhooks.{} import host; host.registry('things').names()"
_HOST = """from pegboard import Host
host = Host("benchhooks", lazy={lazy}, slow_after=None, environ={{}}, config_directory={folder!r}, cache_directory={folder!r})
"""
_ANSWER = """
@host.hooks.collect
def answer() -> int: raise NotImplementedError
"""
_PLUGIN = "from benchhooks.application import host\nhost.registry('things').register('{name}', 1)\n"


class Place:
    """A Python with pluggy, and an application with some plugins."""

    def __init__(self, version: str, plugins: int) -> None:
        self.python = _python(version)
        self.folder = CACHE / f"hooks-{version}-{plugins}"
        package = self.folder / "benchhooks"
        shutil.rmtree(self.folder, ignore_errors=True)
        (package / "plugins").mkdir(parents=True)
        user = str(self.folder / "user")
        host = _HOST.format(folder=user, lazy=True)
        (package / "__init__.py").touch()
        (package / "without.py").write_text(host)
        (package / "fifty.py").write_text(host + "".join(_HOOK.format(number=number) for number in range(50)))
        (package / "application.py").write_text(_HOST.format(folder=user, lazy=False) + _ANSWER)
        for number in range(plugins):
            name = f"p{number:04}"
            text = _PLUGIN.format(name=name)
            if number < 6:
                text += f"host.hooks['answer'].implement(lambda: {number})\n"
            (package / "plugins" / f"{name}.py").write_text(text)
        for path in self.folder.rglob("*"):
            os.utime(path, (time.time() - AGE_S,) * 2)  # younger files are not trusted, and starts stay cold
        self.environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(self.folder), str(PEGBOARD / "src")]),
            "PYTHONHASHSEED": "0",
        }

    def run(self, *words: str) -> str:
        return subprocess.run(
            [self.python, *words], env=self.environ, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    def times(self, job: str, rounds: int) -> dict[str, object]:
        return json.loads(self.run(str(HERE / "programs/hooks/timing.py"), job, str(rounds)))

    def instructions(self, code: str) -> float:
        """Return the instructions of a process that runs *code*, in millions."""
        self.settle(code)
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", self.python, "-c", code]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=True)
        return int(re.findall(r"Collected : (\d+)", done.stderr)[-1]) / 1e6

    def settle(self, code: str) -> None:
        """Run *code* until its byte code and index are written: an index holds for one program only."""
        for _ in range(2):
            self.run("-c", code)

    def modules(self, code: str) -> int:
        code = f"{code}; import sys; print(len([*filter(None, sys.modules)]))"
        self.settle(code)
        return int(self.run("-c", code))


def _python(version: str) -> str:
    """Return the interpreter of an environment with pluggy, which is made if need be.

    Raises:
        LookupError: If that Python is not installed.
    """
    environment = CACHE / f"hooks-{version}"
    python = environment / "bin" / "python"
    if not python.exists():
        found = subprocess.run([UV, "python", "find", version], capture_output=True, text=True, check=False)
        candidates = [found.stdout.strip(), *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))]
        base = next((each for each in candidates if each and Path(each).exists()), None)
        if base is None:
            raise LookupError(version)
        subprocess.run([UV, "venv", "--quiet", "--python", base, environment], check=True)
        subprocess.run([UV, "pip", "install", "--quiet", "--python", python, "pluggy==1.7.0"], check=True)
    return str(python)


def measure_hooks(results: Results, rounds: int) -> None:
    for version in PYTHONS:
        try:
            places = {count: Place(version, count) for count in PLUGINS}
        except LookupError:
            print(f"\nhooks: Python {version} is not installed, nothing was measured with it")
            continue
        _measure_calls(results, version, places[6], rounds)
        _measure_binding(results, version, places, rounds)
        _measure_starts(results, version, Place(version, 0))


def _measure_calls(results: Results, version: str, place: Place, rounds: int) -> None:
    times: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for _ in range(PROCESSES):
        for count, cases in place.times("calls", rounds).items():
            for name, values in cases.items():
                times[count][name] += values
    rows = []
    for count, cases in times.items():
        for name, label in _NAMES.items():
            to_loop, to_pluggy = Ratios(cases[name], cases["loop"]), Ratios(cases["pluggy"], cases[name])
            key = f"hooks-{version}/{label} {count}"
            results.values[f"{key}:loop"] = to_loop.median
            results.values[f"pluggy {key}"] = to_pluggy.median
            nanoseconds = [f"{statistics.median(cases[each]):.0f}" for each in (name, "loop", "pluggy")]
            results.details[key] = {"ns": nanoseconds, "to_loop": str(to_loop), "pluggy": str(to_pluggy)}
            rows.append((f"{count} implementations, {label}", *nanoseconds, f"{to_loop}", f"{to_pluggy}"))
    table(f"hooks, {version}", ("call", "median ns", "loop", "pluggy", "x loop", "pluggy / ours"), rows)


def _measure_binding(results: Results, version: str, places: dict[int, Place], rounds: int) -> None:
    times: dict[int, list[float]] = defaultdict(list)
    for _ in range(PROCESSES):
        for count, place in places.items():
            times[count] += place.times("bind", rounds)["bind"]
    few, many = (statistics.median(times[count]) / 1000 for count in PLUGINS)
    ratio = Ratios(times[PLUGINS[1]], times[PLUGINS[0]])
    results.values[f"hooks-{version}/bind"] = ratio.median
    print(f"  two calls after changes, 6 of N plugins implement: N=6 {few:.1f} us, N=1000 {many:.1f} us, x {ratio}")


def _measure_starts(results: Results, version: str, place: Place) -> None:
    codes = {"bare": "pass", "no hooks": _START.format("without"), "50 hooks": _START.format("fifty")}
    modules = {name: place.modules(code) for name, code in codes.items()}
    loaded = place.run("-c", _START.format("without") + "; import sys; print('pegboard.hooks' in sys.modules)").strip()
    results.values[f"hooks-{version}/modules"] = modules["50 hooks"] - modules["no hooks"]
    print(f"  modules of a start: {modules}; of hooks without a declaration: {loaded}")
    if shutil.which("valgrind"):
        counted = {name: place.instructions(code) for name, code in codes.items()}
        share = (counted["50 hooks"] - counted["no hooks"]) / counted["bare"]
        results.values[f"hooks-{version}/declaring"] = share
        shown = {name: round(millions, 2) for name, millions in counted.items()}
        print(f"  million instructions: {shown}; 50 declarations take {share:.2%} of a bare start")
