"""An application has one host in a process, whatever its files are called there; a second one is reported."""

import json
import os
import subprocess
import sys

import pytest

HOST = """
from pegboard import Host

host = Host("app")
things = host.registry("things")

class Clock: ...

host.container.provide(Clock)
"""

API = "from {module} import Clock, host, things\nregister, provide = things.register, host.container.provide\n"

MAIN = """
def main():
    import json
    from app import api
    import sys
    print(json.dumps([dict(things.items()), type(host.container.get(Clock)).__name__, api.host is host, api.Clock is Clock]))

if __name__ == "__main__":
    main()
"""

PLUGIN = "from app import api\nclass Better(api.Clock): ...\napi.register('a', 1)\napi.provide(api.Clock, Better)\n"


class Program:
    def __init__(self, application, module="app.core"):
        self.application = application
        application.write(f"{module.replace('.', '/')}.py", HOST + MAIN)
        application.write("app/api.py", API.format(module=module))
        application.write("app/plugins/a.py", PLUGIN)
        application.settle()

    def run(self, *command, **environ):
        return subprocess.run(
            [sys.executable, "-B", *command],
            env=self.application.environ | environ,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.application.root,
        )


@pytest.mark.parametrize("lazy", "01")
@pytest.mark.parametrize("how", ["-m app.core", "code/app/core.py", "by an absolute path"])
def test_the_module_that_makes_the_host_may_be_the_program(application, how, lazy):
    program = Program(application)
    words = {"by an absolute path": [str(application.code / "app/core.py")]}.get(how) or how.split()
    for _ in range(3):
        process = program.run(*words, APP_PLUGINS_LAZY=lazy)
        assert process.stderr == ""
        assert json.loads(process.stdout) == [{"a": 1}, "Better", True, True]


def test_a_host_in_the_main_module_of_the_package(application):
    program = Program(application, "app.__main__")
    for words in (["-m", "app"], ["code/app"], ["code/app/__main__.py"]):
        process = program.run(*words)
        assert (process.stderr, json.loads(process.stdout)[0]) == ("", {"a": 1})


def test_a_package_that_imports_the_module_before_it_runs_as_a_program(application):
    program = Program(application)
    application.write("app/__init__.py", "from app.core import host\n")
    application.settle()
    for words in (["-W", "ignore", "-m", "app.core"], ["code/app/core.py"]):
        process = program.run(*words)
        assert (process.stderr, json.loads(process.stdout)[0]) == ("", {"a": 1})


@pytest.mark.parametrize("lazy", "01")
def test_a_second_host_made_elsewhere_is_told_with_both_places(application, lazy):
    program = Program(application)
    application.write(
        "app/other.py", "from pegboard import Host\n\nmine = Host('app')\nitems = mine.registry('things')\n"
    )
    application.settle()
    code = "from app.core import things\nfrom app.other import items, mine\nthings.names(), items.names()\nprint(mine.problems[0].code)"
    for _ in range(2):
        process = program.run("-c", code, APP_PLUGINS_LAZY=lazy)
        assert process.stdout == "second-host\n"
        for place in (f"core.py:{HOST[: HOST.index('host =')].count(os.linesep) + 1}", "other.py:3"):
            assert place in process.stderr
        assert process.stderr.count("warning[second-host]") == 1
    process = program.run("-c", "from app.core import things\nprint(things.names())")
    assert (process.stdout, process.stderr) == ("('a',)\n", "")


WORKER = """
import pickle, sys
if sys.argv[1:]:
    print(pickle.loads(bytes.fromhex(sys.argv[1])).__class__.__name__, "app.core" in sys.modules)
else:
    from app.core import things
    print(pickle.dumps(things["mine"]).hex())
"""


@pytest.mark.parametrize("is_announced", [False, True])
def test_a_fresh_process_unpickles_an_object_of_any_plugin_by_one_line(application, is_announced):
    program = Program(application)
    if is_announced:
        line = "from pegboard import announce_host\nannounce_host('app', 'app.core')\n"
        application.write("app/__init__.py", line)
    folder = application.home / ".config/app/plugins"
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text("from app import api\nclass Mine: ...\napi.register('mine', Mine())\n")
    application.settle()
    for _ in range(2):
        sent = program.run("-c", WORKER)
        assert sent.stderr == ""
        received = program.run("-c", WORKER, sent.stdout.strip())
        if is_announced:
            assert (received.stdout, received.stderr) == ("Mine True\n", "")
        else:
            assert "ModuleNotFoundError" in received.stderr


def test_with_the_line_a_plugin_may_be_imported_first_wherever_the_application_asks(application):
    program = Program(application)
    application.write("app/__init__.py", "from pegboard import announce_host\nannounce_host('app', 'app.core')\n")
    application.write("app/core.py", HOST + "NAMES = things.names()\n")
    application.settle()
    code = "import app.plugins.a\nfrom app.core import NAMES, host, things\nprint(NAMES, things['a'], host.problems)"
    for lazy in "011":
        process = program.run("-c", code, APP_PLUGINS_LAZY=lazy)
        assert (process.stdout, process.stderr) == ("('a',) 1 []\n", "")


ELSEWHERE = "from pegboard import Host\n\nmine = Host('app'{options})\nitems = mine.registry('things')\n"


@pytest.mark.parametrize("lazy", "01")
@pytest.mark.parametrize(
    "ends", ["host.close()", "import asyncio; asyncio.run(host.aclose())", "things['a']; host.close()"]
)
def test_a_closed_host_is_replaced_by_one_made_elsewhere(application, lazy, ends):
    program = Program(application)
    application.write("app/other.py", ELSEWHERE.format(options=""))
    application.settle()
    code = f"""
from app.core import Clock, host, things
things.register("own", 2)
print(things.names(), type(host.container.get(Clock)).__name__)
{ends}
from app.other import items, mine
import app.api
print(items.names(), items["a"], items["own"], type(mine.container.get(Clock)).__name__, mine.problems)
print(things["a"], host.manager is mine.manager, app.api.host.plugins == mine.plugins)
"""
    for _ in range(3):
        process = program.run("-c", code, APP_PLUGINS_LAZY=lazy)
        assert process.stderr == ""
        assert process.stdout.splitlines() == [
            "('own', 'a') Better",
            "('own', 'a') 1 2 Better []",
            "1 True True",
        ]


def test_the_settings_of_the_host_that_replaces_a_closed_one_count(application):
    program = Program(application)
    application.write("app/other.py", ELSEWHERE.format(options=", environ={'APP_NO_PLUGINS': 'a'}"))
    application.settle()
    code = "from app.core import host, things\nprint(things.names())\nhost.close()\nfrom app.other import items\nprint(items.names(), things.names())"
    process = program.run("-c", code)
    assert (process.stderr, process.stdout) == ("", "('a',)\n() ()\n")


def test_what_is_closed_is_replaced_again_and_again(application):
    program = Program(application)
    code = """
from pegboard import Host
from app.core import host, things
import sys
before = len(sys.meta_path)
for _ in range(4):
    assert things["a"] == 1 and "app.plugins.a" in sys.modules
    host.close()
    host = Host("app")
    print(host.registry("things").names(), len(sys.meta_path) - before)
del host
again = Host("app")
print(again.registry("things").names(), again.problems)
"""
    process = program.run("-c", code)
    assert (process.stderr, process.stdout) == ("", "('a',) 0\n" * 4 + "('a',) []\n")


def test_a_host_that_is_not_closed_is_not_replaced(application):
    program = Program(application)
    application.write("app/other.py", ELSEWHERE.format(options=""))
    application.settle()
    code = "from app.core import host, things\nthings['a']\nfrom app.other import items\nprint(items.names())\nhost.close()"
    process = program.run("-c", code)
    assert process.stdout == "()\n"
    assert process.stderr.count("warning[second-host]") == 1


@pytest.mark.parametrize("lazy", "01")
@pytest.mark.parametrize("first", ["pass", "core.things.names()", "core.things['a']"])
def test_a_module_that_makes_the_host_may_be_reloaded(application, lazy, first):
    program = Program(application)
    code = f"""
import importlib
from app import core
{first}
for _ in range(2):
    old = core.host
    assert importlib.reload(core).host is not old
    print(core.things.names(), core.things["a"], core.host.problems)
from app import api
print(api.things["a"], importlib.reload(api).things["a"], api.host is core.host)
"""
    process = program.run("-c", code, APP_PLUGINS_LAZY=lazy)
    assert process.stderr == ""
    assert process.stdout.splitlines() == ["('a',) 1 []", "('a',) 1 []", "1 1 True"]


def test_a_reload_of_the_edited_module_takes_its_new_settings(application):
    program = Program(application)
    code = """
import importlib, pathlib
from app import core
print(core.things["a"])
file = pathlib.Path(core.__file__)
file.write_text("\\n\\n" + file.read_text().replace('Host("app")', 'Host("app", environ={"APP_NO_PLUGINS": "a"})'))
importlib.reload(core)
print(core.things.names(), core.host.problems)
"""
    process = program.run("-c", code)
    assert (process.stderr, process.stdout) == ("", "1\n() []\n")


@pytest.mark.parametrize("lazy", "01")
@pytest.mark.parametrize("module", ["app.extra", "json.tool", "app.plugins.b"])
def test_importlib_reload_executes_any_module_once_more(application, lazy, module):
    program = Program(application)
    for file in ("app/extra.py", "app/plugins/b.py"):
        application.write(file, '"""Its docstring."""\n')
    application.settle()
    code = f"""
import importlib, sys
from app import core
core.things["a"]
module = importlib.import_module("{module}")
del module.__doc__  # the body of a module sets it
importlib.reload(module)
print("__doc__" in vars(module))
"""
    for _ in range(2):
        process = program.run("-c", code, APP_PLUGINS_LAZY=lazy)
        assert (process.stderr, process.stdout) == ("", "True\n")
