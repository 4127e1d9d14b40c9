"""The process of a plugin starts warm, serves, dies and is named, and ends with the application however that ends."""

import asyncio
import errno
import gc
import json
import logging
import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from support.isolated import IsolatedApplication
from support.soak import sized

from pegboard.errors import (
    CallDeadlineError,
    PegboardError,
    PluginProcessDiedError,
    PluginProcessError,
    RemoteError,
)
from pegboard.isolation import running as running_module
from pegboard.isolation import wire
from pegboard.isolation.process import child_environment

PLUGIN = """
import asyncio, ctypes, json, logging, os, signal, subprocess, sys, threading, warnings
from time import sleep as nap
from app.plugins import built_in

@api.register("double", summary="twice as much")
def double(number: int, *, plus: int = 0) -> int:
    "Return twice as much."
    return 2 * number + plus

@register("echo")
async def echo(value): return value

@register("acount")
async def acount(to):
    for number in range(to):
        yield number

state = "idle"

@register("wait")
async def wait():
    global state
    state = "waiting"
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        state = "cancelled"
        raise

@register("waiting")
def waiting(): return state

@register("count")
def count(to, then=""):
    yield from range(to)
    if then:
        raise_it(then)

register("answer", [42])
register("opaque", object())
register("cls", dict)

@api.suggestions.implement
def suggest(document): return [document, "csv"]

class CsvClock(api.Clock):
    def now(self): return "by csv"

api.host.container.provide(api.Clock, CsvClock)
api.host.container.decorate(api.Clock, lambda clock: clock)

class Printer:
    def print(self, text, copies=1): return [text] * copies
    def _hidden(self): pass

register("printer", Printer())

@register("kill")
def kill(number):
    print("about to die")
    os.kill(os.getpid(), number)

@register("exit")
def leave(status): os._exit(status)

@register("segfault")
def segfault(): ctypes.string_at(0)

@register("close")
def close(): os.closerange(0, 256)

@register("scribble")
def scribble():
    for number in range(3, 64):
        try:
            if os.readlink(f"/proc/self/fd/{number}").startswith("socket:"):
                os.write(number, b"this is no message" * 9)
        except OSError:
            pass
    nap(60)

class Jammed(OutOfInk): pass
class Odd(Exception): pass

@register("raise")
def raise_it(code): raise eval(code)

@register("pid")
def pid(): return os.getpid()

@register("start child")
def start_child(ends=False):
    child = os.fork()
    if child == 0:
        signal.pause()
    if ends:
        os._exit(3)
    return child

@register("surroundings")
def surroundings():
    numbers = sorted(map(int, os.listdir("/proc/self/fd")))
    links = [f"/proc/self/fd/{number}" for number in numbers]
    return dict(os.environ), [os.readlink(each) for each in links if os.path.lexists(each)], sys.argv

@register("say")
def say():
    print("by print")
    sys.stderr.write("by stderr\\n")
    os.write(1, b"by descriptor\\nunfinished")
    subprocess.run(["sh", "-c", "echo ' by a child'"])

@register("log")
def log():
    logging.getLogger("acme").warning("saved %s", "it")
    logging.getLogger("acme").debug("not wanted")
    logging.getLogger("acme.loud").debug("wanted")
    try: 1 / 0
    except ZeroDivisionError: logging.getLogger("acme").exception("failed")
    warnings.warn("old", DeprecationWarning, stacklevel=1)
    warnings.warn("careful", stacklevel=1)

@register("sleep")
def sleep(seconds):
    for _ in range(int(seconds * 100)):
        nap(0.01)

@register("busy")
def busy():
    while True:
        try:
            while True: nap(0.01)
        except BaseException: pass

@register("hold")
def hold():  # keeps the interpreter, in code in C
    import re
    re.match(r"(a+)+$", "a" * 60 + "b")

@register("temporary")
def temporary():
    import tempfile
    return tempfile.mkstemp()[1]

@register("who")
def who():
    register("late", 1)
    return [api.host.manager.ledger.find("things", "late")[-1].owner.name, [each.name for each in api.host.plugins if each.is_usable], built_in.__name__]
"""


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    application = IsolatedApplication(tmp_path_factory.mktemp("isolated"))
    application.write(
        application.code / "app/plugins/built_in.py", "from app.api import register\nregister('own', 1)\n"
    )
    application.plugin("raise SystemExit('the other one is not imported')", "other")
    application.plugin(PLUGIN)
    yield application
    application.close()


@pytest.fixture(scope="module")
def shared(application):
    return application.process()


@pytest.fixture
def process(application, shared):
    """Return the process that all tests of this module share; it runs, and has not died."""
    shared.call("things", "double", (1,))
    for told in (application.problems, application.strikes):
        told.clear()
    return shared


def ended(pid, within_s=20.0):
    """Return whether the process ends within that time."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    result = bool(waiting.poll(within_s * 1000))
    os.close(handle)
    return result


class TestWhatThePluginHasRegistered:
    def test_is_plain_data_with_signatures(self, process):
        described = {each["text"]: each for each in process.describe()}
        assert json.loads(json.dumps(described)) == described
        double = described["double"]
        assert (double["kind"], double["metadata"], double["override"]) == (
            "things",
            {"summary": "twice as much"},
            False,
        )
        assert (double["name"], double["qualname"], double["doc"], double["problem"]) == (
            "double",
            "double",
            "Return twice as much.",
            "",
        )
        assert double["parameters"] == [
            {"name": "number", "kind": "POSITIONAL_OR_KEYWORD", "has_default": False, "annotation": "int"},
            {"name": "plus", "kind": "KEYWORD_ONLY", "has_default": True, "default": 0, "annotation": "int"},
        ]
        kinds = ("is_callable", "is_async", "is_generator")
        assert [[described[name][kind] for kind in kinds] for name in ("double", "echo", "count", "answer")] == [
            [True, False, False],
            [True, True, False],
            [True, False, True],
            [False, False, False],
        ]

    def test_says_what_cannot_be_used_from_another_process(self, process):
        described = {each["text"]: each for each in process.describe()}
        assert described["answer"]["value"] == [42]
        assert "neither a function nor plain data" in described["opaque"]["problem"]
        assert "it is a class" in described["cls"]["problem"]

    def test_an_object_is_known_by_its_methods(self, process):
        (printer,) = [each for each in process.describe() if each["text"] == "printer"]
        assert {name: [each["name"] for each in about["parameters"]] for name, about in printer["methods"].items()} == {
            "print": ["text", "copies"]
        }
        assert process.call("things", "printer", ("a",), {"copies": 2}, method="print") == ["a", "a"]

    def test_hooks_and_components_are_called_by_kind_and_text(self, process):
        described = {each["kind"]: each for each in process.describe()}
        hook, component, decorator = described["hook suggestions"], described["component"], described["decorator"]
        assert hook["metadata"] == {"parameters": "document"}
        assert process.call("hook suggestions", hook["text"], ("d",)) == ["d", "csv"]
        assert (component["text"], component["problem"]) == ("app.api:Clock", "")
        assert {
            name: [each["name"] for each in about["parameters"]] for name, about in component["methods"].items()
        } == {
            "now": [],
            "zone": ["of"],
        }
        assert process.call("component", "app.api:Clock", method="now") == "by csv"
        assert process.call("component", "app.api:Clock", ("there",), method="zone") == "there"
        assert "it wraps components of the application" in decorator["problem"]

    def test_what_it_has_not_registered_cannot_be_called(self, process):
        for kind, text in (("things", "own"), ("things", "nothing"), ("component", "app.api:Other")):
            with pytest.raises(LookupError, match="has registered no"):
                process.call(kind, text)

    def test_is_the_plugins_and_other_plugins_are_not_there(self, process):
        assert process.call("things", "who") == ["csv", ["built_in", "csv"], "app.plugins.built_in"]


class TestWhatTheProcessGets:
    def test_only_the_variables_and_descriptors_that_it_needs(self, application, monkeypatch):
        monkeypatch.setenv("SECRET", "1")
        monkeypatch.setenv("APP_COLOUR", "red")
        monkeypatch.setenv("APP_NO_PLUGINS", "1")
        reading, writing = os.pipe()
        os.set_inheritable(writing, True)
        foreign = os.readlink(f"/proc/self/fd/{writing}")
        environ, descriptors, arguments = application.process().call("things", "surroundings")
        os.close(reading)
        os.close(writing)
        assert environ["APP_COLOUR"] == "red"
        assert environ.keys() <= {"PATH", "HOME", "LANG", "TZ", "TMPDIR", "APP_COLOUR"} | {
            name for name in environ if name.startswith("LC_")
        }
        assert foreign not in descriptors
        assert descriptors[0] == "/dev/null"
        others = [
            text for text in descriptors[1:] if not text.endswith(".index")
        ]  # its own, once it has one that holds
        assert {text.partition(":")[0] for text in others} == {"pipe", "socket"}
        assert arguments == ["-c"]

    def test_variables_that_the_policy_names(self):
        environ = {"PATH": "p", "LC_ALL": "C", "AWS_KEY": "k", "AWS": "no", "DISPLAY": ":0", "APP_PLUGINS": "x"}
        assert child_environment(environ, "APP", ["AWS_*", "DISPLAY"]) == {
            "PATH": "p",
            "LC_ALL": "C",
            "AWS_KEY": "k",
            "DISPLAY": ":0",
        }
        assert child_environment(environ, "") == {"PATH": "p", "LC_ALL": "C"}


class TestWhatItSays:
    def test_lines_on_standard_error_after_the_plugins_name(self, process, capfd):
        process.call("things", "say")
        process.close()
        said = [line for line in capfd.readouterr().err.splitlines() if "acme-csv" in line]
        who = "app: plugin 'csv' of acme-csv 1.2 prints: "
        assert said == [who + each for each in ("by print", "by stderr", "by descriptor", "unfinished by a child")]

    def test_log_records_and_warnings_are_records_with_the_plugins_name(self, application, caplog):
        caplog.set_level(logging.WARNING)
        caplog.set_level(logging.DEBUG, "acme.loud")
        process = application.process()
        process.call("things", "log")
        process.close()
        records = [each for each in caplog.records if getattr(each, "plugin", None) == "csv"]
        assert [(each.name, each.levelname, each.getMessage()) for each in records[:3]] == [
            ("acme", "WARNING", "saved it"),
            ("acme.loud", "DEBUG", "wanted"),
            ("acme", "ERROR", "failed"),
        ]
        assert "ZeroDivisionError" in records[2].exc_text
        (warning,) = records[3:]
        assert (warning.name, warning.processName) == ("py.warnings", "plugin csv")
        assert warning.getMessage().endswith("UserWarning: careful")


DEATHS = {
    ("kill", 9): ["it was killed by SIGKILL", "about to die"],
    ("kill", 15): ["it was killed by SIGTERM"],
    ("exit", 0): ["it ended with exit status 0"],
    ("exit", 7): ["it ended with exit status 7"],
    ("segfault",): ["it was killed by SIGSEGV", "Segmentation fault", "csv.py", "in segfault"],
    ("close",): ["it ended with exit status 120"],
    ("scribble",): ["it has sent what is no message", "and was ended"],
    ("start child", True): ["it ended with exit status 3"],
}


class TestADeath:
    @pytest.mark.parametrize("called", DEATHS, ids=str)
    def test_fails_the_call_by_name_and_the_next_one_is_served(self, application, process, called, monkeypatch):
        monkeypatch.setattr(running_module, "GRACE_S", 0.2)
        pid, (name, *arguments) = process.pid, called
        with pytest.raises(PluginProcessDiedError) as caught:
            process.call("things", name, tuple(arguments))
        text = str(caught.value)
        assert text.startswith(
            f"the process of plugin 'csv' of acme-csv 1.2 has ended while calling {name!r} of 'things'"
        )
        assert [part for part in DEATHS[called] if part not in text] == []
        assert ended(pid)
        assert process.call("things", "double", (2,)) == 4
        assert (application.problems, application.strikes) == ([], [])

    def test_a_second_one_in_a_row_is_a_strike_and_so_is_each_after_it(self, application, process):
        for _ in range(3):
            with pytest.raises(PluginProcessDiedError):
                process.call("things", "exit", (7,))
        assert application.strikes == [
            f"its process has ended {times} times in a row: it ended with exit status 7" for times in (2, 3)
        ]
        served = application.served
        process.call("things", "double", (1,))
        process.call("things", "double", (1,))
        assert application.served == served + 1

    def test_is_reported_if_nothing_waits(self, application, process):
        pid = process.pid
        os.kill(pid, signal.SIGKILL)
        assert ended(pid)
        process.call("things", "double", (1,))
        process.close()  # waits for the thread that tells
        (problem,) = application.problems
        assert "has ended while nothing of it was used" in problem.summary()

    def test_takes_what_the_process_has_started_with_it(self, process):
        started = process.call("things", "start child")
        with pytest.raises(PluginProcessDiedError):
            process.call("things", "exit", (1,))
        assert ended(started)

    def test_leaves_no_temporary_file(self, application, process):
        path = process.call("things", "temporary")
        assert path.startswith(str(application.folder / "tmp"))
        with pytest.raises(PluginProcessDiedError):
            process.call("things", "exit", (1,))
        assert not os.path.exists(path)


class TestUse:
    def test_of_several_threads_starts_one_process(self, application):
        process, pids = application.process(), []
        threads = [threading.Thread(target=lambda: pids.append(process.call("things", "pid"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert pids == [process.pid] * 8

    def test_by_a_task_starts_it_without_blocking_the_loop(self, application):
        process = application.process()

        async def use():
            ticks = []

            async def tick():
                while not ticks or not call.done():
                    ticks.append(1)
                    await asyncio.sleep(0)

            call = asyncio.ensure_future(process.acall("things", "echo", ([1],)))
            await asyncio.gather(call, tick())
            assert len(ticks) > 10
            return call.result(), [item async for item in await process.acall("things", "acount", (3,))]

        assert asyncio.run(use()) == ([1], [0, 1, 2])

    def test_by_a_task_that_is_cancelled_is_cancelled_there(self, process):
        async def use():
            call = asyncio.ensure_future(process.acall("things", "wait"))
            while process.call("things", "waiting") != "waiting":  # noqa: ASYNC110 -- it happens in another process
                await asyncio.sleep(0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            while process.call("things", "waiting") != "cancelled":  # noqa: ASYNC110
                await asyncio.sleep(0)

        asyncio.run(asyncio.wait_for(use(), 20))

    def test_ends_with_the_last_reference(self, application):
        process = application.process()
        pid = process.call("things", "pid")
        application.processes.remove(process)
        del process
        gc.collect()
        assert ended(pid)


class TestAStart:
    def test_is_warm_from_the_third_one_on_and_imports_little(self, application):
        application.plugin("import sys\nregister('modules', lambda: sorted(sys.modules))", "little")
        process = application.process("little")
        process.describe()  # the first one imports what is there
        application.settle()
        for _ in range(2):  # the second one makes an index, and the third one uses it
            process.close()
            loaded = process.call("things", "modules")
        assert [name for name in loaded if name.startswith("pegboard.startup")] == []
        heavy = {"asyncio", "ctypes", "decimal", "inspect", "logging", "pathlib", "traceback", "uuid", "zoneinfo"}
        assert heavy.intersection(loaded) == set()

    def test_that_fails_raises_what_the_import_has_raised(self, application):
        application.plugin("import nothing_of_that_name", "broken")
        process = application.process("broken")
        with pytest.raises(ModuleNotFoundError, match="nothing_of_that_name"):
            process.describe()
        assert process.pid is None

    def test_of_a_plugin_that_is_not_there(self, application):
        with pytest.raises(PegboardError, match="no plugin is named 'missing'"):
            application.process("missing").describe()

    def test_that_hangs_reaches_the_limit(self, application):
        application.plugin("import signal\nprint('waiting', flush=True)\nsignal.pause()", "hanging")
        with pytest.raises(PluginProcessError) as caught:
            application.process("hanging", start_s=1.0).describe()
        assert "it was not ready within 1 s, and was ended" in str(caught.value)

    def test_in_which_the_process_dies(self, application):
        application.plugin("import os\nos._exit(4)", "dying")
        with pytest.raises(PluginProcessDiedError, match="it was being imported") as caught:
            application.process("dying").describe()
        assert "it ended with exit status 4" in str(caught.value)

    def test_without_an_interpreter(self, application, monkeypatch):
        process = application.process()
        monkeypatch.setattr(process, "_python", "/nowhere/python")
        before = os.listdir("/proc/self/fd")
        with pytest.raises(PluginProcessError, match="could not be started in a process of its own") as caught:
            process.describe()
        assert "/nowhere/python" in str(caught.value)
        assert len(os.listdir("/proc/self/fd")) == len(before)

    def test_without_space_on_the_disk(self, application, monkeypatch):
        def full(_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(running_module, "TemporaryFolder", full)
        with pytest.raises(PluginProcessError, match="No space left on device"):
            application.process().describe()

    def test_of_another_version_of_the_wire(self, application, tmp_path, monkeypatch):
        python = tmp_path / "python"
        header = wire.MAGIC + bytes([wire.VERSION + 1]) + bytes(wire.HEADER.size - 3)
        python.write_text(f"#!{sys.executable}\nimport os, sys\nos.write(int(sys.argv[4]), {header!r})\ninput()\n")
        python.chmod(0o700)
        process = application.process()
        monkeypatch.setattr(process, "_python", str(python))
        with pytest.raises(PluginProcessDiedError, match="install the same version of pegboard in both environments"):
            process.describe()

    def test_in_an_environment_without_pegboard(self, application, monkeypatch):
        process = application.process()
        monkeypatch.setattr(process, "_python", os.path.realpath(sys.executable))
        with pytest.raises(PluginProcessDiedError) as caught:
            process.describe()
        assert "No module named 'pegboard'" in str(caught.value)


ERRORS = {
    "ValueError('bad', 3)": (ValueError, ("bad", 3)),
    "OutOfInk('black')": (IsolatedApplication, ("black",)),
    "Jammed('tray 2')": (IsolatedApplication, ("tray 2",)),
    "json.JSONDecodeError('bad', '', 0)": (ValueError, ("bad: line 1 column 1 (char 0)",)),
    "Odd(1)": (RemoteError, ()),
    "SystemExit(3)": (RemoteError, ()),
}


class TestWhatACallRaises:
    @pytest.fixture
    def out_of_ink(self, monkeypatch):
        """Return the exception of the application, which is loaded here, as it is where it can be caught."""
        module = type(sys)("app.api")
        module.OutOfInk = type("OutOfInk", (Exception,), {"__module__": "app.api"})
        monkeypatch.setitem(sys.modules, "app.api", module)
        return module.OutOfInk

    @pytest.mark.parametrize("code", ERRORS)
    def test_is_the_same_class_or_the_nearest_that_both_sides_have(self, process, out_of_ink, code):
        kind, arguments = ERRORS[code]
        kind = out_of_ink if kind is IsolatedApplication else kind
        with pytest.raises(kind) as caught:
            process.call("things", "raise", (code,))
        assert type(caught.value) is kind
        remote = caught.value if kind is RemoteError else caught.value.__cause__
        assert arguments in ((), caught.value.args)
        assert remote.type_name == code.partition("(")[0].rpartition(".")[2]
        assert "csv.py" in remote.traceback
        assert "in raise_it" in remote.traceback

    def test_comes_from_streams_too(self, process):
        stream = process.call("things", "count", (3, "ValueError('bad')"))
        assert [next(stream), next(stream), next(stream)] == [0, 1, 2]
        with pytest.raises(ValueError, match="bad"):
            next(stream)

    def test_in_a_stream_whose_process_dies_is_the_death(self, process):
        stream = process.call("things", "count", (3, "os._exit(5)"))
        with pytest.raises(PluginProcessDiedError, match="it ended with exit status 5"):
            list(stream)


class TestACallThatIsGivenUp:
    def test_frees_the_caller_and_the_process_goes_on(self, process):
        pid = process.pid
        with pytest.raises(CallDeadlineError) as caught:
            process.call("things", "sleep", (0.5,), deadline_s=0.05)
        assert caught.value.what() == (
            "plugin 'csv' of acme-csv 1.2 has not answered the call of 'sleep' of 'things' within 0.05 s"
        )
        assert process.call("things", "pid") == pid

    def test_by_ctrl_c_frees_the_caller_too(self, process, monkeypatch):
        def interrupt(*_):
            raise KeyboardInterrupt

        pid = process.pid
        previous = signal.signal(signal.SIGALRM, interrupt)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(KeyboardInterrupt):
                process.call("things", "sleep", (60,))
        finally:
            signal.signal(signal.SIGALRM, previous)
        assert process.call("things", "pid") == pid

    def test_does_not_end_the_process_while_a_stream_is_consumed(self, process, monkeypatch):
        monkeypatch.setattr(running_module, "GRACE_S", 0.05)
        pid, stream = process.pid, process.call("things", "count", (200,))
        assert next(stream) == 0
        with pytest.raises(CallDeadlineError):
            process.call("things", "busy", deadline_s=0.05)
        assert not ended(pid, within_s=0.4)
        assert list(stream) == list(range(1, 200))
        assert ended(pid)

    @pytest.mark.parametrize("name", ["busy", "hold"])
    def test_ends_the_process_if_it_goes_on_and_nothing_else_runs(self, application, process, name, monkeypatch):
        monkeypatch.setattr(running_module, "GRACE_S", 0.2)
        pid = process.pid
        with pytest.raises(CallDeadlineError):
            process.call("things", name, deadline_s=0.05)
        assert ended(pid)
        assert process.call("things", "double", (1,)) == 2
        process.close()
        (problem,) = application.problems
        assert "it went on with a call that had been given up, and was ended" in problem.summary()


HOST = """
import os, signal, sys, threading
sys.path[:0] = {path!r}
from support.isolated import IsolatedApplication
from pegboard.isolation.process import Process
process = Process({python!r}, "app.api:host", "csv", application="app", folder={folder!r}, environ=os.environ, report=print)
started = process.call("things", "start child")
print(process.call("things", "pid"), started, process.call("things", "temporary"), flush=True)
if {busy}:
    threading.Thread(target=process.call, args=("things", "hold"), daemon=True).start()
    sys.stdin.readline()
{ends}
"""

ENDS = {
    "normally": ("", False),
    "by an exception": ("raise LookupError", False),
    "by sys.exit in a call": ("process.call('things', 'double', (1,)); sys.exit(3)", False),
    "by os._exit": ("os._exit(0)", False),
    "by os._exit while the plugin keeps its interpreter": ("os._exit(0)", True),
    "by a signal that nobody handles": ("os.kill(os.getpid(), signal.SIGTERM)", True),
    "by SIGKILL": ("os.kill(os.getpid(), signal.SIGKILL)", True),
}


class TestTheEndOfTheApplication:
    @pytest.mark.parametrize("how", ENDS)
    def test_ends_the_process_and_what_it_has_started(self, application, tmp_path, how):
        ends, is_busy = ENDS[how]
        tests = os.path.dirname(os.path.dirname(sys.modules[IsolatedApplication.__module__].__file__))
        path = [tests, *[each for each in sys.path if each.endswith("src")]]
        folder = str(tmp_path / "folder")
        code = HOST.format(path=path, python=application.python, folder=folder, busy=is_busy, ends=ends)
        host = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        pid, started, temporary = host.stdout.readline().split()
        handles = [os.pidfd_open(int(each)) for each in (pid, started)]
        host.communicate("\n", timeout=30)
        for handle in handles:
            waiting = select.poll()
            waiting.register(handle, select.POLLIN)
            assert waiting.poll(20_000)
            os.close(handle)
        if os.path.exists(temporary):  # the application was killed: the next one removes what is left
            assert "SIG" in how or "_exit" in how or "signal" in how
            application.process(folder=folder).describe()
        assert not os.path.exists(temporary)

    def test_a_fork_has_a_process_of_its_own(self, application, process):
        pid = process.call("things", "pid")
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                theirs = process.call("things", "pid")
                process.close()
                os.write(writing, str(theirs).encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        os.close(writing)
        with open(reading) as file:
            assert int(file.read()) not in (pid, 0)
        assert process.call("things", "pid") == pid


def test_many_restarts_leave_nothing(application, process):
    def seen():
        counted = [len(os.listdir(path)) for path in ("/proc/self/fd", "/proc/self/task", application.folder / "tmp")]
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return counted, resident / 2**20

    process.close()
    process.describe()
    times = sized(4, 1000)
    for number in range(times):
        pid = process.pid
        os.kill(pid, signal.SIGKILL)
        assert ended(pid)
        process.call("things", "double", (1,))
        application.problems.clear()  # which a host would keep once, since they say the same
        if number == times // 4:
            before, mib = seen()
    after, mib_after = seen()
    assert after == before
    assert mib_after - mib < 4
