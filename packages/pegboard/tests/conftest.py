"""Fixtures shared by the tests of the framework: real packages in real folders, and a clean interpreter after each."""

from __future__ import annotations

import gc
import importlib
import sys
import textwrap
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.live import LiveApplication
from support.processes import Application

from pegboard.errors import PegboardError
from pegboard.host import HOSTS
from pegboard.ledger import Contribution, Distribution, Ledger, Plugin, application


@pytest.fixture
def interpreter():
    """Give back `sys.path`, `sys.modules` and `sys.meta_path` as they were."""
    # hosts of earlier tests that nobody has collected yet would go on answering imports
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, SimpleNamespace)]
    path, meta_path, modules = list(sys.path), list(sys.meta_path), set(sys.modules)
    yield
    sys.path[:], sys.meta_path[:] = path, meta_path
    for name in set(sys.modules) - modules:
        if name.partition(".")[0] != "pegboard":  # half of it would be there twice
            del sys.modules[name]
    importlib.invalidate_caches()


class Desk:
    """Stands in for a plugin manager: a ledger, whose registering plugin is set by hand, and what was reported."""

    state = "ready"
    is_strict = False
    settings = SimpleNamespace(offers={}, commands="", index_path=lambda: None)
    plugins: tuple[Plugin, ...] = ()

    def __init__(self) -> None:
        self.owner = application("app")
        self.reports: list[PegboardError] = []
        self.woken: list[Plugin] = []
        self.ledger = Ledger(lambda: (self.owner, False))
        self.texts = self.ledger.texts
        self.importer = self

    def live(self, row: Contribution) -> object:
        return row.live if not row.is_primed else self.wake(row.owner)

    def wake(self, plugin: Plugin) -> None:
        self.woken.append(plugin)
        raise AssertionError(f"{plugin} was woken")

    def by(self, name: str, rank: int, source: str = "namespace") -> Plugin:
        """Let a plugin of that name register from now on."""
        self.owner = Plugin(name, f"app.plugins.{name}", source=source, distribution=Distribution(f"acme-{name}", "1"))
        self.owner.rank = rank
        return self.owner


@pytest.fixture
def desk():
    return Desk()


class Tree:
    """Writes files below a folder: `tree.write("app/plugins/a.py", "...")`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str = "") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        importlib.invalidate_caches()
        return file


@pytest.fixture
def tree(tmp_path, interpreter):
    """Return a writer of files in a fresh folder that is first on `sys.path`."""
    root = tmp_path / "tree"
    root.mkdir()
    sys.path.insert(0, str(root))
    return Tree(root)


@pytest.fixture(name="application")
def started_application(tmp_path):
    """Return an application whose every start is a process."""
    return Application(tmp_path)


@pytest.fixture
def objects_are_not_compared(application):
    """Let starts of the application take half the time: for tests of something else than how plugins are judged."""
    application.hide_objects()


@pytest.fixture
def primed(application):
    """Return an application with plugins `a`, `b`, `c`, that has been started before."""
    for name in "abc":
        application.plugin(name)
    application.settle()
    assert application.names().imported == ["a", "b", "c"]
    return application


@pytest.fixture
def live_application(tree, tmp_path):
    """Return an application that is started in this process."""
    if HOSTS:  # of other tests, which have plugins of the same modules
        gc.collect()
    for made in HOSTS:
        if (host := made()) is not None and host.name == "app":
            host.name = "app of an earlier test"  # something holds it still: it is no second host of this application
    application = LiveApplication(tree, tmp_path)
    yield application
    for thread in threading.enumerate():
        if thread.name == "pegboard-import":  # a task that waited for it has been cancelled
            thread.join(60)
    for name in [name for name in sys.modules if name.partition(".")[0].startswith("acme")]:
        del sys.modules[name]
