"""Applications that are started again and again in processes of their own, as users start them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

API = """
import os
from pegboard import Host

host = Host("app")
things = host.registry("things")
register = things.register
declare = host.declare

class Clock:
    def now(self): return "real"

provide = host.container.provide
provide(Clock)
"""

HIDES_OBJECTS = """
import gc
gc.get_objects = list
gc.freeze = gc.unfreeze = lambda: None
gc.get_freeze_count = int
"""

TRACE = "__traced__ = True\n"
"""The first line of a plugin whose imports are traced; a call of a function elsewhere would be an effect."""

TRACER = """
import pathlib, sys
names = []
def imported(event, arguments):
    if event == "exec" and "__traced__" in getattr(arguments[0], "co_names", ()):
        names.append(pathlib.Path(arguments[0].co_filename).stem)
sys.addaudithook(imported)
"""

PROGRAM = """
import json, os, sys
import trace_of_imports
from app import api
result = {}
try:
    for step in json.loads(sys.argv[1]):
        exec(step, {"api": api, "host": api.host, "things": api.things, "result": result})
except BaseException as error:
    result["error"] = f"{type(error).__name__}: {error}"
result["imported"] = trace_of_imports.names
print(json.dumps(result))
"""


class Run:
    def __init__(self, process: subprocess.CompletedProcess[str]) -> None:
        assert process.stdout, process.stderr
        self.result = json.loads(process.stdout.splitlines()[-1])
        self.imported = self.result.pop("imported")
        self.stderr = process.stderr

    def __getitem__(self, name):
        return self.result[name]


class Application:
    """`app`, in a folder of its own, with a home of its own, and all its files old enough to be trusted."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.home.mkdir()
        self.code = root / "code"
        self.site = root / "site"
        self.environ = {
            "HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join((str(self.code), str(self.site))),
            "PATH": os.environ["PATH"],
            "APP_PLUGINS_CACHE": str(self.home / ".cache/app"),
        }
        self.write("app/__init__.py", "")
        self.write("app/api.py", API)
        self.write("trace_of_imports.py", TRACER)
        self.write("program.py", PROGRAM)

    def write(self, path: str, text: str) -> Path:
        """Write a file of the application, or, below `app/plugins`, one that somebody else has published."""
        file = (self.site if path.startswith("app/plugins/") else self.code) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return file

    def hide_objects(self) -> None:
        """Let the comparison of objects find none, as in the process of the tests: it takes half of a first start.

        Imports are judged by the functions that they call, by audit events and by the state of the process.
        """
        self.write("app/__init__.py", HIDES_OBJECTS)

    def plugin(self, name: str, text: str = "", *, registers: str | None = "") -> Path:
        registers = f"t-{name}" if registers == "" else registers
        head = TRACE + "from app.api import *\nfrom app import api\n"
        if registers:
            head += f"register({registers!r}, {name!r}, summary='by {name}')\n"
        return self.write(f"app/plugins/{name}.py", head + textwrap.dedent(text))

    def settle(self) -> None:
        """Make everything as if it had been written long ago, the way it is on every day but the first."""
        for folder, folders, files in os.walk(self.root, topdown=False):
            if "__pycache__" in folders:
                shutil.rmtree(Path(folder) / "__pycache__")
            for name in files:
                self.age(Path(folder) / name)
            self.age(Path(folder))

    def age(self, path: Path, seconds: int = 3600) -> None:
        if path.is_symlink():
            return
        status = path.stat()
        past = status.st_mtime_ns - seconds * 1_000_000_000
        os.utime(path, ns=(past, past))

    def run(self, *steps: str, **environ: str) -> Run:
        return Run(self.process(*steps, **environ))

    def process(self, *steps: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-B", str(self.code / "program.py"), json.dumps(steps)],
            env=self.environ | environ,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.root,
        )

    def names(self, **environ: str) -> Run:
        return self.run("result['names'] = things.names()", **environ)

    @property
    def index(self) -> Path:
        (index,) = (self.home / ".cache" / "app").glob("plugins-*.index")
        return index
