"""A confined process writes in its folders only, and makes no socket; where the kernel cannot do that, it is refused."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from support.isolated import IsolatedApplication

from pegboard.errors import ConfinementError
from pegboard.isolation import confinement, process

PLUGIN = """
import array, asyncio, mmap, os, shutil, socket, subprocess, sys, tempfile, threading

@register("try")
def attempt(code, **names):
    try:
        eval(code, globals() | names)
    except OSError as error:
        return type(error).__name__
    return "done"

@register("try in a thread")
def attempt_in_a_thread(code, **names):
    results = []
    thread = threading.Thread(target=lambda: results.append(attempt(code, **names)))
    thread.start()
    thread.join()
    return results[0]

@register("try in a child")
def attempt_in_a_child(path):
    return subprocess.run(["sh", "-c", f"echo > {path}"], capture_output=True).returncode

@register("folder")
def folder(): return tempfile.gettempdir()

@register("reversed")
def reverse(view): return memoryview(bytes(view)[::-1])

@register("read")
def read(file): return file.read()

@register("double")
def double(values): return [2 * value for value in values]
"""

ALLOWED = [
    "open(own + '/a', 'w').write('x')",
    "os.truncate(own + '/there', 0)",
    "(os.mkdir(own + '/b'), os.rename(own + '/b', own + '/c'), os.rmdir(own + '/c'))",
    "shutil.copy(other + '/there', own)",
    "open(other + '/there').read()",
    "open('/dev/null', 'w').write('x')",
    "socket.socketpair()",
    "asyncio.run(asyncio.sleep(0))",
    "mmap.mmap(-1, 4096).write(b'x')",
    "tempfile.TemporaryFile().write(b'x')",
    "subprocess.run(['true'], check=True)",
]
DENIED = [
    "open(other + '/new', 'w')",
    "open(other + '/there', 'a')",
    "open(other + '/there', 'r+')",
    "os.truncate(other + '/there', 0)",
    "os.unlink(other + '/there')",
    "os.mkdir(other + '/new')",
    "os.rmdir(other + '/empty')",
    "os.mkfifo(other + '/new')",
    "os.symlink('/etc', other + '/new')",
    "os.link(own + '/there', other + '/new')",
    "os.rename(other + '/there', own + '/new')",
    "os.rename(own + '/there', other + '/new')",
    "os.replace(own + '/there', other + '/there')",
    "os.rename(other + '/there', other + '/new')",
    "(os.path.lexists(own + '/way') or os.symlink(other, own + '/way'), open(own + '/way/new', 'w'))",
    "open(own + '/' + os.path.relpath(other, own) + '/new', 'w')",
    "open(f'/proc/{os.getppid()}/mem', 'r+b')",
    "open('/dev/shm/new', 'w')",
    "os.kill(os.getppid(), 0)",
    "socket.socket()",
    "socket.socket(type=socket.SOCK_DGRAM)",
    "socket.socket(socket.AF_INET6)",
    "socket.socket(socket.AF_UNIX)",
    "socket.create_connection(('127.0.0.1', 9))",
    "socket.create_server(('127.0.0.1', 0))",
]
"""What must fail; nothing of it succeeds for want of rights, since the same is done by a process that is not confined."""


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    application = IsolatedApplication(tmp_path_factory.mktemp("confined"))
    application.plugin(PLUGIN)
    yield application
    application.close()


@pytest.fixture(scope="module")
def processes(application):
    return {is_confined: application.process(confined=is_confined) for is_confined in (True, False)}


@pytest.fixture
def folders(application, tmp_path):
    """Return names of a folder that is the plugin's and of one that is not, for code."""
    own = application.folder / "data"
    other = tmp_path / "other"
    for folder in (own, other):
        folder.mkdir(parents=True)
        (folder / "there").write_text("text")
        (folder / "empty").mkdir()
    return {"own": str(own), "other": str(other)}


@pytest.fixture(autouse=True)
def tidy(application):
    yield
    shutil.rmtree(application.folder / "data", ignore_errors=True)
    Path("/dev/shm/new").unlink(missing_ok=True)


class TestAConfinedProcess:
    @pytest.mark.parametrize("code", ALLOWED)
    def test_may_work(self, processes, folders, code):
        assert processes[True].call("things", "try", (code,), folders) == "done"

    @pytest.mark.parametrize("code", DENIED)
    def test_is_denied_what_the_same_plugin_may_do_otherwise(self, processes, folders, code):
        assert processes[True].call("things", "try", (code,), folders) in {"PermissionError", "OSError"}
        assert Path(folders["other"], "there").read_text() == "text"
        assert not os.path.exists(folders["other"] + "/new")
        if "create_connection" not in code:  # nobody listens there
            assert processes[False].call("things", "try", (code,), folders) == "done"

    def test_confines_its_threads_and_what_it_starts(self, processes, folders):
        confined, path = processes[True], folders["other"] + "/new"
        assert confined.call("things", "try in a thread", ("open(other + '/new', 'w')",), folders) == "PermissionError"
        assert confined.call("things", "try in a child", (path,)) != 0
        assert not os.path.exists(path)

    def test_gets_and_returns_shared_memory_and_open_files(self, processes, tmp_path):
        view = memoryview(bytes(range(256)) * 4096)
        assert bytes(processes[True].call("things", "reversed", (view,))) == bytes(view)[::-1]
        (tmp_path / "file").write_text("text")
        with open(tmp_path / "file") as file:
            assert processes[True].call("things", "read", (file,)) == "text"

    def test_has_its_temporary_folder_and_its_life_line(self, application, processes):
        assert processes[True].call("things", "folder").startswith(str(application.folder))
        pid = processes[True].pid
        os.kill(pid, signal.SIGKILL)
        processes[True].close()
        assert processes[True].call("things", "double", ([1, 2],)) == [2, 4]


class TestWhereItIsNotToBeHad:
    @pytest.mark.parametrize(
        ("system", "cause"),
        [
            ({"sys.platform": "darwin"}, "it needs Landlock and seccomp of Linux, and this is darwin"),
            ({"_abi": lambda: -1}, "it needs Landlock of version 3 (Linux 6.2), and it is not there"),
            ({"_abi": lambda: 2}, "it needs Landlock of version 3 (Linux 6.2), and its version is 2"),
            ({"_MACHINES": {}}, "it is not known how to do it on "),
        ],
    )
    def test_the_plugin_is_not_started(self, application, monkeypatch, system, cause):
        for name, value in system.items():
            monkeypatch.setattr(f"{confinement.__name__}.{name}", value)
        made = application.process(confined=True)
        with pytest.raises(ConfinementError) as caught:
            made.describe()
        assert cause in str(caught.value)
        assert made.pid is None

    def test_a_part_that_the_process_cannot_do_is_refused_too(self, application, monkeypatch):
        monkeypatch.setattr(process, "why_unavailable", lambda: "")
        monkeypatch.setattr(confinement, "why_unavailable", lambda: "")
        application.plugin("import pegboard.isolation.confinement", "curious")
        made = application.process("curious", confined=True, environ={"PATH": "/bin", "SECCOMP": "no"})
        assert [each["kind"] for each in made.describe()] == [""]  # it can, here; it has registered nothing
