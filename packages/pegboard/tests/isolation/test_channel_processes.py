"""Two processes: one connection, whatever interrupts its users, forks them, or goes on for long."""

import contextlib
import gc
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest
from support.soak import sized

import pegboard
from pegboard.errors import PeerGoneError
from pegboard.isolation import shared_array
from pegboard.isolation.blocks import Memory
from pegboard.isolation.channel import Channel

from .test_channel import until

SERVER = """
import os, socket, sys, threading, time
from pegboard.isolation.calls import CallCancelledError
from pegboard.isolation.channel import Channel

ended = []

def add(a, b): return a + b
def call(function, *args): return function(*args)
def count(most): yield from range(most)
def descriptors(): return len(os.listdir("/dev/fd"))
def resident():
    with open("/proc/self/statm") as file: return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
def loop():
    while True: add(1, 2)
def spin(begun=int):
    try:
        begun()
        loop()  # an exception that strikes where a loop jumps back to is before the `try` to Python 3.11
    except CallCancelledError:
        ended.append(time.monotonic())
        raise
def count_to(most):
    for _ in range(most): add(1, 2)
def profiled():
    sys.setprofile(lambda *_: None)
    try: return add(1, 2)
    finally: sys.setprofile(None)
def when(): return ended.pop() if ended else None
def double(array):
    array *= 2
    return array
def version():
    import numpy
    return numpy.__version__
def twice(array): return array * 2
def fork():
    child = os.fork()
    if not child: return "from the child"
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
def garbage():
    os.write(int(sys.argv[1]), b"Hello")
    threading.Event().wait(10)
def shut():
    os.close(int(sys.argv[1]))
    threading.Event().wait(10)
def die(): os.kill(os.getpid(), 9)

if __name__ == "__main__":
    Channel(socket.socket(fileno=int(sys.argv[1])), serve=globals().__getitem__, name="the application").run()
"""


class Child:
    """A process at the other end of a channel."""

    def __init__(self, folder, python=sys.executable, path=()):
        program = folder / "server.py"
        program.write_text(SERVER)
        ours, theirs = socket.socketpair()
        environ = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))}
        self.process = subprocess.Popen(
            [python, program, str(theirs.fileno())], pass_fds=(theirs.fileno(),), env=environ
        )
        theirs.close()
        self.channel = Channel(ours, serve=str, name="plugin 'csv'")

    def call(self, target, *args, **named):
        return self.channel.call(target, args, **named)

    def close(self):
        self.channel.close()
        return self.process.wait(10)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    child = Child(tmp_path_factory.mktemp("lasting"))
    assert child.call("add", 1, 2) == 3
    yield child
    assert child.close() == 0


@pytest.fixture
def child(tmp_path):
    child = Child(tmp_path)
    yield child
    child.channel.close()
    child.process.kill()
    child.process.wait()


class TestAnInterrupt:
    def test_during_a_call_frees_the_caller_and_cancels_the_call(self, lasting):
        timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            lasting.call("spin", timer.start)
        timer.join()
        until(lambda: lasting.call("when"))
        assert lasting.call("add", 1, 2) == 3

    def test_at_any_time_leaves_the_connection_sound_or_closed(self, tmp_path, monkeypatch):
        """Whatever moment it strikes: each call returns its own result or raises, and nothing hangs."""
        monkeypatch.setattr(sys, "unraisablehook", lambda _: None)  # it strikes in finalizers, too
        child = Child(tmp_path)
        assert child.call("add", 0, 0) == 0
        is_calling = False

        def interrupt(*_):
            nonlocal is_calling
            if is_calling:
                is_calling = False
                raise KeyboardInterrupt

        handler = signal.signal(signal.SIGALRM, interrupt)
        interrupted = number = 0
        causes = set()
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0031, 0.0031)
            while interrupted < sized(100, 5000):
                number += 1
                try:
                    is_calling = True
                    result = child.call("add", number, 1)
                    is_calling = False
                except KeyboardInterrupt:
                    interrupted += 1
                except PeerGoneError as error:
                    is_calling = False
                    causes.add(error.cause)
                    child.close()
                    child = Child(tmp_path)
                else:
                    assert result == number + 1
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, handler)
        assert causes <= {"reading from it was interrupted", "sending to it was interrupted"}
        child.close()


class TestCancelling:
    def test_ends_the_function_too_each_time(self, lasting):
        for _ in range(sized(9, 200)):
            with pytest.raises(TimeoutError):
                lasting.call("spin", deadline_s=0.03)
            assert until(lambda: lasting.call("when") is not None)

    def test_leaves_nothing_behind_in_the_interpreter(self, lasting):
        for number in range(sized(40, 400)):
            with contextlib.suppress(TimeoutError):  # now and then it has just ended
                lasting.call("count_to", number % 20 * 5_000, deadline_s=0.001)
        assert lasting.call("profiled", deadline_s=20) == 3  # Python 3.11 hung here


class TestAFork:
    def test_of_this_process_leaves_the_connection_to_the_parent(self, lasting):
        stream = lasting.call("count", 10**9)
        next(stream)
        lasting.call("call", lambda: 1)
        child = os.fork()
        if not child:
            status = 1
            try:
                lasting.call("add", 1, 2)
            except PeerGoneError as error:
                status = 0 if "forked" in error.cause else 2
            del stream
            gc.collect()
            lasting.channel.notify("dropped", None)
            lasting.channel.close()
            os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert lasting.call("add", 1, 2) == 3
        assert next(stream) == 1

    def test_that_comes_back_where_it_was_called_from_ends_there(self, lasting):
        assert lasting.call("fork") == 1
        assert lasting.call("add", 1, 2) == 3


class TestTheEndOfTheOtherProcess:
    @pytest.mark.parametrize("way", ["die", "garbage", "shut"])
    def test_ends_a_call(self, child, way):
        assert child.call("add", 1, 2) == 3
        if way == "shut":  # its own descriptor; another thread of it still reads, so that a deadline is what ends it
            with pytest.raises((PeerGoneError, TimeoutError)):
                child.call(way, deadline_s=1)
        else:
            with pytest.raises(PeerGoneError) as caught:
                child.call(way)
            assert ("Hello" in caught.value.cause) is (way == "garbage")


class TestManyCalls:
    def test_leave_nothing_behind(self, lasting):
        array, ordinary = shared_array(100_000), np.ones(100_000)

        def calls(count):
            for number in range(count):
                assert lasting.call("add", number, 1) == number + 1
                if not number % 50:
                    lasting.call("call", lambda: None)
                    assert next(lasting.call("count", 5)) == 0
                    lasting.call("double", array)
                    lasting.call("twice", ordinary)
                    with pytest.raises(KeyError):
                        lasting.call("nothing")

        def state():
            gc.collect()
            until(lambda: not lasting.channel.given._objects and lasting.call("add", 1, 1))
            own = len(os.listdir("/dev/fd"))
            return own, lasting.call("descriptors"), len(Memory._all), threading.active_count() < 12

        calls(500)
        before, resident = state(), lasting.call("resident")
        calls(sized(1500, 100_000))
        assert all(now <= then for now, then in zip(state(), before, strict=True))
        assert lasting.call("resident") - resident < 8 * 2**20


class TestAnotherNumPy:
    def test_uses_arrays_of_this_one_in_place(self, environments, tmp_path_factory):
        """NumPy 2 here, 1.26 there: pickles of the one do not load in the other."""
        folder = tmp_path_factory.mktemp("numpy")
        python = _environment(folder)
        child = Child(folder, python, [Path(pegboard.__file__).parents[1]])
        assert (np.__version__[0], child.call("version")[:4]) == ("2", "1.26")
        array = shared_array((1000, 100), [("x", "f8"), ("y", "i4", 3)])
        array["x"] = 2
        assert child.call("twice", array["x"]).sum() == 400_000
        returned = child.call("double", array["x"])
        assert returned.__array_interface__["data"] == array.__array_interface__["data"]
        assert array["x"].min() == 4
        assert array["y"].max() == 0
        assert child.close() == 0


def _environment(folder):
    """Return the interpreter of an environment with NumPy 1.26."""
    uv = Path(pegboard.__file__).parents[4] / ".tools" / "bin" / "uv"
    subprocess.run([uv, "venv", "--quiet", "--python", "3.11", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, "numpy==1.26.*", "msgpack"], check=True)
    return str(python)


def test_the_program_of_these_tests_is_one():
    compile(textwrap.dedent(SERVER), "server.py", "exec")
