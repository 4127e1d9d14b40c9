"""`plugins index …` on an application that mounts it, each command a process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

MAIN = """
import sys
from app.api import host
from pegboard.cli import manage
if sys.argv[1] == "start":
    sys.exit(host.start())
sys.exit(manage(host, sys.argv[1:], prog="app plugins"))
"""


@pytest.fixture
def plugins(application):
    """Return a function that runs `app plugins …` in a process of its own."""
    application.write("app/__main__.py", MAIN)
    for name in "abc":
        application.plugin(name)
    application.settle()

    def run(*arguments, **environ):
        return subprocess.run(
            [sys.executable, "-B", "-m", "app", *arguments],
            env=application.environ | environ,
            capture_output=True,
            text=True,
            check=False,
            cwd=application.root,
        )

    return run


def test_show_without_an_index_says_so(plugins):
    result = plugins("index", "show")
    assert result.returncode == 1
    assert "state: there is no index yet" in result.stdout


def test_build_records_everything_and_show_lists_it_without_importing(plugins, application):
    result = plugins("index", "build")
    assert result.returncode == 0
    assert result.stdout.startswith("recorded 3 plugins, imported in ")
    application.plugin("a", "raise AssertionError('imported')\n")
    shown = plugins("index", "show")
    assert "a (namespace, " in shown.stdout
    assert "    things: t-b\n" in shown.stdout
    assert "imported" not in shown.stderr


def test_build_into_a_directory_leaves_the_users_cache_alone(plugins, application, tmp_path):
    assert plugins("index", "build", "--into", str(tmp_path / "image")).returncode == 0
    assert len(list((tmp_path / "image").glob("plugins-*.index"))) == 1
    assert not (application.home / ".cache").exists()


def test_build_with_a_broken_plugin_names_it_and_ends_with_findings(plugins, application):
    application.plugin("b", "1/0\n")
    result = plugins("index", "build")
    assert result.returncode == 1
    assert "plugin 'b' could not be imported" in result.stderr
    assert "recorded 2 plugins" in result.stdout


def test_build_without_a_place_to_write_says_so(plugins, application):
    (application.home / ".cache").write_text("")
    result = plugins("index", "build")
    assert result.returncode == 1
    assert "cannot be written" in result.stderr


def test_why_tells_the_reason_of_the_last_import_and_the_dependencies(plugins, application):
    application.plugin("b", "import os\nos.environ.get('WISH')\n")
    plugins("index", "build")
    application.plugin("b", "import os\nos.environ.get('WISH')\n# edited\n")
    result = plugins("index", "why", "b")
    assert result.returncode == 1
    assert "the index as a whole: the file" in result.stdout
    assert "its record: its file" in result.stdout
    assert "    environment variable WISH\n" in result.stdout
    plugins("start")
    result = plugins("index", "why", "b")
    assert "last recorded: again, since its file " in result.stdout
    assert "its record: valid" in result.stdout


def test_why_of_an_unknown_plugin_suggests_the_known(plugins):
    plugins("index", "build")
    result = plugins("index", "why", "bb")
    assert result.returncode == 1
    assert "error[plugin-not-found]: no plugin is named 'bb'" in result.stderr


def test_verify_finds_nothing_when_plugins_are_steady(plugins):
    plugins("index", "build")
    result = plugins("index", "verify")
    assert (result.returncode, result.stdout) == (0, "3 plugins recorded afresh, twice: no difference\n")


def test_verify_names_a_plugin_that_registers_something_else_every_time(plugins, application):
    application.plugin("b", "import time\nregister(f'at {time.time_ns()}', 1)\n")
    plugins("index", "build")
    result = plugins("index", "verify")
    assert result.returncode == 1
    assert "plugin 'b': no longer registers things 'at " in result.stdout


def test_verify_names_a_plugin_that_depends_on_who_was_imported_before(plugins, application):
    application.plugin("b", "import sys\nif 'app.plugins.c' in sys.modules: register('after c', 1)\n")
    plugins("index", "build")
    result = plugins("index", "verify")
    assert result.returncode == 1
    assert "plugin 'b': now registers things 'after c' (afresh in reverse order)" in result.stdout


def test_verify_shows_what_depends_on_something_that_no_record_knows(plugins, application):
    flag = application.root / "flag"
    application.plugin("b", f"import pathlib\nif pathlib.Path({str(flag)!r}).exists(): register('there', 1)\n")
    application.settle()
    plugins("index", "build")
    flag.touch()
    result = plugins("index", "verify")
    assert result.returncode == 1
    assert "plugin 'b': now registers things 'there'" in result.stdout


def test_clear_forgets(plugins, application):
    plugins("index", "build")
    assert plugins("index", "clear").stdout == "forgot 1 record of this application\n"
    assert application.names().imported == ["a", "b", "c"]


def test_usage_errors_exit_with_two(plugins):
    assert plugins("index", "odd").returncode == 2
    assert plugins("nonsense").returncode == 2


def test_every_command_answers_in_json(plugins, application):
    application.plugin("b", "1/0\n")
    application.settle()
    built = plugins("index", "build", "--json")
    answer = json.loads(built.stdout)
    assert built.returncode == 1
    assert answer["index"].endswith(".index")
    assert answer["imported_in_ms"] > 0
    told = {each["name"]: (each["is_recorded"], each["contributions"]) for each in answer["plugins"]}
    assert told == {"a": (True, {"things": ["t-a"]}), "b": (False, {}), "c": (True, {"things": ["t-c"]})}

    shown = json.loads(plugins("index", "show", "--json").stdout)
    assert (shown["is_valid"], shown["why_not"]) == (True, None)
    assert (shown["index"], shown["plugins"]) == (answer["index"], answer["plugins"])

    why = json.loads(plugins("index", "why", "a", "--json").stdout)
    assert why["plugin"] == answer["plugins"][0]
    assert why["record_why_not"] is None
    assert any(file.endswith("a.py") for file in why["depends_on"]["files"])
    assert "every start until its import succeeds" in plugins("index", "why", "b", "--json").stdout

    verified = plugins("index", "verify", "--json")
    assert (verified.returncode, json.loads(verified.stdout)) == (0, {"plugins": ["a", "c"], "differences": []})
    assert json.loads(plugins("index", "clear", "--json").stdout) == {"forgotten": 1}
    assert json.loads(plugins("index", "show", "--json").stdout)["plugins"] == []
    assert json.loads(plugins("index", "why", "a", "--json").stdout)["plugin"] is None
