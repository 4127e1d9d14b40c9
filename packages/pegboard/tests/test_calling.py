"""What is raised by contributions that an application calls, at once or later, names their plugin."""

import asyncio
import functools
import gc
import warnings

import pytest

from pegboard.errors import ContributionNotFoundError, PluginCallError, PluginImportError


@pytest.fixture
def host(live_application):
    def start(text, **options):
        live_application.plugin("csv", text)
        return live_application.start(**options)

    return start


FUNCTIONS = """
import asyncio

class Odd(BaseException): ...
class Friendly(Exception): ...
api.Friendly = Friendly
errors = {"value": ValueError("no"), "exit": SystemExit(3), "odd": Odd("odd"), "stop": StopAsyncIteration(),
          "cancel": asyncio.CancelledError(), "close": GeneratorExit()}

def at_once(kind): raise errors[kind]
async def later(kind):
    await asyncio.sleep(0)
    raise errors[kind]
def one_by_one(kind):
    yield 1
    raise errors[kind]
async def one_by_one_later(kind):
    yield 1
    raise errors[kind]
class Callable:
    async def __call__(self, kind): raise errors[kind]
class Awaitable:
    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        raise errors["value"]
for function in (at_once, later, one_by_one, one_by_one_later):
    api.register(function.__name__, function)
api.register("object", Callable())
api.register("awaitable", lambda kind: Awaitable())
api.register("echo", lambda *args, **kwargs: (args, kwargs))
async def echo_later(*args, **kwargs): return args, kwargs
api.register("echo_later", echo_later)
"""


def loop_over(generator):
    return list(generator)


async def collect(generator):
    return [each async for each in generator]


def each_way(registry, host, name, kind):
    """Return the ways to run the contribution called *name*, each as a function."""

    async def by_run(name):
        plugin = host.plugin("csv")
        return await host.run(plugin, "testing", lambda: registry[name](kind))

    return {
        "at_once": [
            lambda: registry.call(name, kind),
            lambda: asyncio.run(registry.acall(name, kind)),
            lambda: host.run(host.plugin("csv"), "testing", lambda: registry[name](kind)),
        ],
        "later": [
            lambda: asyncio.run(registry.call(name, kind)),
            lambda: asyncio.run(registry.acall(name, kind)),
            lambda: asyncio.run(by_run(name)),
        ],
        "object": [lambda: asyncio.run(registry.acall(name, kind)), lambda: asyncio.run(by_run(name))],
        "awaitable": [lambda: asyncio.run(registry.acall(name, kind))],
        "one_by_one": [
            lambda: loop_over(registry.call(name, kind)),
            lambda: loop_over(host.run(host.plugin("csv"), "testing", lambda: registry[name](kind))),
        ],
        "one_by_one_later": [lambda: asyncio.run(collect(registry.call(name, kind)))],
    }[name]


@pytest.mark.parametrize("kind", ["value", "exit", "odd", "stop", "cancel", "close"])
@pytest.mark.parametrize("name", ["at_once", "later", "object", "awaitable", "one_by_one", "one_by_one_later"])
def test_whatever_a_contribution_raises_names_its_plugin(host, live_application, name, kind):
    started = host(FUNCTIONS)
    ways = each_way(live_application.things, started, name, kind)
    for run in ways:
        with pytest.raises(PluginCallError, match="plugin 'csv' failed while (calling|testing)") as caught:
            run()
        assert caught.value.place is not None
        assert "csv.py" in caught.value.place


def test_arguments_and_results_pass_also_those_called_name(host, live_application):
    host(FUNCTIONS)
    things = live_application.things
    assert things.call("echo", 1, name=2, self=3) == ((1,), {"name": 2, "self": 3})
    assert asyncio.run(things.acall("echo_later", 1, name=2)) == ((1,), {"name": 2})
    assert asyncio.run(things.acall("echo", 1)) == ((1,), {})


@pytest.mark.parametrize("name", ["at_once", "later", "one_by_one"])
def test_the_errors_that_the_application_lets_pass_are_unchanged(host, live_application, name):
    started = host(FUNCTIONS)
    started.registry("things", passing=(ValueError,))
    for run in each_way(live_application.things, started, name, "value")[:1]:
        with pytest.raises(ValueError, match="no"):
            run()


def test_a_name_that_nobody_has_and_a_plugin_that_fails_are_told_as_by_reading(host, live_application):
    started = host("api.register('x', 1)\nraise ValueError")
    things = live_application.things
    with pytest.raises(ContributionNotFoundError):
        things.call("x")
    with pytest.raises(ContributionNotFoundError):
        asyncio.run(things.acall("x"))
    assert any(isinstance(problem, PluginImportError) for problem in started.problems)


def test_what_the_application_registers_itself_raises_unchanged(host, live_application):
    host("")

    def own():
        raise KeyError("own")

    async def own_later():
        raise KeyError("own")

    live_application.things.register("own", own)
    live_application.things.register("own_later", own_later)
    with pytest.raises(KeyError, match="own"):
        live_application.things.call("own")
    with pytest.raises(KeyError, match="own"):
        asyncio.run(live_application.things.acall("own_later"))


@pytest.mark.parametrize("way", ["call", "acall", "run"])
def test_cancelling_passes(host, live_application, way):
    started = host(
        "async def forever():\n    import asyncio\n    await asyncio.sleep(1000)\napi.register('x', forever)"
    )
    things = live_application.things
    started.start()

    async def main():
        begin = {
            "call": lambda: things.call("x"),
            "acall": lambda: things.acall("x"),
            "run": lambda: started.run(started.plugin("csv"), "testing", things["x"]),
        }[way]
        task = asyncio.ensure_future(begin())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await begin()

    asyncio.run(main())


def test_a_coroutine_and_a_generator_can_be_closed(host, live_application):
    host(
        "async def forever():\n    import asyncio\n    await asyncio.Future()\n"
        "def count():\n    try:\n        yield 1\n    finally:\n        api.log.append('closed')\n"
        "async def count_later():\n    try:\n        yield 1\n    finally:\n        api.log.append('closed later')\n"
        "api.register('forever', forever)\napi.register('count', count)\napi.register('count_later', count_later)"
    )
    things = live_application.things

    async def main():
        coroutine = things.call("forever")
        coroutine.send(None)
        coroutine.close()
        generator = things.call("count")
        next(generator)
        generator.close()
        later = things.call("count_later")
        await later.__anext__()
        await later.aclose()

    asyncio.run(main())
    assert live_application.log == ["closed", "closed later"]


def test_a_generator_can_be_sent_values_and_errors(host, live_application):
    body = "\n    try:\n        got = yield 1\n        yield got\n    except KeyError:\n        yield 'caught'\n"
    host(f"def count():{body}async def later():{body}api.register('count', count)\napi.register('later', later)")
    things = live_application.things

    async def main():
        for first in (things.call("count"), things.call("count")):
            assert next(first) == 1
        assert first.send(2) == 2
        assert first.throw(KeyError()) == "caught"
        second = things.call("later")
        assert await second.__anext__() == 1
        assert await second.asend(2) == 2
        assert await second.athrow(KeyError()) == "caught"
        await second.aclose()

    asyncio.run(main())


def test_what_is_registered_later_is_the_plugins(host, live_application):
    host(
        "import functools\n"
        "api.register('partial', functools.partial(api.register, 'by partial', 1))\n"
        "async def later():\n    api.register('by coroutine', 1)\n"
        "api.register('later', later)\n"
        "api.register('wrapped', lambda: api.later('by the api'))"
    )

    async def later(name):
        await asyncio.sleep(0)
        live_application.things.register(name, 1)

    live_application.api.later = later
    things = live_application.things
    things.call("partial")
    asyncio.run(things.acall("later"))
    asyncio.run(things.acall("wrapped"))
    assert {things.owner(name).name for name in ("by partial", "by coroutine", "by the api")} == {"csv"}


def test_other_objects_that_can_be_awaited_are_returned_as_they_are(host, live_application):
    host("class Pool:\n    def __await__(self):\n        yield\napi.Pool = Pool\napi.register('pool', Pool)")
    assert type(live_application.things.call("pool")) is live_application.api.Pool


def test_nothing_is_left_of_an_error_that_was_handled(host, live_application):
    host(FUNCTIONS)
    gc.collect()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            with pytest.raises(PluginCallError):
                asyncio.run(functools.partial(live_application.things.acall, "later", "value")())
        gc.collect()
