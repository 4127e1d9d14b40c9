"""What an unloading leaves behind: nothing, or a chain that says who holds it."""

from __future__ import annotations

import gc
import sys
import threading

import pytest
from support.soak import sized

from pegboard.testing import assert_unloads
from pegboard.tools.leaks import LeakDetector


@pytest.fixture(autouse=True, scope="module")
def visible_holders():
    """Let the collector see the modules that the test runner had loaded: they may hold something of a plugin."""
    gc.unfreeze()
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture
def application(live_application):
    """Return an application that is started in this process."""
    return live_application


BUSY = """
    import threading
    from typing import List
    class Row: pass
    class Table:
        def __init__(self, view: api.View): self.view, self.rows = view, [Row() for _ in range(100)]
    class Own(api.View):
        def table(self): return Table(self)
    def view():
        view = Own()
        view.me = view
        yield view
        view.closed = True
    api.provide(api.View, view)
    api.provide(List[Row], lambda: [Row()])
    api.provide(Table)
    api.decorate(Table, lambda inner: inner)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, daemon=True)
    thread.start()
    @api.on_unload
    def end():
        stop.set()
        thread.join()
    api.register('rows', List[Row], summary='x' * 1000)
    api.register('table', Table)
"""


def use(application):
    container = application.host.container
    table = container.get(application.things["table"])
    assert container.get(application.things["rows"])
    assert table.view is container.get(application.api.View)


@pytest.mark.soak
def test_reloads_leave_nothing_behind(application):
    application.plugin("a", BUSY)
    host = application.start()
    plugin = host.plugin("a")

    def size():
        gc.collect()
        modules, rows = len(sys.modules), len(host.manager.ledger.contributions_of(plugin))
        return (modules, rows, threading.active_count(), len(host.problems)), sys.getallocatedblocks()

    def cycle(times):
        for _ in range(times):
            host.reload("a")
            use(application)

    cycle(20)  # what is imported and remembered once
    begun, blocks = size()
    cycle(sized(40, 1_000))
    ended, more = size()

    assert ended == begun
    assert more - blocks < 500  # what is built in one cycle alone is several hundred blocks of memory
    host.disable("a")


def test_a_plugin_that_leaves_nothing_behind_passes_the_check(application):
    application.plugin("a", BUSY)
    host = application.start()
    host.container.get(application.api.View)
    assert_unloads(host, "a")
    host.disable("a")


@pytest.mark.parametrize(
    ("holding", "chain"),
    [
        ("api.log.append(Own)", ["class app.plugins.a.Own", "held by a list of 2", "held by 'log' of module app.api"]),
        (
            "api.View.all = (*getattr(api.View, 'all', ()), Own())",
            [
                "class app.plugins.a.Own",
                "held by an instance of app.plugins.a.Own",
                "held by a tuple of 2",
                "held by attribute 'all' of class app.api.View",
            ],
        ),
        (
            "import atexit\ndef f(): pass\natexit.register(f)\n",
            [
                "function app.plugins.a.f",
                "held by something that Python's garbage collector does not know, e.g. `atexit`",
            ],
        ),
        (
            "import logging\nclass H(logging.Handler): pass\nlogging.getLogger('app').addHandler(H())",
            ["class app.plugins.a.H", "held by an instance of app.plugins.a.H"],
        ),
    ],
)
def test_what_holds_old_code_is_named_with_the_whole_chain(application, holding, chain):
    application.plugin("a", f"class Own: pass\n{holding}\napi.register('x', Own)")
    host = application.start()
    with pytest.raises(AssertionError) as caught:
        assert_unloads(host, "a")

    lines = [line.strip() for line in str(caught.value).splitlines()]
    assert lines[0] == "plugin 'a' leaves something behind when it is reloaded:"
    assert lines[1 : len(chain) + 1] == chain


def test_a_thread_that_goes_on_fails_the_check(application):
    application.plugin(
        "a",
        """
        import threading
        stop = api.log
        def poll():
            while not stop: threading.Event().wait(0.01)
        threading.Thread(target=poll, name='poller', daemon=True).start()
        """,
    )
    host = application.start(lazy=False)
    host.start()
    try:
        with pytest.raises(AssertionError) as caught:
            assert_unloads(host, "a", deadline_s=0.05)
    finally:
        application.log.append("stop")
    assert "plugin 'a' was unloaded, but its thread 'poller' still runs" in str(caught.value)
    assert "held by '_active' of module threading" in str(caught.value)


def test_contributions_that_pile_up_fail_the_check(application):
    application.plugin("a", "api.log.append(1)\nfor n, _ in enumerate(api.log): api.register(f'x{n}')")
    host = application.start(lazy=False)
    host.start()
    with pytest.raises(AssertionError, match="it contributed 1 things at first, and 2 after a reload"):
        assert_unloads(host, "a")


def test_what_is_gone_is_not_told_of(application):
    application.plugin("a", "class Own: pass\nOwn.me = Own()")
    host = application.start(lazy=False)
    host.start()
    watch = LeakDetector(["app.plugins.a"])
    assert watch.survivors()
    host.disable("a")
    assert watch.survivors() == []
