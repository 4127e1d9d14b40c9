"""Two ends of a connection in one process, each with threads of its own: calls, callbacks, streams, errors, ends."""

import asyncio
import contextvars
import gc
import os
import socket
import threading
import time

import pytest

from pegboard.errors import CallDeadlineError, CannotTravelError, PeerGoneError, RemoteError
from pegboard.isolation import wire
from pegboard.isolation.calls import CallCancelledError
from pegboard.isolation.channel import Channel

VARIABLE = contextvars.ContextVar("VARIABLE", default="unset")


class OddError(Exception):
    """A class that the other end does not know."""


class Plugin:
    """What is served at the far end."""

    def __init__(self):
        self.events = []
        self.kept = []
        self.reached = threading.Semaphore(0)

    def __call__(self, target):
        return getattr(self, target)

    def add(self, a, b):
        return a + b

    def give_back(self, *args, **kwargs):
        return args[0] if args else kwargs

    def call(self, function, *args):
        return function(*args)

    def call_often(self, function, times):
        return [function(number) for number in range(times)]

    def fail(self, kind="odd"):
        if kind == "odd":
            raise OddError("row 3", 4)
        raise {"key": KeyError("title"), "exit": SystemExit(3), "interrupt": KeyboardInterrupt()}[kind]

    def odd(self):
        return {"rows": [1, object()]}

    def count(self, most):
        try:
            for number in range(most):
                self.events.append(number)
                yield number
        finally:
            self.events.append("closed")
            self.reached.release()

    def sum(self, items):
        return sum(items)

    def first(self, items):
        return next(iter(items))

    def spin(self, seconds=30.0):
        try:
            self.reached.release()
            self.loop(time.monotonic() + seconds)
        except CallCancelledError:
            self.events.append("cancelled")
            self.reached.release()
            raise

    def loop(self, until):
        while time.monotonic() < until:
            pass

    def forever(self, function):
        while True:
            function()

    def wait_for(self, function):
        try:
            self.forever(function)
        except CallCancelledError:
            self.events.append("cancelled")
            self.reached.release()
            raise

    def keep(self, value):
        self.kept.append(value)

    def kept_one(self):
        return self.kept.pop()

    def write(self, file):
        with file:
            file.write("wörd\n" if "b" not in file.mode else b"bytes\n")
            return file.name is not None

    def read(self, file):
        with file:
            return file.read()

    async def sleep(self, seconds):
        try:
            self.reached.release()
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.events.append("cancelled")
            self.reached.release()
            raise
        return "slept"

    async def acall(self, function, *args):
        return await function(*args)

    async def acount(self, most):
        for number in range(most):
            yield number

    def variable(self, value=None):
        if value:
            VARIABLE.set(value)
        return VARIABLE.get()


class Ends:
    """Two channels that are connected; the far one is served by a thread."""

    def __init__(self):
        here, there = socket.socketpair()
        self.plugin = Plugin()
        self.notes = []
        self.near = Channel(here, serve=Plugin(), name="plugin 'csv'", notified=lambda *note: self.notes.append(note))
        self.far = Channel(there, serve=self.plugin, name="the application")
        self.thread = threading.Thread(target=self.far.run, daemon=True)
        self.thread.start()

    def close(self):
        self.near.close()
        self.far.close()
        self.thread.join(5)
        assert not self.thread.is_alive()


@pytest.fixture
def ends():
    ends = Ends()
    yield ends
    ends.close()


@pytest.fixture
def call(ends):
    def call(target, *args, **kwargs):
        return ends.near.call(target, args, kwargs)

    return call


def until(condition):
    """Wait for what happens soon: nobody tells of it."""
    limit = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < limit, "it did not happen"
        os.sched_yield()
    return True


class TestACall:
    def test_returns_what_the_function_returns(self, call):
        assert call("add", 1, 2) == 3
        assert call("give_back", x={"a": (1, {2})}) == {"x": {"a": (1, {2})}}

    def test_of_several_threads_run_at_once(self, ends, call):
        everybody = threading.Barrier(5)
        results = []
        threads = [
            threading.Thread(target=lambda: results.append(call("call", lambda: everybody.wait(5) >= 0)))
            for _ in range(5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [True] * 5

    def test_while_a_long_one_runs_is_answered(self, ends, call):
        is_over = threading.Event()
        thread = threading.Thread(target=call, args=("call", is_over.wait))
        thread.start()
        assert [call("add", number, 1) for number in range(50)] == list(range(1, 51))
        is_over.set()
        thread.join()

    def test_of_what_is_not_there_raises_what_looking_it_up_raises(self, call):
        with pytest.raises(AttributeError, match="nothing"):
            call("nothing")

    def test_sees_no_variable_that_an_earlier_one_has_set(self, call):
        assert call("variable", "set") == "set"
        assert call("variable") == "unset"

    def test_with_a_deadline_returns_before_it(self, ends):
        assert ends.near.call("add", (1, 2), deadline_s=5) == 3


class TestACallback:
    def test_runs_in_the_thread_and_context_of_the_call(self, call):
        VARIABLE.set("here")
        assert call("call", lambda: (threading.get_ident(), VARIABLE.get())) == (threading.get_ident(), "here")

    def test_may_call_the_other_end_in_turn(self, call):
        def descend(depth):
            return [] if not depth else [depth, *call("call", descend, depth - 1)]

        assert call("call", descend, 10) == list(range(10, 0, -1))

    def test_that_raises_ends_the_call_with_that_very_exception(self, call):
        error = OddError("of the application")

        def fail():
            raise error

        with pytest.raises(OddError) as caught:
            call("call", fail)
        assert caught.value is error

    def test_that_is_interrupted_ends_the_call_at_once(self, ends, call):
        def interrupt():
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            call("wait_for", interrupt)
        assert call("add", 1, 2) == 3

    def test_comes_back_as_the_same_object(self, call):
        function = print
        assert call("give_back", function) is function
        call("keep", function)
        assert call("kept_one") is function

    def test_of_the_other_end_is_called_like_a_function(self, ends, call):
        ends.plugin.kept.append(ends.plugin.add)
        add = call("kept_one")
        assert add(1, b=2) == 3
        assert repr(add) == "<function 'add' of plugin 'csv'>"

    def test_is_kept_while_it_is_used_and_no_longer(self, ends, call):
        call("keep", lambda: "kept")
        gc.collect()
        assert ends.plugin.kept[0]() == "kept"
        ends.plugin.kept.clear()
        until(lambda: not ends.near.given._objects)

    def test_while_no_call_is_under_way_runs_in_some_thread(self, ends, call):
        call("keep", threading.get_ident)
        assert ends.plugin.kept[0]() != threading.get_ident()


class TestAnError:
    def test_of_a_built_in_class_is_raised_as_it_is_with_its_traceback(self, call):
        with pytest.raises(KeyError) as caught:
            call("fail", "key")
        assert caught.value.args == ("title",)
        assert isinstance(caught.value.__cause__, RemoteError)
        assert "in fail\n" in caught.value.__cause__.traceback

    def test_of_another_class_is_a_remote_error(self, call):
        with pytest.raises(RemoteError) as caught:
            call("fail")
        error = caught.value
        assert (error.peer, error.type_name, error.text) == ("plugin 'csv'", "OddError", "('row 3', 4)")
        assert error.arguments == ("row 3", 4)

    @pytest.mark.parametrize("kind", ["exit", "interrupt"])
    def test_that_would_end_a_process_ends_neither(self, call, kind):
        with pytest.raises(RemoteError):
            call("fail", kind)
        assert call("add", 1, 2) == 3


class TestWhatCannotTravel:
    def test_is_refused_by_its_place_before_anything_is_sent(self, ends, call):
        with pytest.raises(CannotTravelError, match=r"argument 'doc'\[1\] cannot be sent to plugin 'csv'\n.*object"):
            call("give_back", doc=[print, object()])
        with pytest.raises(CannotTravelError, match=r"argument 2"):
            call("add", iter([1]), {}.keys())
        assert not ends.near.given._objects
        assert call("add", 1, 2) == 3

    def test_in_a_result_is_refused_by_the_other_end(self, call):
        with pytest.raises(CannotTravelError) as caught:
            call("odd")
        assert (caught.value.value, caught.value.type_name) == ("result['rows'][1]", "object")

    def test_from_a_callback_is_refused_in_the_call(self, call):
        with pytest.raises(CannotTravelError, match="result cannot be sent to plugin 'csv'"):
            call("call", object)

    def test_in_a_stream_is_refused_by_its_item(self, call):
        with pytest.raises(CannotTravelError, match="item 1 of the stream"):
            call("sum", iter([object()]))


class TestAStream:
    def test_of_the_other_end_yields_its_items(self, call):
        assert list(call("count", 1000)) == list(range(1000))

    def test_goes_the_other_way_too(self, call):
        assert call("sum", (number for number in range(1000))) == 499500

    def test_makes_only_what_is_about_to_be_consumed(self, ends, call):
        stream = call("count", 10**9)
        assert ends.plugin.events == []
        assert [next(stream) for _ in range(3)] == [0, 1, 2]
        assert len(ends.plugin.events) <= 7
        for _ in range(500):
            next(stream)
        assert len(ends.plugin.events) <= 503 + wire.MOST_ITEMS

    def test_is_closed_by_its_consumer(self, ends, call):
        stream = call("count", 10**9)
        next(stream)
        stream.close()
        assert ends.plugin.events[-1] == "closed"
        assert list(stream) == []

    def test_is_closed_when_its_consumer_is_collected_in_whichever_thread(self, ends, call):
        streams = [call("count", 10**9)]
        next(streams[0])
        thread = threading.Thread(target=streams.clear)
        thread.start()
        thread.join()
        assert ends.plugin.reached.acquire(timeout=5)
        assert ends.plugin.events[-1] == "closed"

    def test_that_its_consumer_leaves_is_closed(self, ends, call):
        closed = threading.Event()

        def numbers():
            try:
                yield from range(10**9)
            finally:
                closed.set()

        assert call("first", numbers()) == 0
        assert closed.wait(5)

    def test_that_raises_yields_what_came_before(self, call):
        def numbers():
            yield 1
            yield 2
            raise LookupError("no more")

        stream = call("give_back", numbers())  # of the other end, which gets the items from here
        assert [next(stream), next(stream)] == [1, 2]
        with pytest.raises(LookupError, match="no more"):
            next(stream)
        assert list(stream) == []


class TestCancelling:
    def test_by_a_deadline_frees_the_caller_and_ends_the_function(self, ends):
        with pytest.raises(CallDeadlineError) as caught:
            ends.near.call("spin", deadline_s=0.05)
        assert isinstance(caught.value, TimeoutError)
        assert all(ends.plugin.reached.acquire(timeout=5) for _ in range(2))
        assert ends.plugin.events == ["cancelled"]
        assert ends.near.call("add", (1, 2)) == 3
        until(lambda: not ends.near._abandoned)

    def test_reaches_a_function_that_waits_for_a_callback(self, ends):
        with pytest.raises(CallDeadlineError):
            ends.near.call("wait_for", (lambda: None,), deadline_s=0.02)
        assert ends.plugin.reached.acquire(timeout=5)
        assert ends.plugin.events == ["cancelled"]
        assert ends.near.call("add", (1, 2)) == 3

    def test_of_a_task_cancels_a_coroutine(self, ends):
        async def main():
            task = asyncio.create_task(ends.near.acall("sleep", (30,)))
            await asyncio.to_thread(ends.plugin.reached.acquire)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(ends.plugin.reached.acquire, timeout=5)

        asyncio.run(main())
        assert ends.plugin.events == ["cancelled"]

    def test_of_a_task_interrupts_a_function(self, ends):
        async def main():
            with pytest.raises(CallDeadlineError):
                await ends.near.acall("spin", deadline_s=0.02)
            await asyncio.to_thread(ends.plugin.reached.acquire)
            assert await asyncio.to_thread(ends.plugin.reached.acquire, timeout=5)
            return await ends.near.acall("add", (1, 2))

        assert asyncio.run(main()) == 3


class TestTasks:
    def test_call_many_at_once(self, ends):
        async def main():
            return await asyncio.gather(*[ends.near.acall("sleep", (0.25,)) for _ in range(20)])

        began = time.monotonic()
        assert asyncio.run(main()) == ["slept"] * 20
        assert time.monotonic() - began < 4  # one after another, it is five

    def test_run_callbacks_in_their_loop_and_context(self, ends):
        async def main():
            VARIABLE.set("task")
            loop = asyncio.get_running_loop()

            async def callback(value):
                assert asyncio.get_running_loop() is loop
                return value, VARIABLE.get(), await ends.near.acall("add", (value, 1))

            def plain():
                return threading.get_ident()

            assert await ends.near.acall("call", (plain,)) == threading.get_ident()
            return await ends.near.acall("acall", (callback, 1))

        assert asyncio.run(main()) == (1, "task", 2)

    def test_consume_asynchronous_generators(self, ends):
        async def main():
            return [item async for item in await ends.near.acall("acount", (100,))]

        assert asyncio.run(main()) == list(range(100))

    def test_get_an_error_of_a_callback_as_it_is(self, ends):
        error = OddError()

        async def fail():
            raise error

        async def main():
            await ends.near.acall("acall", (fail,))

        with pytest.raises(OddError) as caught:
            asyncio.run(main())
        assert caught.value is error

    def test_of_the_other_end_are_waited_for_by_a_thread(self, call):
        assert call("sleep", 0) == "slept"


class TestFiles:
    def test_are_written_to_at_the_other_end(self, call, tmp_path):
        with (tmp_path / "text").open("w", encoding="utf-8") as file:
            file.write("before\n")
            assert call("write", file)
            file.write("after\n")
        assert (tmp_path / "text").read_text(encoding="utf-8") == "before\nwörd\nafter\n"
        with (tmp_path / "bytes").open("wb") as file:
            call("write", file)
        assert (tmp_path / "bytes").read_bytes() == b"bytes\n"

    def test_are_read_from_where_they_are(self, call, tmp_path):
        path = tmp_path / "lines"
        path.write_text("one\ntwo\n", encoding="utf-8")
        with path.open(encoding="utf-8") as file:
            file.readline()
            assert call("read", file) == "two\n"
        with path.open("rb", buffering=0) as file:
            file.seek(3)
            assert call("read", file) == b"\ntwo\n"

    def test_without_a_descriptor_are_refused(self, call, tmp_path):
        import io

        with pytest.raises(CannotTravelError, match="BytesIO, which has no descriptor"):
            call("read", io.BytesIO(b""))
        file = (tmp_path / "file").open("wb")
        file.close()
        with pytest.raises(CannotTravelError, match="closed file"):
            call("read", file)

    def test_leave_no_descriptor_behind(self, call, tmp_path):
        path = tmp_path / "file"
        path.touch()
        before = len(os.listdir("/dev/fd"))
        for _ in range(20):
            with path.open("rb") as file:
                call("read", file)
                with pytest.raises(CannotTravelError):
                    call("read", [file, object()])
        assert len(os.listdir("/dev/fd")) == before


class TestNotifications:
    def test_that_came_before_an_answer_are_handled_before_the_call_returns(self, ends, call):
        ends.plugin.note = lambda: [ends.far.notify("log", number) for number in range(1000)] and None
        call("note")
        assert ends.notes == [("log", number) for number in range(1000)]

    def test_arrive_while_nobody_calls(self, ends):
        ends.near.notify("begin", None)
        ends.far.notify("idle", {"a": 1})
        until(lambda: ends.notes)
        assert ends.notes == [("idle", {"a": 1})]

    def test_wait_while_too_many_are_under_way(self, ends, call, monkeypatch):
        monkeypatch.setattr(wire, "MOST_NOTES", 300)
        ends.plugin.note = lambda: [ends.far.notify("log", number) for number in range(2000)]
        call("note")
        assert len(ends.notes) == 2000

    def test_that_cannot_be_handled_are_reported(self, ends, call, capsys):
        def fail(topic, data):
            raise LookupError(topic)

        ends.near._notes._notified = fail
        ends.plugin.note = lambda: ends.far.notify("bad", 1)
        call("note")
        assert "LookupError: bad" in capsys.readouterr().err


class TestTheEnd:
    def test_of_the_other_end_is_told_to_all_who_wait(self, ends, call):
        errors = []

        def wait():
            try:
                call("spin")
            except PeerGoneError as error:
                errors.append(error.cause)

        threads = [threading.Thread(target=wait) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in threads:
            ends.plugin.reached.acquire()
        ends.far.close()
        for thread in threads:
            thread.join(5)
        assert errors == ["it has closed the connection"] * 3
        with pytest.raises(PeerGoneError):
            call("add", 1, 2)
        until(lambda: ends.near.is_closed)

    def test_by_this_end_is_told_too(self, ends, call):
        call("add", 1, 2)
        ends.near.close()
        ends.near.close()
        with pytest.raises(PeerGoneError, match="it was closed here"):
            call("add", 1, 2)
        with pytest.raises(PeerGoneError):
            asyncio.run(ends.near.acall("add", (1, 2)))
        ends.near.notify("log", "dropped")

    def test_is_noticed_while_nobody_waits(self, ends, call):
        call("add", 1, 2)
        ends.far.close()
        until(lambda: ends.near.is_closed)

    def test_leaves_no_thread_and_no_descriptor(self):
        descriptors, threads = len(os.listdir("/dev/fd")), threading.active_count()
        for _ in range(3):
            ends = Ends()
            assert ends.near.call("sum", (iter([1, 2]),)) == 3
            asyncio.run(ends.near.acall("sleep", (0,)))
            ends.close()
            del ends
        gc.collect()
        until(lambda: len(os.listdir("/dev/fd")) <= descriptors and threading.active_count() <= threads)
