"""A container over a bare ledger, with made-up owners, for the tests of the container."""

import pytest

from pegboard.container import Container
from pegboard.ledger import DORMANT, Contribution, Distribution, Ledger, Plugin, application


class Bench:
    """A container whose registering owner is set by hand: `with bench.owner(plugin): container.provide(...)`."""

    def __init__(self):
        self.application = application("app")
        self.registering = (self.application, False)
        self.reports = []
        self.readied = 0
        self.woken = []
        self.imports = {}
        self.ledger = Ledger(lambda: self.registering)
        self.container = Container(self.ledger, live=self.live, ready=self.ready, report=self.reports.append)

    def ready(self):
        self.readied += 1

    def plugin(self, name, rank=1, *, source="namespace"):
        plugin = Plugin(name, f"app.plugins.{name}", source=source, distribution=Distribution(f"acme-{name}", "1.0"))
        plugin.rank = rank
        return plugin

    def owner(self, plugin, *, importing=False):
        return Owner(self, plugin, importing)

    def provide(self, plugin, *args, **kwargs):
        with self.owner(plugin):
            self.container.provide(*args, **kwargs)

    def decorate(self, plugin, *args):
        with self.owner(plugin):
            self.container.decorate(*args)

    def prime(self, plugin, kind, text, register, **metadata):
        """Let the ledger know a row of *plugin* from a record; *register* is what its import does."""
        row = Contribution(plugin, kind, text, DORMANT, text=text, metadata=metadata)
        with self.ledger._lock:
            self.ledger._insert([row])
        self.imports[plugin] = register

    def live(self, row):
        if not row.is_primed:
            return row.live
        self.wake(row.owner)
        return self.ledger.successor(row).live

    def wake(self, plugin):
        self.woken.append(plugin.name)
        self.ledger.begin(plugin)
        try:
            with self.owner(plugin, importing=True):
                self.imports[plugin]()
        except BaseException:
            self.ledger.discard(plugin)
            raise
        self.ledger.commit(plugin)


class Owner:
    def __init__(self, bench, plugin, importing):
        self.bench, self.new = bench, (plugin, importing)

    def __enter__(self):
        self.old, self.bench.registering = self.bench.registering, self.new

    def __exit__(self, *_):
        self.bench.registering = self.old


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def container(bench):
    return bench.container
