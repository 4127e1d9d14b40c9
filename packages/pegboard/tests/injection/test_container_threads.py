"""Several threads at once. They meet at barriers and events; nothing sleeps."""

import threading
import time

import pytest

from pegboard.errors import CircularDependencyError

PATIENCE_S = 30


class Clock:
    pass


def together(*functions):
    """Run each of *functions* in a thread; return results, or what was raised, in order."""
    results = [None] * len(functions)
    start = threading.Barrier(len(functions))

    def run(place, function):
        start.wait(PATIENCE_S)
        try:
            results[place] = function()
        except BaseException as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive(), "deadlock"
    return results


def wait_until_blocked(container, count=1):
    """Return when *count* threads wait for an instance that another one builds."""
    end = time.monotonic() + PATIENCE_S
    while len(container._open()._core.blocked) < count:
        assert time.monotonic() < end


def test_two_threads_that_ask_at_once_build_once(container):
    built = []

    def make():
        wait_until_blocked(container, 3)
        built.append(1)
        return object()

    container.provide(Clock, make)
    results = together(*[lambda: container.get(Clock)] * 4)
    assert len(built) == 1
    assert len(set(map(id, results))) == 1
    assert not isinstance(results[0], BaseException)
    assert container._open()._core.blocked == {}


def test_threads_that_ask_for_one_another_s_dependencies_see_no_false_circle(container):
    inside = threading.Barrier(2)

    def left():
        inside.wait(PATIENCE_S)
        return "left", container.get("shared")

    def right():
        inside.wait(PATIENCE_S)
        return "right", container.get("shared")

    def shared():
        wait_until_blocked(container)
        return "shared"

    container.provide("left", left)
    container.provide("right", right)
    container.provide("shared", shared)
    results = together(lambda: container.get("left"), lambda: container.get("right"))
    assert results == [("left", "shared"), ("right", "shared")]


def test_a_thread_that_waits_tries_itself_when_the_other_fails(container):
    attempts = []

    def make():
        attempts.append(threading.get_ident())
        if len(attempts) == 1:
            wait_until_blocked(container)
            raise ValueError("first")
        return "made"

    container.provide(Clock, make)
    results = together(lambda: container.get(Clock), lambda: container.get(Clock))
    assert "made" in results
    assert sum(isinstance(result, ValueError) for result in results) == 1
    assert len(set(attempts)) == 2


@pytest.mark.parametrize("by_injection", [True, False])
def test_a_circle_entered_from_both_ends_by_two_threads_is_an_error_and_no_deadlock(container, by_injection):
    inside = threading.Barrier(2)
    met = []

    def meet():
        if not met:  # a second try, after the other thread has failed, is alone
            inside.wait(PATIENCE_S)
            met.append(1)
        return 0

    container.provide("meet", meet, scope="transient")

    def a(meet: "meet", b: "b"):
        pass

    def b(meet: "meet", a: "a"):
        pass

    def ask_a():
        meet()
        return container.get("b")

    def ask_b():
        meet()
        return container.get("a")

    container.provide("a", a if by_injection else ask_a)
    container.provide("b", b if by_injection else ask_b)
    results = together(lambda: container.get("a"), lambda: container.get("b"))
    assert [type(result) for result in results] == [CircularDependencyError] * 2
    for result in results:
        assert {link[0] for link in result.cycle} == {"'a'", "'b'"}
    assert container._open()._core.blocked == {}
    assert container._open()._core.root.builds == {}


def test_a_ring_of_three_threads_is_found(container):
    inside = threading.Barrier(3)
    met = set()

    def provide(name, needs):
        def make():
            if name not in met:
                met.add(name)
                inside.wait(PATIENCE_S)
            return container.get(needs)

        container.provide(name, make)

    provide("a", "b")
    provide("b", "c")
    provide("c", "a")
    results = together(*(lambda name=name: container.get(name) for name in "abc"))
    assert [type(result) for result in results] == [CircularDependencyError] * 3


def test_a_circle_through_a_plugin_is_broken_whichever_thread_finds_it(bench):
    container = bench.container
    inside = threading.Barrier(2)
    met = set()

    def meet(name):
        if name not in met:
            met.add(name)
            inside.wait(PATIENCE_S)

    def page():
        meet("page")
        return "page", container.get(Clock)

    def own():
        meet("own")
        return container.get("page")

    container.provide(Clock, lambda: "below")
    container.provide("page", page)
    bench.provide(bench.plugin("p"), Clock, own)
    results = together(lambda: container.get(Clock), lambda: container.get("page"))
    assert results == ["below", ("page", "below")]
    assert len(bench.reports) == 1


def test_threads_may_provide_while_others_ask(container):
    stop = threading.Event()
    container.provide_value(int, 0)

    def make(size: int):
        return [size]

    container.provide("it", make)

    def change():
        for number in range(1, 200):
            container.provide_value(int, number)
        stop.set()

    def ask():
        seen = []
        while not stop.is_set():
            seen.append(container.get("it")[0])
        return seen

    _, *seen = together(change, ask, ask)
    assert all(one == sorted(one) for one in seen)
    assert container.get("it") == [199]


def test_scopes_of_several_threads_do_not_meet(container):
    inside = threading.Barrier(2)

    def make():
        inside.wait(PATIENCE_S)
        return object()

    container.provide(Clock, make, scope="request")

    def use():
        with container.scope("request") as scope:
            return scope.get(Clock), scope.get(Clock)

    one, other = together(use, use)
    assert one[0] is one[1]
    assert other[0] is other[1]
    assert one[0] is not other[0]


def test_a_slow_provider_does_not_keep_others_from_building(container):
    go_on = threading.Event()

    def slow():
        assert go_on.wait(PATIENCE_S)
        return "slow"

    def quick():
        go_on.set()
        return "quick"

    container.provide("slow", slow)
    container.provide("quick", quick)
    assert together(lambda: container.get("slow"), lambda: container.get("quick")) == ["slow", "quick"]


def test_an_interrupted_wait_leaves_nothing_behind(container):
    started, go_on = threading.Event(), threading.Event()

    def make():
        started.set()
        assert go_on.wait(PATIENCE_S)
        return "made"

    container.provide(Clock, make)
    thread = threading.Thread(target=lambda: container.get(Clock), daemon=True)
    thread.start()
    assert started.wait(PATIENCE_S)

    from pegboard.injection import request

    wait = request.Request.wait

    class Waiter:
        def acquire(self):
            raise KeyboardInterrupt

    def interrupted(self, build):
        self.waiter = Waiter()
        wait(self, build)

    request.Request.wait = interrupted
    try:
        with pytest.raises(KeyboardInterrupt):
            container.get(Clock)
    finally:
        request.Request.wait = wait
    assert container._open()._core.blocked == {}
    go_on.set()
    thread.join(PATIENCE_S)
    assert container.get(Clock) == "made"
