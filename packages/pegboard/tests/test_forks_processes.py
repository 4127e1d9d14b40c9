"""A child that a plugin forks ends where it ends itself; a fork in the middle of an import is no reason to hang."""

import subprocess
import sys

import pytest
from support.processes import API

FORK = """
import os, sys
child = os.fork()
if child == 0:
    {ends}
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""

ENDS = {
    "sys.exit()": 0,
    "sys.exit(3)": 3,
    "sys.exit('done for')": 1,
    "os._exit(4)": 4,
    "raise LookupError('in the child')": 1,
    "raise GeneratorExit": 1,
    "import signal; os.kill(os.getpid(), signal.SIGKILL)": -9,
}


class TestAChildThatEndsItself:
    @pytest.mark.parametrize("ends", ENDS)
    @pytest.mark.parametrize("lazy", "01")
    def test_ends_there_when_it_was_forked_while_the_plugin_was_imported(self, application, ends, lazy):
        application.plugin("a", FORK.format(ends=ends))
        application.plugin("b")
        application.settle()
        step = "import app.plugins.a; result['status'] = app.plugins.a.status"
        for _ in range(2):
            process = application.process("host.start()", step, "result['b'] = things['t-b']", APP_PLUGINS_LAZY=lazy)
            assert process.stdout.count("imported") == 1, process.stdout
            assert (f'"status": {ENDS[ends]}' in process.stdout, '"b": "b"' in process.stdout) == (True, True)
            assert process.returncode == 0

    @pytest.mark.parametrize("ends", ENDS)
    def test_ends_there_when_it_was_forked_in_a_call(self, application, ends):
        body = FORK.format(ends=ends).replace("\n", "\n    ")
        application.plugin("a", f"def work():{body}\n    return status\nregister('work', work)\n")
        call = "host.run(host.plugin('a'), 'working', things['work'])"
        step = f"try: result['status'] = {call}\nexcept host.Error as error: result['error'] = str(error)"
        process = application.process(step.replace("host.Error", "Exception"))
        assert process.stdout.count("imported") == 1, process.stdout
        assert f'"status": {ENDS[ends]}' in process.stdout

    def test_says_what_it_has_to_say(self, application):
        application.plugin("a", FORK.format(ends="print('printed'); sys.exit('the reason')"))
        process = application.process("host.start()")
        assert process.stderr == "app: plugin 'a' prints: printed\nthe reason\n"
        application.plugin("a", FORK.format(ends="1 / 0"))
        assert "ZeroDivisionError: division by zero" in application.process("host.start()").stderr

    def test_leaves_the_plugin_as_it_is(self, application):
        application.plugin("a", FORK.format(ends="sys.exit(1)"))
        run = application.run("host.start()", "result['a'] = [host.plugin('a').state, things['t-a']]")
        assert (run["a"], run.stderr) == (["active", "a"], "")


FORK_MEANWHILE = """
import os, signal, threading, warnings
warnings.simplefilter("ignore")
import gate
thread = threading.Thread(target=lambda: {use})
thread.start()
gate.entered.wait()
{before}
child = os.fork()
if child == 0:
    signal.alarm(20)
    try:
        answer = things["t-slow"]
    except Exception as error:
        answer = str(error)
    gate.say(answer)
    os._exit(0)
result["status"] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
gate.opened.set()
thread.join()
result["child"] = gate.heard()
result["parent"] = things["t-slow"]
"""

GATE = """
import os, threading
entered, opened = threading.Event(), threading.Event()
reading, writing = os.pipe()
def say(text): os.write(writing, text.encode())
def heard():
    os.close(writing)
    return os.read(reading, 10000).decode()
"""


class TestAForkWhileAnotherThreadImportsAPlugin:
    @pytest.fixture
    def slow(self, application):
        application.write("gate.py", GATE)
        application.plugin("slow", "import gate\ngate.entered.set()\ngate.opened.wait()\n")
        application.settle()
        # the first start imports it to record it
        application.run("import gate\ngate.opened.set()", "host.start()")
        return application

    def fork(self, application, before="", use="things['t-slow']"):
        return application.run(FORK_MEANWHILE.format(before=before, use=use))

    def test_waits_until_that_is_done(self, slow):
        run = self.fork(slow, "threading.Timer(0.1, gate.opened.set).start()")
        assert run.result == {"status": 0, "child": "slow", "parent": "slow"}
        assert run.stderr == ""

    def test_does_not_wait_for_ever_and_the_child_is_told(self, slow):
        run = self.fork(slow, "import pegboard.forks\npegboard.forks.LIMIT_S = 0.05")
        assert (run["status"], run["parent"]) == (0, "slow")
        assert "plugin 'slow' could not be imported" in run["child"]
        assert "this process was forked while another thread was importing it" in run["child"]
        assert "use the plugin before the process forks" in run["child"]
        assert slow.run("import gate\ngate.opened.set()", "result['slow'] = things.names()").stderr == ""

    def test_nor_does_a_plain_import_hang(self, slow):
        step = FORK_MEANWHILE.replace('things["t-slow"]\n    except', "str(__import__('app.plugins.slow'))\n    except")
        run = slow.run(
            step.format(before="import pegboard.forks\npegboard.forks.LIMIT_S = 0.05", use="things['t-slow']")
        )
        assert "plugin 'slow' could not be imported" in run["child"]

    def test_nor_does_a_reference(self, slow):
        sends = (
            "import gate, pickle\ngate.opened.set()\nresult['sent'] = pickle.dumps(things.reference('t-slow')).hex()"
        )
        sent = f"__import__('pickle').loads(bytes.fromhex({slow.run(sends)['sent']!r}))"
        step = FORK_MEANWHILE.replace('things["t-slow"]\n    except', f"{sent}.resolve()\n    except")
        before = "import pegboard.forks\npegboard.forks.LIMIT_S = 0.05"
        run = slow.run(step.format(before=before, use="things['t-slow']"))
        assert "it is broken here: this process was forked while" in run["child"]
        assert "hint: use the plugin before the process forks" in run["child"]


def test_a_fork_while_the_application_is_imported_for_a_plugin_does_not_hang_the_child(application):
    application.write("gate.py", GATE)
    application.write("app/__init__.py", "from pegboard import announce_host\nannounce_host('app', 'app.api')\n")
    application.write("app/api.py", "import gate, time\ngate.entered.set()\ntime.sleep(0.1)\n" + API)
    application.write("fork.py", FORK_EARLY)
    application.plugin("a", "import time\ntime.sleep(0.3)\n")  # meanwhile the fork goes on: see `_ImportLockContext`
    application.settle()
    # without bytecode, so that `pegboard` loads no module in advance
    environ = application.environ | {"PYTHONPYCACHEPREFIX": str(application.root / "none")}
    command = [sys.executable, "-B", "-W", "ignore", "fork.py"]
    process = subprocess.run(
        command, env=environ, cwd=application.code, capture_output=True, text=True, check=False, timeout=60
    )
    assert (process.stderr, process.stdout) == ("", "app.plugins.a\n")


FORK_EARLY = """
import os, signal, threading
import gate
thread = threading.Thread(target=lambda: __import__("app.plugins.a"))
thread.start()
gate.entered.wait()
child = os.fork()
if child == 0:
    signal.alarm(5)
    import app.plugins.a
    os.write(1, (app.plugins.a.__name__ + "\\n").encode())
    os._exit(0)
os.waitpid(child, 0)
thread.join()
"""


FORK_AT_FIRST = """
import os, signal, sys, threading, warnings
warnings.simplefilter("ignore")
import gate
import pegboard.forks
pegboard.forks.LIMIT_S = {limit}
thread = threading.Thread(target=host.start)
thread.start()
gate.entered.wait()
if {limit} > 1:
    threading.Timer(0.1, gate.opened.set).start()
child = os.fork()
if child == 0:
    signal.alarm(20)
    gate.opened.set()
    try:
        answer = " ".join([{use}, *(plugin.reason for plugin in host.plugins if plugin.state == "broken")])
    except BaseException as error:
        answer = str(error)
    gate.say(answer)
    os._exit(0)
gate.opened.set()
result["status"] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
thread.join()
result["child"] = gate.heard()
result["parent"] = things.names()
"""
FORKED = "this process was forked while another thread was importing it"


@pytest.mark.parametrize("lazy", "01")
class TestAForkWhileAnotherThreadMakesTheHostReady:
    @pytest.fixture
    def started(self, application, lazy):
        def start(slow, limit, use="*things.names()"):
            application.write("gate.py", GATE)
            for name in "abc":
                application.plugin(name, slow if name == "b" else "")
            application.settle()
            application.environ["APP_PLUGINS_LAZY"] = lazy
            run = application.run(FORK_AT_FIRST.format(limit=limit, use=use))
            assert (run["status"], run["parent"]) == (0, ["t-a", "t-b", "t-c"])
            assert "crash" not in application.run("import gate\ngate.opened.set()", "things.names()").stderr
            return run["child"]

        return start

    SLOW = "import gate\ngate.entered.set()\ngate.opened.wait()\n"

    def test_waits_until_it_is_ready(self, started):
        assert started(self.SLOW, 10.0) == "t-a t-b t-c"

    def test_does_not_wait_for_ever_and_the_child_makes_it_ready_itself(self, started):
        child = started(self.SLOW, 0.05)
        assert child.startswith("t-a t-c plugin 'b'")
        assert FORKED in child

    @pytest.mark.parametrize("library", ["halfway", "halfway.inside"])
    def test_a_library_that_was_imported_halfway_is_imported_anew(self, application, started, library):
        application.write("halfway/__init__.py", "" if "." in library else self.SLOW)
        application.write("halfway/inside.py", self.SLOW)
        child = started(f"import {library}\n", 0.05, f"*things.names(), __import__({library!r}).__name__")
        assert child.startswith("t-a t-c halfway plugin 'b'")
        assert FORKED in child


HELD = """
import importlib, os, signal, threading, warnings
from contextlib import ExitStack
warnings.simplefilter("ignore")
host.start()
class Ready: ...
host.container.provide(Ready)
host.container.get(Ready)
@host.hooks.notify(announced=True)
def told(text: str) -> None: ...
shared = "address._lock entry_objects._LOCK startup.journal.one_file._ONE_AT_A_TIME reloading.lifecycle._ONE_AT_A_TIME"
locks = {name: getattr(importlib.import_module("pegboard." + name.rpartition(".")[0]), name.rpartition(".")[2])
         for name in shared.split()}
locks |= {
    "host": host._lock, "manager": host.manager._lock, "ledger": host.manager.ledger._lock,
    "importer": host.manager.importer._lock, "cold start": host.manager.cold_start._lock,
    "core": host.container.core.lock, "container": host.container._opening,
    "announced": told.announced.lock,
}
held, done = threading.Event(), threading.Event()
def hold():
    with ExitStack() as stack:
        for lock in locks.values():
            stack.enter_context(lock)
        held.set()
        done.wait()
thread = threading.Thread(target=hold)
thread.start()
held.wait()
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    signal.alarm(20)
    os.write(writer, ", ".join(name for name, lock in locks.items() if not lock.acquire(blocking=False)).encode())
    for lock in locks.values():
        lock.release()
    class Other: ...
    host.container.provide(Other)
    host.container.get(Other)
    os._exit(0 if things["t-a"] == "a" and len(host.plugins) == 1 else 1)
done.set()
os.close(writer)
result["held"] = os.read(reader, 1000).decode()
result["status"] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


def test_a_lock_that_another_thread_holds_is_free_in_the_child(application):
    application.plugin("a")
    run = application.run(HELD)
    assert (run["held"], run["status"]) == ("", 0)


def test_a_component_that_another_thread_is_building_is_built_anew_in_the_child(application):
    step = """
import os, signal, threading, warnings
warnings.simplefilter("ignore")
class Slow: ...
entered, opened = threading.Event(), threading.Event()
def build() -> Slow:
    entered.set()
    opened.wait()
    return Slow()
host.container.provide(Slow, build)
thread = threading.Thread(target=lambda: host.container.get(Slow))
thread.start()
entered.wait()
child = os.fork()
if child == 0:
    signal.alarm(20)
    opened.set()
    os._exit(0 if isinstance(host.container.get(Slow), Slow) else 1)
opened.set()
thread.join()
result["status"] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""
    assert application.run(step)["status"] == 0
