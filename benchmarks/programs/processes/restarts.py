"""Kills the process of a plugin and uses the plugin again, beside starting the same process by hand; prints the times.

In: the number of rounds. Out: JSON, seconds by name and round. One round of each follows the other.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from support.isolated import IsolatedApplication

from pegboard.errors import PluginProcessDiedError
from pegboard.isolation.channel import Channel
from pegboard.isolation.messages import levels
from pegboard.isolation.targets import START, target

PLUGIN = """
register("double", lambda number: 2 * number)
register("why not warm", lambda: api.host.manager.why_not_used)
"""
_MAIN = "from pegboard.isolation.child import main; main()"
_DIRECT = """
import socket, sys
connection = socket.socket(fileno=int(sys.argv[1]))
number = int(connection.recv(10))
from app.api import things
connection.send(str(things["double"](number)).encode())
connection.recv(10)
"""


def by_hand(application: IsolatedApplication) -> float:
    """Start what runs in the process of a plugin, call it once, and return the seconds that it took."""
    began = time.perf_counter()
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    fds = (theirs.fileno(), reading)
    words = [*map(str, fds), "app.api:host", "csv", str(application.folder), "0", levels()]
    started = _start(application, _MAIN, words, fds)
    theirs.close()
    channel = Channel(ours, serve=str)
    channel.call(START)
    assert channel.call(target("things", "double", ""), (21,)) == 42
    took = time.perf_counter() - began
    channel.close()
    started.wait()
    os.close(reading)
    os.close(writing)
    return took


def bare(application: IsolatedApplication) -> float:
    """Start a Python that imports the application, with its index, and answers over a socket: the least there can be."""
    began = time.perf_counter()
    ours, theirs = socket.socketpair()
    started = _start(application, _DIRECT, [str(theirs.fileno())], (theirs.fileno(),))
    theirs.close()
    ours.send(b"21")
    assert ours.recv(10) == b"42"
    took = time.perf_counter() - began
    ours.close()
    started.wait()
    return took


def _start(
    application: IsolatedApplication, code: str, words: list[str], fds: tuple[int, ...]
) -> subprocess.Popen[bytes]:
    environ = {"PATH": os.environ["PATH"], "APP_PLUGINS_CACHE": str(application.root / "bare")}
    command = [application.python, "-I", "-c", code, *words]
    return subprocess.Popen(command, pass_fds=fds, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def main(rounds: int) -> None:
    times: dict[str, list[float]] = {"by hand": [], "killed": [], "bare": []}
    with tempfile.TemporaryDirectory() as folder:
        application = IsolatedApplication(Path(folder))
        application.plugin(PLUGIN)
        process = application.process(environ={"PATH": os.environ["PATH"]})
        process.describe()
        application.settle()
        for _ in range(2):  # the second process makes an index, and the third one uses it
            process.close()
            bare(application)
            why_not = process.call("things", "why not warm")
        if why_not is not None:
            sys.exit(f"the process does not start warm: {why_not}")
        for _ in range(rounds):
            times["by hand"].append(by_hand(application))
            times["bare"].append(bare(application))
            began = time.perf_counter()
            os.kill(process.pid, signal.SIGKILL)
            try:
                process.call("things", "double", (21,))
            except PluginProcessDiedError:  # it was noticed by the call that came first
                process.call("things", "double", (21,))
            times["killed"].append(time.perf_counter() - began)
        application.close()
    print(json.dumps(times))


main(int(sys.argv[1]))
