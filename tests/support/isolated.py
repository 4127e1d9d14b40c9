"""Isolated plugins: an environment without installing anything, and an application whose plugin runs there."""

from __future__ import annotations

import os
import sys
import sysconfig
import textwrap
from pathlib import Path

import msgpack

import pegboard
from pegboard.isolation.process import Process

API = """
from pegboard import Host

host = Host("app")
things = host.registry("things")
register = things.register

class OutOfInk(Exception):
    pass

class Clock:
    def now(self): return "real"
    @staticmethod
    def zone(of="here"): return of

host.container.provide(Clock)

@host.hooks.collect
def suggestions(document: str, limit: int = 3) -> list: ...
"""


def bare_environment(folder: Path, *paths: Path) -> str:
    """Make a virtual environment in which pegboard, what its wire needs, and what is in *paths* can be imported.

    Returns:
        The path of its interpreter.
    """
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    site = folder / "lib" / version / "site-packages"
    site.mkdir(parents=True)
    (folder / "bin").mkdir()
    base = Path(os.path.realpath(sys.executable))
    python = folder / "bin" / "python"
    python.symlink_to(base)
    (folder / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
    own = [Path(pegboard.__file__).parents[1], Path(msgpack.__file__).parents[1], Path(sysconfig.get_path("purelib"))]
    (site / "workspace.pth").write_text("".join(f"{path}\n" for path in dict.fromkeys([*own, *paths])))
    return str(python)


class IsolatedApplication:
    """`app`, and its plugin `csv`, which runs in a process of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.code = root / "code"
        self.site = root / "site"
        self.folder = root / "folder"
        self.write(self.code / "app/__init__.py", "")
        self.write(self.code / "app/api.py", API)
        self.python = bare_environment(root / "environment", self.code, self.site)
        self.problems: list[object] = []
        self.strikes: list[str] = []
        self.served = 0
        self.processes: list[Process] = []

    def write(self, path: Path, text: str) -> None:
        """Write a file, which looks as if it had been written long ago."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        for each in (path, path.parent):
            os.utime(each, (10**9, 10**9))

    def settle(self) -> None:
        """Make everything look as if it had been written long ago: what is young is not trusted."""
        for folder, _, names in os.walk(self.root):
            for path in (folder, *[os.path.join(folder, name) for name in names]):
                os.utime(path, (10**9, 10**9), follow_symlinks=False)

    def plugin(self, text: str, name: str = "csv") -> None:
        """Write the plugin, which has all that the API has."""
        self.write(self.site / f"app/plugins/{name}.py", "from app.api import *\nfrom app import api\n" + text)

    def process(self, plugin: str = "csv", **options: object) -> Process:
        """Return the process of the plugin; it is not started yet."""

        def served() -> None:
            self.served += 1

        given = {
            "distribution": "acme-csv 1.2",
            "application": "app",
            "folder": str(self.folder),
            "environ": os.environ,
            "report": self.problems.append,
            "struck": self.strikes.append,
            "served": served,
        }
        process = Process(self.python, "app.api:host", plugin, **(given | options))
        self.processes.append(process)
        return process

    def close(self) -> None:
        """End all processes."""
        for process in self.processes:
            process.close()
