"""An event loop goes on while plugins are imported, and what they register is theirs in whatever thread that is."""

import asyncio
import sys
import threading

import pytest

from pegboard.background import in_thread
from pegboard.errors import PluginImportError, RequiredPluginError

WAITING = """
import threading
assert api.loop_goes_on.wait(10), "the loop stands still"
api.register("slow", 1, summary="s")
api.thread = threading.current_thread().name
class Clock: ...
api.provide(api.View, Clock)
"""
"""A plugin whose import ends only after the event loop has gone on meanwhile."""


@pytest.fixture
def slow(live_application):
    """Return the host of an application with a plugin whose import waits for the event loop."""
    live_application.plugin("slow", WAITING)
    live_application.tree.write("app/api.py", _API)
    return live_application


_API = """
import sys, threading
loop_goes_on = threading.Event()
if "pytest" not in sys.modules: loop_goes_on.set()  # the plugin is recorded
host = None
def register(name, item=None, **metadata): return host.registry('things').register(name, item, **metadata)
def provide(*args, **options): return host.container.provide(*args, **options)
class View: pass
log = []
"""


async def going_on(application, awaitable):
    """Await *awaitable*, while another task of the loop lets the import go on."""

    async def other():
        application.api.loop_goes_on.set()

    task = asyncio.ensure_future(awaitable)
    await asyncio.sleep(0)
    await other()
    return await task


WAYS = {
    "astart": lambda host: host.astart(),
    "aget": lambda host: host.registry("things").aget("slow"),
    "acall": lambda host: _none_if_it_cannot_be_called(host),
    "container": lambda host: host.container.aget(host.view),
    "scope": lambda host: _in_scope(host),
    "container.acall": lambda host: host.container.acall(lambda: 1),
}


async def _none_if_it_cannot_be_called(host):
    with pytest.raises(Exception, match="failed while calling 'slow'"):
        await host.registry("things").acall("slow")


async def _in_scope(host):
    async with host.container.scope("request") as scope:
        return await scope.aget(host.view)


@pytest.mark.parametrize("way", WAYS)
def test_the_loop_goes_on_during_the_first_start(slow, way):
    host = slow.start()
    host.view = slow.api.View
    asyncio.run(going_on(slow, WAYS[way](host)))
    assert slow.reports == []
    assert host.registry("things").owner("slow").name == "slow"
    assert slow.api.thread == "pegboard-import"


@pytest.mark.slow
@pytest.mark.parametrize("way", ["aget", "acall", "container", "scope"])
def test_the_loop_goes_on_when_a_recorded_plugin_is_woken(slow, way):
    slow.start_elsewhere()
    host = slow.start()
    host.start()
    assert host.plugin("slow").state == "primed"
    host.view = slow.api.View
    asyncio.run(going_on(slow, WAYS[way](host)))
    assert host.plugin("slow").state == "active"
    assert slow.api.thread == "pegboard-import"


def test_get_and_aget_are_the_same(live_application):
    live_application.plugin("a", "api.register('x', 1)")
    host = live_application.start()
    things = host.registry("things")
    assert asyncio.run(things.aget("x")) == 1
    assert asyncio.run(things.aget("y")) is None
    assert asyncio.run(things.aget("y", 2)) == 2
    (started,) = [thread for thread in threading.enumerate() if thread is threading.main_thread()]
    assert started is threading.current_thread()


def test_what_is_live_is_read_in_the_loops_own_thread(live_application):
    live_application.plugin("a", "api.register('x', 1)")
    host = live_application.start()
    host.start()
    before = threading.active_count()
    seen = []

    async def main():
        seen.append(await host.registry("things").aget("x"))
        seen.append(threading.active_count())

    asyncio.run(main())
    assert seen == [1, before]


def test_errors_reach_whoever_awaits(live_application):
    live_application.plugin("a", "raise ValueError('no')")
    host = live_application.start(required=("a",))
    with pytest.raises(RequiredPluginError):
        asyncio.run(host.astart())
    assert [type(problem) for problem in live_application.reports] == [PluginImportError]


def test_a_cancelled_start_goes_on_and_serves_the_next(slow):
    host = slow.start()

    async def main():
        task = asyncio.ensure_future(host.astart())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        slow.api.loop_goes_on.set()
        assert await host.registry("things").aget("slow") == 1

    asyncio.run(main())
    assert slow.reports == []


def test_many_tasks_start_the_host_once(live_application):
    live_application.plugin("a", "api.log.append('imported')\napi.register('x', 1)")
    host = live_application.start()

    async def main():
        await asyncio.gather(*[host.astart() for _ in range(5)], *[host.registry("things").aget("x") for _ in range(5)])

    asyncio.run(main())
    assert live_application.log == ["imported"]


def test_without_a_loop_the_function_runs_here():
    seen = []
    coroutine = in_thread(lambda: seen.append(threading.current_thread()))
    with pytest.raises(StopIteration):
        coroutine.send(None)
    assert seen == [threading.current_thread()]


def test_a_module_that_runs_a_loop_while_it_is_imported_does_not_wait_for_itself(live_application):
    live_application.plugin("a", "from app.server import value\napi.register('x', value)")
    live_application.tree.write(
        "app/server.py", "import asyncio\nfrom app import api\nvalue = 3\nasyncio.run(api.host.astart())\n"
    )
    host = live_application.start()
    import app.server

    assert host.registry("things").names() == ("x",)
    assert app.server.__name__ in sys.modules


def test_the_context_of_the_task_is_that_of_the_import(live_application):
    live_application.plugin("a", "api.register('x', api.variable.get())")
    host = live_application.start()
    import contextvars

    live_application.api.variable = contextvars.ContextVar("variable")

    async def main():
        live_application.api.variable.set("set")
        return await host.registry("things").aget("x")

    assert asyncio.run(main()) == "set"
