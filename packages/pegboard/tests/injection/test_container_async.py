"""Asynchronous resolution, alone and together with threads."""

# ruff: noqa: ASYNC110 -- what these tests wait for is the container's own state, which sets no event

import asyncio
import contextlib
import threading

import pytest

from pegboard.container import TRANSIENT
from pegboard.errors import (
    AsyncRequiredError,
    CircularDependencyError,
    MissingDependencyError,
    ProviderError,
    ScopeError,
)

PATIENCE_S = 30


class Clock:
    pass


class Page:
    def __init__(self, clock: Clock):
        self.clock = clock


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, PATIENCE_S))


async def make_clock():
    await asyncio.sleep(0)
    return Clock()


def test_an_asynchronous_provider_is_awaited_also_as_a_dependency(container):
    container.provide(Clock, make_clock)
    container.provide(Page)

    async def main():
        page = await container.aget(Page)
        assert type(page.clock) is Clock
        assert await container.aget(Page) is page
        assert container.get(Page) is page
        assert container.get(Clock) is page.clock

    run(main())


def test_get_of_what_has_to_be_awaited_says_so(container):
    container.provide(Clock, make_clock)
    container.provide(Page)
    with pytest.raises(AsyncRequiredError, match=r"await container\.aget") as caught:
        container.get(Page)
    assert "needed as 'clock' by Page" in str(caught.value)


def test_that_is_not_a_plugins_fault_where_nothing_else_can_serve(bench):
    bench.provide(bench.plugin("p"), Clock, make_clock)
    with pytest.raises(AsyncRequiredError):
        bench.container.get(Clock)
    assert bench.reports == []


def test_a_plugin_that_makes_a_component_asynchronous_is_done_without_by_who_does_not_await(bench):
    bench.container.provide(Clock)
    bench.provide(bench.plugin("p"), Clock, make_clock)
    assert type(bench.container.get(Clock)) is Clock
    (report,) = bench.reports
    assert "acme-p 1.0 could not provide Clock; that of the application is used instead" in report.summary()


def test_a_plugin_that_decorates_asynchronously_is_left_out_by_who_does_not_await(bench):
    async def wrap(inner):
        return [inner]

    bench.container.provide(Clock)
    bench.decorate(bench.plugin("p"), Clock, wrap)
    assert type(bench.container.get(Clock)) is Clock
    (report,) = bench.reports
    assert "acme-p 1.0 could not decorate Clock and is left out" in report.summary()


@pytest.mark.parametrize("what", ["decorator", "middleware"])
def test_asynchronous_decorators_and_middlewares_can_be_awaited_only(container, what):
    async def wrap(inner):
        return [inner]

    async def around(key, proceed):
        return [await proceed(key)]

    container.provide("it", lambda: 1)
    if what == "decorator":
        container.decorate("it", wrap)
    else:
        container.use(around)
    with pytest.raises(AsyncRequiredError):
        container.get("it")
    assert run(container.aget("it")) == [1]


def test_concurrent_tasks_build_once(container):
    built = []

    async def make():
        built.append(1)
        for _ in range(10):
            await asyncio.sleep(0)
        return Clock()

    container.provide(Clock, make)
    container.provide(Page)

    async def main():
        clock, page, again = await asyncio.gather(container.aget(Clock), container.aget(Page), container.aget(Clock))
        assert page.clock is clock is again

    run(main())
    assert built == [1]


def test_a_waiting_task_tries_itself_when_the_first_is_cancelled(container):
    started = []

    async def make():
        started.append(1)
        if len(started) == 1:
            await asyncio.Event().wait()
        return "made"

    container.provide(Clock, make)

    async def main():
        first = asyncio.create_task(container.aget(Clock))
        second = asyncio.create_task(container.aget(Clock))
        while (
            not container._open()._core.root.builds
            or not next(iter(container._open()._core.root.builds.values())).waiters
        ):
            await asyncio.sleep(0)
        first.cancel()
        assert await second == "made"
        with pytest.raises(asyncio.CancelledError):
            await first

    run(main())


def test_cancelling_is_not_a_plugins_fault(bench):
    async def make():
        await asyncio.Event().wait()

    bench.container.provide(Clock)
    bench.provide(bench.plugin("p"), Clock, make)

    async def main():
        task = asyncio.create_task(bench.container.aget(Clock))
        while not bench.container._open()._core.root.builds:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())
    assert bench.reports == []
    assert bench.container._open()._core.root.builds == {}


def test_a_failing_plugin_is_passed_over_when_awaited(bench):
    async def fail():
        await asyncio.sleep(0)
        raise SystemExit(1)

    bench.container.provide(Clock, make_clock)
    bench.provide(bench.plugin("p"), Clock, fail)
    assert type(run(bench.container.aget(Clock))) is Clock
    assert bench.reports[0].plugin == "p"


def test_with_nothing_below_it_is_blamed(bench):
    async def fail():
        raise ValueError("why")

    bench.provide(bench.plugin("p"), Clock, fail)
    with pytest.raises(ProviderError, match="ValueError: why"):
        run(bench.container.aget(Clock))


def test_missing_and_circular_dependencies_are_the_same_when_awaited(container):
    container.provide(Page)
    with pytest.raises(MissingDependencyError):
        run(container.aget(Page))

    async def ask():
        return await container.aget("b")

    async def ask_back():
        return await container.aget("a")

    container.provide("a", ask)
    container.provide("b", ask_back)
    with pytest.raises(CircularDependencyError, match="'a' -> 'b' -> 'a'"):
        run(container.aget("a"))


def test_a_circle_entered_from_both_ends_by_two_tasks_is_an_error(container):
    both = {"a": [], "b": []}

    def provide(name, other):
        async def make():
            both[name].append(1)
            while not both[other]:
                await asyncio.sleep(0)
            return await container.aget(other)

        container.provide(name, make)

    provide("a", "b")
    provide("b", "a")

    async def main():
        return await asyncio.gather(container.aget("a"), container.aget("b"), return_exceptions=True)

    assert [type(result) for result in run(main())] == [CircularDependencyError] * 2


def test_a_circle_through_gathered_tasks_of_a_provider_is_found(container):
    async def make():
        return await asyncio.gather(container.aget("b"))

    async def back():
        return await container.aget("a")

    container.provide("a", make)
    container.provide("b", back)
    with pytest.raises(CircularDependencyError):
        run(container.aget("a"))


def test_a_task_that_outlives_its_provider_asks_on_its_own(container):
    tasks = []

    async def make():
        async def later():
            await done.wait()
            return await container.aget("a")

        tasks.append(asyncio.create_task(later()))
        return "made"

    container.provide("a", make)

    async def main():
        assert await container.aget("a") == "made"
        done.set()
        assert await tasks[0] == "made"

    done = asyncio.Event()
    run(main())


# -- scopes -----------------------------------------------------------------------------------------------------------


def test_asynchronous_resources_are_cleaned_up_in_reverse_order_with_the_others(container):
    events = []

    async def connect():
        events.append("connect")
        yield "connection"
        await asyncio.sleep(0)
        events.append("disconnect")

    @contextlib.asynccontextmanager
    async def begin(connection: "connection"):  # noqa: F821
        events.append("begin")
        yield "transaction"
        events.append("commit")

    def plain():
        events.append("open")
        yield "file"
        events.append("close")

    container.provide("connection", connect, scope="request")
    container.provide("transaction", begin, scope="request")
    container.provide("file", plain, scope="request")

    async def main():
        async with container.scope("request") as scope:
            assert await scope.aget("transaction") == "transaction"
            assert await scope.aget("file") == "file"
            assert await scope.aget("connection") == "connection"

    run(main())
    assert events == ["connect", "begin", "open", "close", "commit", "disconnect"]


def test_a_scope_with_something_to_await_cannot_be_closed_without(container):
    events = []

    async def connect():
        yield 1
        events.append("disconnect")

    container.provide("connection", connect)
    container.provide("scoped", connect, scope="request")

    async def main():
        await container.aget("connection")
        with pytest.raises(AsyncRequiredError, match="clean-up is asynchronous"):
            container.close()
        assert events == []
        await container.aclose()
        scope = container.scope("request")
        with pytest.raises(AsyncRequiredError), scope:
            await scope.aget("scoped")
        await scope.aclose()

    run(main())
    assert events == ["disconnect", "disconnect"]


def test_all_asynchronous_clean_ups_run(container):
    async def bad():
        yield 1
        raise ValueError("bad")

    async def twice():
        yield 1
        yield 2

    def plain():
        yield 1
        raise OSError("plain")

    async def nothing():
        return
        yield

    for name, provider in {"bad": bad, "twice": twice, "plain": plain, "nothing": nothing}.items():
        container.provide(name, provider)

    async def main():
        for name in ("bad", "twice", "plain"):
            await container.aget(name)
        with pytest.raises(TypeError, match="yields nothing"):
            await container.aget("nothing")
        await container.aclose()

    with pytest.raises(ExceptionGroup) as caught:
        run(main())
    assert [type(error) for error in caught.value.exceptions] == [OSError, RuntimeError, ValueError]


def test_a_closed_scope_cannot_be_awaited(container):
    scope = container.scope("request")

    async def main():
        async with scope:
            pass
        with pytest.raises(ScopeError):
            await scope.aget(Clock)

    run(main())


def test_acall_awaits_what_it_needs_and_itself(container):
    async def handle(clock: Clock, size: int):
        await asyncio.sleep(0)
        return clock, size

    container.provide(Clock, make_clock)

    async def main():
        clock = await container.aget(Clock)
        assert await container.acall(handle, size=3) == (clock, 3)
        assert (await container.acall(Page)).clock is clock
        coroutine = container.call(handle, size=4)
        assert await coroutine == (clock, 4)

    run(main())


def test_transients_are_new_each_time_they_are_awaited(container):
    container.provide(Clock, make_clock, scope=TRANSIENT)
    assert run(container.aget(Clock)) is not run(container.aget(Clock))


# -- middlewares ------------------------------------------------------------------------------------------------------


def test_a_plain_middleware_that_hands_on_works_for_both(container):
    seen = []

    def watch(key, proceed):
        seen.append(key)
        return proceed(key)

    container.use(watch)
    container.use(watch)
    container.provide(Clock, make_clock)
    container.provide(Page)
    assert type(run(container.aget(Page)).clock) is Clock
    assert seen == [Page, Page, Clock, Clock]


def test_an_asynchronous_middleware_sees_the_value(container):
    async def wrap(key, proceed):
        return [await proceed(key)]

    container.use(wrap)
    container.use(wrap)
    container.provide(Clock, make_clock)
    assert type(run(container.aget(Clock))[0][0]) is Clock


def test_a_plain_middleware_that_wraps_what_it_cannot_see_is_refused(container):
    container.use(lambda key, proceed: proceed(key))
    container.use(lambda key, proceed: [proceed(key)])
    container.provide(Clock, make_clock)
    with pytest.raises(AsyncRequiredError, match="async def"):
        run(container.aget(Clock))


def test_a_middleware_may_have_a_form_for_each(container):
    async def awaited(key, proceed):
        return [await proceed(key)]

    container.use(lambda key, proceed: [proceed(key)], awaited=awaited)
    container.provide("a", lambda: 1)
    container.provide("b", lambda: 2)
    assert container.get("a") == [1]
    assert run(container.aget("b")) == [2]


def test_an_asynchronous_middleware_may_answer_alone(container):
    async def answer(key, proceed):
        return "answer" if key == "unknown" else await proceed(key)

    container.use(answer)
    assert run(container.aget("unknown")) == "answer"
    with pytest.raises(MissingDependencyError):
        run(container.aget("other"))


# -- with threads -----------------------------------------------------------------------------------------------------


def test_a_thread_waits_for_what_a_task_is_building(container):
    built = []
    started, waiting = threading.Event(), []

    async def make():
        built.append(1)
        started.set()
        while not container._open()._core.blocked:
            await asyncio.sleep(0)
        return Clock()

    def ask():
        assert started.wait(PATIENCE_S)
        waiting.append(container.get(Clock))

    container.provide(Clock, make)
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    clock = run(container.aget(Clock))
    thread.join(PATIENCE_S)
    assert waiting == [clock]
    assert built == [1]


def test_a_task_waits_for_what_a_thread_is_building_while_its_loop_goes_on(container):
    built = []
    started, go_on = threading.Event(), threading.Event()

    def make():
        built.append(1)
        started.set()
        assert go_on.wait(PATIENCE_S)
        return Clock()

    container.provide(Clock, make)
    result = []
    thread = threading.Thread(target=lambda: result.append(container.get(Clock)), daemon=True)

    async def main():
        thread.start()
        await asyncio.to_thread(started.wait, PATIENCE_S)
        task = asyncio.create_task(container.aget(Clock))
        while not next(iter(container._open()._core.root.builds.values())).waiters:
            await asyncio.sleep(0)
        go_on.set()
        return await task

    clock = run(main())
    thread.join(PATIENCE_S)
    assert result == [clock]
    assert built == [1]


def test_a_loop_that_would_wait_for_itself_is_told_to_await(container):
    go_on = asyncio.Event()

    async def make():
        await go_on.wait()
        return Clock()

    container.provide(Clock, make)
    container.provide(Page)

    async def main():
        task = asyncio.create_task(container.aget(Clock))
        while not container._open()._core.root.builds:
            await asyncio.sleep(0)
        with pytest.raises(AsyncRequiredError, match="a task of this event loop is building it"):
            container.get(Page)
        go_on.set()
        assert (await container.aget(Page)).clock is await task

    run(main())


def test_a_provider_may_ask_in_another_thread(container):
    async def make():
        return await asyncio.to_thread(container.get, Clock)

    async def circle():
        return await asyncio.to_thread(container.get, "circle")

    container.provide(Clock)
    container.provide("it", make)
    container.provide("circle", circle)
    assert run(container.aget("it")) is container.get(Clock)
    with pytest.raises(CircularDependencyError):
        run(container.aget("circle"))


def test_a_loop_that_waits_for_a_thread_that_needs_the_loop_is_found(container):
    started, go_on = threading.Event(), asyncio.Event()

    async def of_the_loop():
        await go_on.wait()
        return Clock()

    def of_the_thread():
        if not started.is_set():
            started.set()
            while not container._open()._core.blocked:  # until the loop waits for this very component
                pass
        return container.get(Clock)

    container.provide(Clock, of_the_loop)
    container.provide("it", of_the_thread)
    raised = []

    def ask():
        try:
            container.get("it")
        except AsyncRequiredError as error:
            raised.append(error.reason)

    thread = threading.Thread(target=ask, daemon=True)

    async def main():
        task = asyncio.create_task(container.aget(Clock))
        while not container._open()._core.root.builds:
            await asyncio.sleep(0)
        thread.start()
        assert started.wait(PATIENCE_S)
        with pytest.raises(AsyncRequiredError):
            container.get("it")
        go_on.set()
        assert container._open()._core.blocked == {}
        assert type(await task) is Clock

    run(main())
    thread.join(PATIENCE_S)
    assert raised == ["the event loop that builds it is waiting for this thread"]
