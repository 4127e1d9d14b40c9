"""Measures the environment of an isolated plugin, from a warm cache, with the first call: beside doing that by hand.

In: a plugin that imports NumPy 1.26, and an application, both written as wheels. Out: the ratio of wall times of rounds
in turn. By hand means: uv makes the environment from the same lock, and its Python imports the plugin and calls it.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from results import Results, table
from synthesis import PEGBOARD, UV

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.wheel import write_wheel

PYTHON = sys.executable
ROUNDS = 7
_APP = """
from pegboard import Host

host = Host("benchiso")
tools = host.registry("tools", isolable=True)
"""
_PLUGIN = """
import numpy

from benchiso.app import tools


@tools.register("total")
def total(count):
    return float(numpy.arange(count).sum())
"""
_BY_HAND = "import benchiso.plugins.numbers as plugin; plugin.total(10)"


def measure_environments(results: Results, rounds: int = ROUNDS) -> None:
    """Measure, print, and add the ratio `processes/environment and first call:by hand`."""
    from pegboard.isolation.environments import Question, Recipe, environment_folder, make
    from pegboard.isolation.process import Process

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lock = _lock(folder)
        environ = {**os.environ, "XDG_CACHE_HOME": f"{name}/cache", "PATH": f"{UV.parent}:{os.environ['PATH']}"}
        environ["UV_CACHE_DIR"] = subprocess.check_output([UV, "cache", "dir"], text=True).strip()
        question = Question("benchiso", "benchiso-numbers", "benchiso.plugins", ("benchiso.plugins",))
        made = environment_folder(lock.read_bytes(), "benchiso-numbers", PYTHON, environ)
        recipe = Recipe(str(lock), made, question, PYTHON, environ, "")

        def ours() -> float:
            shutil.rmtree(made, ignore_errors=True)
            shutil.rmtree(folder / "process", ignore_errors=True)
            began = time.perf_counter()
            environment = make(recipe)
            process = Process(
                environment.python,
                "benchiso.app:host",
                "numbers",
                application="benchiso",
                folder=f"{name}/process",
                environ=environ,
                report=print,
            )
            assert process.call("tools", "total", (10,)) == 45.0
            took = time.perf_counter() - began
            process.close()
            return took

        def by_hand() -> float:
            shutil.rmtree(folder / "hand", ignore_errors=True)
            python = folder / "hand/bin/python"
            began = time.perf_counter()
            for words in (
                [UV, "--quiet", "venv", "--python", PYTHON, folder / "hand"],
                [UV, "--quiet", "pip", "install", "--python", python, "--requirements", lock],
                [python, "-I", "-c", _BY_HAND],
            ):
                subprocess.run(words, check=True, env=environ)
            return time.perf_counter() - began

        ours(), by_hand()  # the cache of uv is warm from here on
        pairs = [(ours(), by_hand()) for _ in range(rounds)]
    ratio = statistics.median(mine / hand for mine, hand in pairs)
    results.values["processes/environment and first call:by hand"] = ratio
    mine, hand = (statistics.median(times) for times in zip(*pairs, strict=True))
    rows = [("isolated", f"{mine:.3f} s", f"{ratio:.2f}"), ("by hand", f"{hand:.3f} s", "1.00")]
    table("Environment with NumPy 1.26 from a warm cache, and first call", ("", "wall", "x by hand"), rows)


def _lock(folder: Path) -> Path:
    """Write the wheels and the lock, and return its path."""
    app = {"benchiso/__init__.py": "", "benchiso/app.py": _APP, "benchiso/plugins/core.py": ""}
    wheels = [
        write_wheel(folder, "benchiso", "1.0", app, requires=("pegboard",)),
        write_wheel(
            folder,
            "benchiso-numbers",
            "1.0",
            {"benchiso/plugins/numbers.py": _PLUGIN},
            requires=("benchiso", "numpy==1.26.4"),
        ),
    ]
    subprocess.run([UV, "build", "--quiet", "--wheel", "--out-dir", folder, PEGBOARD], check=True)
    wanted = folder / "wanted.in"
    wanted.write_text("\n".join(map(str, [*wheels, next(folder.glob("pegboard-*.whl")), "msgpack>=1"])))
    lock = folder / "pylock.toml"
    words = ["pip", "compile", "--quiet", "--format", "pylock.toml", "--python", PYTHON, "--output-file", lock, wanted]
    subprocess.run([UV, *words], check=True)
    return lock


if __name__ == "__main__":
    measure_environments(Results())
