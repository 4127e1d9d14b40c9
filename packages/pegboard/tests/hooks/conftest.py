"""An application with hooks of every kind, whose plugins are in its folder."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

DECLARATIONS = """
from typing import Optional
log = []
host = None

def declare(made):
    global host
    host = made
    hooks = made.hooks

    @hooks.notify
    def saved(document: str, by: str = "nobody") -> None: ...
    @hooks.notify(announced=True)
    def opened(window: str) -> None: ...
    @hooks.collect
    def suggestions(document: str) -> object: raise NotImplementedError
    @hooks.collect(faults="raise")
    def answers(document: str) -> object: raise NotImplementedError
    @hooks.collect(faults="collect", passing=(LookupError,))
    def gathered(document: str) -> object: raise NotImplementedError
    @hooks.first
    def reader(path: str) -> object: raise NotImplementedError
    @hooks.chain
    def transform(text: str, document: str) -> str: raise NotImplementedError
    @hooks.collect
    def by_name(document: str, *, page: int, color: str = "red") -> object: raise NotImplementedError
    @hooks.notify
    async def later_saved(document: str) -> None: ...
    @hooks.collect
    async def later_suggestions(document: str) -> object: raise NotImplementedError
    @hooks.collect(concurrent=True)
    async def at_once(document: str) -> object: raise NotImplementedError
    @hooks.collect(concurrent=True, faults="raise")
    async def at_once_or_raise(document: str) -> object: raise NotImplementedError
    @hooks.first
    async def later_reader(path: str) -> object: raise NotImplementedError
    @hooks.chain
    async def later_transform(text: str, document: str) -> str: raise NotImplementedError

    for hook in hooks:
        globals()[hook.name] = hook.implement
"""

ELSEWHERE = """
import sys; sys.path[:] = sys.argv[2:]; sys.dont_write_bytecode = False
from support.collector import hide_objects
hide_objects()  # what plugins note is to be no effect
from pegboard import Host
import app.api
host = Host('app', config_directory=sys.argv[1] + '/config', cache_directory=sys.argv[1] + '/cache', environ={})
app.api.declare(host)
host.start()
"""


class Hooked:
    """The application `app`: `host`, `hooks` by name, and what plugins have noted in `log`."""

    def __init__(self, live):
        self._live = live
        self.reports = live.reports
        live.tree.write("app/api.py", DECLARATIONS)

    def declare_without(self, hook):
        """Let the application have no hook of that name."""
        lines = DECLARATIONS.splitlines()
        at = next(at for at, line in enumerate(lines) if f"def {hook}(" in line)
        self._live.tree.write("app/api.py", "\n".join(lines[: at - 1] + lines[at + 1 :]))

    def plugin(self, name, text):
        return self._live.plugin(name, text)

    def start(self, **options):
        self.host = self._live.start(**options)
        self._live.api.declare(self.host)
        self.api, self.log, self.hooks = self._live.api, self._live.api.log, self.host.hooks
        return self.hooks

    def record(self):
        """Start the application in a process of its own, which leaves an index."""
        directory = self._live.directory
        (directory / "config" / "plugins" / "__pycache__").mkdir()  # else the folder changes when that is made
        for file in [
            *directory.rglob("*.py"),
            *directory.rglob("*"),
        ]:  # what is younger than two seconds is not trusted
            os.utime(file, (1e9, 1e9))
        subprocess.run([sys.executable, "-c", ELSEWHERE, str(directory), *sys.path], check=True)

    def states(self):
        return {plugin.name: plugin.state for plugin in self.host.plugins}

    def told(self):
        """Return what has been reported, one short line each."""
        return [f"{report.plugin}: {report.because()}" for report in self.reports]


@pytest.fixture
def hooked(live_application):
    """Return an application with hooks; `start` makes its host."""
    return Hooked(live_application)
