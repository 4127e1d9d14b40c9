"""Times calls in another process, and arrays on their way there and back, beside others; prints JSON.

In: the interpreter of the plugin's environment, which has another NumPy; rounds. Out: seconds by case and round. In each
round each case runs once, in rotating order: a small call a hundred times, of which the median counts.
"""

import json
import multiprocessing.managers
import os
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import execnet
import numpy as np
import rpyc
from rpyc.core.stream import SocketStream

from pegboard.isolation import shared_array
from pegboard.isolation.channel import Channel

HERE = Path(__file__).parent
CALLS = 100
MANY = 2**23
"""Floats: 64 MiB."""

_ECHO = """
import socket, sys
connection = socket.socket(fileno=int(sys.argv[1]))
while data := connection.recv(65536): connection.send(data)
"""
_IN_BAND = """
import sys
from multiprocessing.connection import Connection
connection = Connection(int(sys.argv[1]))
try:
    while True: connection.send(connection.recv())
except EOFError: pass
"""
_RPYC = """
import socket, sys, rpyc
from rpyc.core.stream import SocketStream
class Service(rpyc.Service):
    def exposed_add(self, a, b): return a + b
rpyc.connect_stream(SocketStream(socket.socket(fileno=int(sys.argv[1]))), Service).serve_all()
"""
_EXECNET = "for a, b in channel: channel.send(a + b)"


def add(a, b):
    return a + b


class Adder:
    def add(self, a, b):
        return a + b


class Manager(multiprocessing.managers.BaseManager):
    """Serves an object by proxy."""


Manager.register("Adder", Adder)


def started(words, python=sys.executable):
    """Start a Python with one end of a socket pair; return the other one."""
    ours, theirs = socket.socketpair()
    subprocess.Popen([python, *words, str(theirs.fileno())], pass_fds=(theirs.fileno(),))
    theirs.close()
    return ours


def small(function):
    """Return the median of many calls, in seconds."""
    times = []
    for _ in range(CALLS):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def once(function):
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def interleave(cases, rounds):
    """Return the times of all cases, by name."""
    times = {name: [] for name in cases}
    for number in range(-1, rounds):  # the first round is not counted
        names = list(cases)
        first = number % len(names)
        for name in names[first:] + names[:first]:
            took = cases[name]()
            if number >= 0:
                times[name].append(took)
    return times


def small_calls(channel, rounds):
    echo = started(["-c", _ECHO])
    remote = rpyc.connect_stream(SocketStream(started(["-c", _RPYC])), rpyc.VoidService)
    gateway = execnet.makegateway()
    other = gateway.remote_exec(_EXECNET)
    data = bytes(40)

    def bare():
        echo.send(data)
        echo.recv(65536)

    def by_execnet():
        other.send((1, 2))
        other.receive()

    with Manager() as manager, ProcessPoolExecutor(1) as pool:
        adder = manager.Adder()
        cases = {
            "bare": bare,
            "pegboard": lambda: channel.call("add", (1, 2)),
            "multiprocessing.managers": lambda: adder.add(1, 2),
            "ProcessPoolExecutor": lambda: pool.submit(add, 1, 2).result(),
            "rpyc": lambda: remote.root.add(1, 2),
            "execnet": by_execnet,
        }
        times = interleave({name: lambda each=each: small(each) for name, each in cases.items()}, rounds)
    echo.close()
    remote.close()
    gateway.exit()
    return times


def arrays(channel, rounds):
    own = np.ones(MANY)
    ours = shared_array(MANY)
    ours[...] = 1
    warm = [shared_array(MANY), shared_array(MANY)]
    connection = Connection(started(["-c", _IN_BAND]).detach())

    def in_band():
        connection.send(own)
        connection.recv()

    def shared():
        got = channel.call("give_back", (ours,))
        assert got.__array_interface__["data"] == ours.__array_interface__["data"]  # no copy

    def copies():
        for each in warm:
            np.copyto(each, own)

    assert channel.call("fill", (ours[:5],)).tolist() == [7.0] * 5 == ours[:5].tolist()
    cases = {
        "pickled in band": in_band,
        "shared": shared,
        "ordinary": lambda: channel.call("kept", (own,)),
        "two copies": copies,
    }
    timed = {name: lambda each=each: once(each) for name, each in cases.items()}
    times = interleave(timed | {"shared": lambda: small(shared)}, max(5, rounds // 8))
    connection.close()
    return times


def cancels(channel, rounds):
    times = []
    for _ in range(max(10, rounds // 4)):
        began = time.monotonic()
        try:
            channel.call("spin", deadline_s=0.02)
        except TimeoutError:
            freed = time.monotonic()
        while (ended := _ended(channel)) is None and time.monotonic() < freed + 1:
            time.sleep(0.001)
        ended = ended or freed + 1
        times.append((freed - began - 0.02, ended - began - 0.02))
    return {"caller": [each for each, _ in times], "function": [each for _, each in times]}


def _ended(channel):
    try:
        return channel.call("ended")
    except IndexError:
        return None


def main():
    python, rounds = sys.argv[1], int(sys.argv[2])
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.argv[3:])
    channel = Channel(started([str(HERE / "wire_child.py")], python), serve=str, name="the plugin")
    result = {
        "numpy": [np.__version__, channel.call("version")],
        "small": small_calls(channel, rounds),
        "arrays": arrays(channel, rounds),
        "cancel": cancels(channel, rounds),
    }
    channel.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
