"""Command lines made with argparse, click and typer, whose commands come from plugins, as their users run them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

CLICK = """
import functools, click
from pegboard import Host
from pegboard.adapters.click import plugin_group, plugins_command, register_command

class Aliases(click.Group):
    def get_command(self, context, name):
        return super().get_command(context, {"o": "own"}.get(name, name))

host = Host("app")
commands = host.registry("commands")
command = functools.partial(register_command, commands)

@click.group(cls=plugin_group(host, commands, Aliases))
def cli():
    "The application."

@cli.command()
def own():
    "Its own."
    print("own runs")

@cli.group()
def admin():
    "More."

cli.add_command(plugins_command(host))
admin.add_command(plugins_command(host, "ext"))
"""
TYPER = """
import functools, typer
from pegboard import Host
from pegboard.adapters.typer import add_plugins_command, plugin_group, register_command

host = Host("app")
commands = host.registry("commands")
command = functools.partial(register_command, commands)
cli = typer.Typer(cls=plugin_group(host, commands))
admin = typer.Typer()
cli.add_typer(admin, name="admin")
add_plugins_command(cli, host)
add_plugins_command(admin, host, "ext")

@cli.command()
def own():
    "Its own."
    print("own runs")
"""
CLICK_PLUGINS = {
    "csv": """
import click
from app.api import command
@command
@click.command("csv")
@click.argument("number", type=int)
@click.option("--fail", is_flag=True)
def csv(number, fail):
    "Export as CSV."
    print("csv", number)
    if fail:
        raise KeyError("fail")
""",
    "tools": """
import click
from app.api import command
@command
@click.group()
def tools():
    "A group."
@tools.command()
def inner():
    "In it."
    print("inner runs")
""",
}
TYPER_PLUGINS = {
    "csv": """
from app.api import command
@command
def csv(number: int, fail: bool = False):
    "Export as CSV."
    print("csv", number)
    if fail:
        raise KeyError("fail")
""",
    "tools": """
import typer
from app.api import command
tools = typer.Typer(name="tools", help="A group.")
@tools.command()
def inner():
    "In it."
    print("inner runs")
command(tools)
""",
}
FRAMEWORKS = {"click": (CLICK, CLICK_PLUGINS), "typer": (TYPER, TYPER_PLUGINS)}


class Program:
    def __init__(self, application):
        self.application = application

    def command(self, *words):
        return [sys.executable, "-B", str(self.application.code / "run.py"), *words]

    def environ(self, **variables):
        return {**self.application.environ, "COLUMNS": "100", "LC_ALL": "C.UTF-8", "TERM": "dumb", **variables}

    def __call__(self, *words, **variables):
        return subprocess.run(
            self.command(*words),
            cwd=self.application.root,
            env=self.environ(**variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def complete(self, words):
        variables = {"COMP_WORDS": f"app {words}", "COMP_CWORD": str(len(words.split(" ")))}
        word = "complete_bash" if self.application.framework == "typer" else "bash_complete"
        done = self("--", _APP_COMPLETE=word, **variables)
        return {line.rpartition(",")[2] for line in done.stdout.splitlines()}


@pytest.fixture(params=FRAMEWORKS)
def program(application, request):
    """Return the program of an application that has started before; its plugins say when they are imported."""
    application.framework = request.param
    text, plugins = FRAMEWORKS[request.param]
    application.write("app/api.py", text)
    application.write("run.py", "from app.api import cli\ncli(prog_name='app')\n")
    for name, code in plugins.items():
        application.write(f"app/plugins/{name}.py", code + f"print('{name} is imported')\n")
    application.settle()
    program = Program(application)
    assert program("--help").returncode == 0
    return program


def test_help_lists_commands_of_plugins_and_imports_none(program):
    out = program("--help").stdout
    for text in ("own", "Its own.", "csv", "Export as CSV.", "tools", "A group.", "plugins"):
        assert text in out
    assert "is imported" not in out


def test_a_command_is_imported_when_it_is_run_and_no_other(program):
    done = program("csv", "3")
    assert (done.returncode, done.stdout) == (0, "csv 3\n")
    assert done.stderr == "app: plugin 'csv' prints: csv is imported\n"
    done = program("tools", "inner")
    assert (done.stdout, done.stderr) == ("inner runs\n", "app: plugin 'tools' prints: tools is imported\n")
    done = program("own")
    assert (done.stdout, done.stderr) == ("own runs\n", "")
    assert "--fail" in program("csv", "--help").stdout


def test_wrong_input_ends_with_2(program):
    assert program("csv", "many").returncode == 2
    assert program("tools", "none").returncode == 2
    done = program("cvs")
    assert done.returncode == 2
    assert "No such command 'cvs'" in done.stderr
    assert "Did you mean 'csv'?" in done.stderr


def test_an_exception_of_a_plugin_names_it(program):
    done = program("csv", "3", "--fail")
    assert done.returncode == 1
    said = " ".join(done.stderr.replace("│", " ").split())
    assert "plugin 'csv' failed while running command 'csv': KeyError: 'fail'" in said
    assert "Traceback" not in said
    assert "Traceback" in program("csv", "3", "--fail", APP_PLUGINS_STRICT="1").stderr


def test_a_command_whose_import_fails_says_so(program):
    code = "import os\nif os.path.exists('die'): raise ConnectionError('no net')\n"
    file = program.application.site / "app/plugins/csv.py"
    file.write_text(file.read_text() + code)
    program.application.settle()
    program("--help")
    (program.application.root / "die").touch()
    done = program("csv", "3")
    assert done.returncode == 1
    assert "ConnectionError: no net" in done.stderr
    assert "command 'csv' cannot be used: plugin 'csv' could not be imported" in done.stderr
    assert "Traceback" not in done.stderr
    assert program("own").returncode == 0
    assert program("csv", "3").returncode == 2  # now it is known to be broken


def test_a_command_of_a_disabled_plugin_says_why(program):
    for done in (program("--no-plugins=csv", "csv", "3"), program("csv", "3", APP_NO_PLUGINS="csv")):
        assert done.returncode == 2
        said = " ".join(done.stderr.replace("│", " ").split())
        assert "No such command 'csv'. It is in plugin 'csv', which is disabled: left out by" in said
    assert "csv" not in program("--no-plugins", "--help").stdout


def test_a_command_of_the_application_keeps_its_name(program):
    program.application.write("app/plugins/own.py", "from app.api import commands\ncommands.register('own', print)\n")
    program.application.settle()
    done = program("--help")
    assert "plugin 'own' registers 'own' in 'commands', which the application's own command already has" in done.stderr
    assert program("own").stdout.endswith("own runs\n")


def test_what_is_no_command_is_named(program):
    program.application.write(
        "app/plugins/odd.py", "from app.api import commands\ncommands.register('odd', 3, help=4)\n"
    )
    program.application.settle()
    assert program("--help").returncode == 0
    done = program("odd")
    assert done.returncode == 1
    assert "command 'odd' of plugin 'odd' cannot be used" in done.stderr


def test_completion_shows_commands_and_nothing_that_plugins_print(program):
    assert {"own", "csv", "tools", "plugins"} <= program.complete("")
    assert program.complete("cs") == {"csv"}
    assert program.complete("tools ") == {"inner"}
    assert "--fail" in program.complete("csv --")
    assert "csv is imported" not in program.complete("csv --")
    assert program.complete("plugins dis") == {"disable"}


def test_the_plugins_commands_are_named_as_they_are_mounted(program):
    done = program("admin", "ext", "list", "--json")
    assert {plugin["name"] for plugin in json.loads(done.stdout)["plugins"]} == {"csv", "tools"}
    assert program("admin", "ext", "--help").stdout.startswith("usage: app admin ext [-h]")
    assert program("plugins", "list", "--help").stdout.startswith("usage: app plugins list ")
    wrong = program("plugins", "bogus")
    assert wrong.returncode == 2
    assert "app plugins: error" in wrong.stderr
    assert program("plugins", "why", "nobody").returncode == 1


def test_the_plugins_commands_keep_the_double_dash(program):
    done = program("plugins", "profile", "--json", "--", "csv", "3")
    assert done.returncode == 0, done.stderr
    assert any(plugin["name"] == "csv" for plugin in json.loads(done.stdout)["plugins"])


def test_the_plugins_commands_do_not_need_a_start(program):
    done = program("plugins", "index", "build", "--json")
    assert done.returncode == 0, done.stderr


def test_hints_name_the_mounted_commands(program):
    program.application.write("app/plugins/deadly.py", "import os\nos._exit(3)\n")
    for _ in range(2):
        program("--help")
    # both are mounted: either would do, and the last one is taken
    assert "`app admin ext release deadly`" in program("--help").stderr
    assert program("admin", "ext", "release", "deadly").returncode == 0


def test_ctrl_c_ends_a_command_of_a_plugin_as_one_of_the_application(program):
    code = "import time\nprint('waiting', flush=True)\ntime.sleep(60)\n"
    body = "".join(f"    {line}\n" for line in code.splitlines())
    file = program.application.site / "app/plugins/csv.py"
    file.write_text(file.read_text().replace('    print("csv", number)\n', body))
    process = subprocess.Popen(
        program.command("csv", "3"),
        cwd=program.application.root,
        env=program.environ(),
        stdout=-1,
        stderr=-1,
        text=True,
    )
    for line in process.stdout:
        if line == "waiting\n":
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == (130 if program.application.framework == "typer" else 1)
    assert "plugin" not in err.replace("app: plugin 'csv' prints: csv is imported\n", "")
    assert "Traceback" not in err


def test_an_alias_of_the_application_stays(application):
    application.write("app/api.py", CLICK)
    application.write("run.py", "from app.api import cli\ncli(prog_name='app')\n")
    assert Program(application)("o").stdout == "own runs\n"


ARGPARSE = """
import argparse, sys
from pegboard import Host
from pegboard.cli import add_commands, add_plugins_command
host = Host("app")
commands = host.registry("commands")
parser = argparse.ArgumentParser(prog="app")
subparsers = {}
add_plugins_command(subparsers, host, "ext")
print(parser.parse_args())
"""


@pytest.fixture(params=["parser.add_subparsers()", "add_commands(parser, commands)"])
def parser(application, request):
    application.write("app/api.py", ARGPARSE.format(request.param))
    application.write("app/plugins/a.py", "import app.api\n")
    application.write("run.py", "import app.api\n")
    return Program(application)


def test_the_plugins_commands_of_a_parser(parser):
    assert "look after the plugins of this application" in parser("--help").stdout
    assert parser("ext", "--help").stdout.startswith("usage: app ext [-h]")
    assert "app ext: error" in parser("ext", "bogus").stderr
    assert parser("ext", "bogus").returncode == 2
    done = parser("ext", "list", "--json")
    assert [plugin["name"] for plugin in json.loads(done.stdout)["plugins"]] == ["a"]
    assert parser("ext", "why", "--", "nobody").returncode == 1
