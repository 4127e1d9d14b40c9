"""`plugins list`, `info`, `why` and `graph` on an application that mounts them, each command a process."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys

import pytest

MAIN = """
import sys
from app.api import host
from pegboard.cli import manage, take_no_plugins
arguments = take_no_plugins(sys.argv[1:], host)
try:
    status = manage(host, arguments, prog="app plugins")
    sys.stdout.flush()
except BrokenPipeError:
    import os
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    status = 1
sys.exit(status)
"""
COMMANDS = (["list"], ["info", "a"], ["why", "a"], ["graph"])


@pytest.fixture
def plugins(application):
    """Return what runs `app …` in a process; plugins a and b register, c overrides a's, d decorates, e is broken."""
    application.write("app/__main__.py", MAIN)
    application.plugin("a")
    application.plugin("b", "declare(after=['d'])")
    application.plugin("c", "register('t-a', 1, override=True)\nprovide(api.Clock, lambda: 2)")
    application.plugin("d", "api.host.container.decorate(api.Clock, lambda clock: clock)")
    application.plugin("e", "raise RuntimeError('no luck')")
    application.settle()

    def run(*arguments, **options):
        options = {"capture_output": True, "text": True} | options
        environ = application.environ | options.pop("environ", {})
        command = [sys.executable, "-B", "-m", "app", *arguments]
        return subprocess.run(command, env=environ, check=False, cwd=application.root, **options)

    run("list")
    return run


def data(result):
    return json.loads(result.stdout)


def test_list_shows_every_plugin_with_its_state_and_imports_none_that_works(plugins, application):
    result = plugins("list", "--json")
    found = {plugin["name"]: plugin for plugin in data(result)["plugins"]}

    assert result.returncode == 0
    assert {name: plugin["state"] for name, plugin in found.items()} == {
        "a": "primed", "b": "primed", "c": "primed", "d": "primed", "e": "broken"
    }  # fmt: skip
    assert found["e"]["fault"]["cause"] == "RuntimeError: no luck"
    assert found["e"]["fault"]["where"].endswith("e.py:5")
    assert found["e"]["fault"]["hint"]
    assert found["b"]["after"] == ["d"]
    assert found["a"]["cost_ms"] >= 0
    assert plugins("list").stdout.splitlines() == [
        "name  version  state   adds",
        "a     -        primed  not in use: things t-a",
        "c     -        primed  things: t-a, t-c; component: Clock",
        "d     -        primed  things: t-d; decorator: Clock",
        "b     -        primed  things: t-b",
        "e     -        broken  RuntimeError: no luck",
    ]
    lines = plugins("list", "--long").stdout.splitlines()
    assert re.split(r"\s{2,}", lines[0]) == ["name", "version", "distribution", "state", "why", "contributions", "ms"]
    assert "things: t-a, t-c; component: Clock" in lines[2]


def test_all_commands_have_one_word_for_the_state_of_a_plugin(plugins, application):
    application.plugin("f", "declare(eager=True)")
    application.plugin("g", "declare(eager=True)\n1/0")
    application.plugin("h", "1/0")
    application.write("../home/.config/app/plugins.toml", "[plugins.a]\nenabled = false\n")
    application.settle()
    plugins("list")
    wanted = {"a": "disabled", "b": "primed", "e": "broken", "f": "eager", "g": "broken", "h": "broken"}

    def states(*words, field="state"):
        found = {each["name"]: each[field] for each in data(plugins(*words, "--json"))["plugins"]}
        return {name: found[name] for name in wanted}

    assert states("list") == states("order") == states("index") == wanted
    assert states("inspect") == wanted
    assert data(plugins("why", "g", "--json"))["plugin"]["state"] == "broken"


def test_a_command_that_shows_a_broken_plugin_does_not_tell_of_it_as_well(plugins):
    for words in (["list"], ["why", "e"], ["info", "e"]):
        shown = plugins(*words)
        assert ("RuntimeError: no luck" in shown.stdout, shown.stderr) == (True, ""), words
    for words in (["list", "--state", "primed"], ["info", "a"]):
        other = plugins(*words)
        assert "no luck" not in other.stdout
        assert other.stderr.count("plugin 'e'") == 1, words


def test_a_command_that_shows_a_plugin_without_its_module_does_not_tell_of_it_as_well(plugins, application):
    info = "acme_f-1.0.dist-info"
    application.write(f"../site/{info}/METADATA", "Metadata-Version: 2.1\nName: acme-f\nVersion: 1.0\n")
    application.write(f"../site/{info}/entry_points.txt", "[app.plugins]\nf = acme_nowhere\n")
    application.settle()
    for words in (["list"], ["why", "acme-f"]):  # the second one starts from the index
        shown = plugins(*words)
        assert "acme_nowhere" in shown.stdout
        assert "plugin 'f'" not in shown.stderr, words


def test_a_name_that_was_left_out_and_is_no_plugin_is_told(plugins):
    for _ in range(2):
        done = plugins("--no-plugins=bb,a", "list")
        assert done.returncode == 0
        assert (
            done.stderr.count("no plugin is named 'bb': it is named in --no-plugins=bb,a (hint: did you mean 'b'?)")
            == 1
        )


def test_only_plugins_with_newer_versions_are_listed_when_these_are_asked_for(plugins, application, tmp_path):
    info = "acme_b-1.0.dist-info"
    application.write(f"../site/{info}/METADATA", "Metadata-Version: 2.1\nName: acme-b\nVersion: 1.0\n")
    application.write(f"../site/{info}/RECORD", f"app/plugins/b.py,,\n{info}/METADATA,,\n{info}/RECORD,,\n")
    application.settle()
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    place = ("--no-index", "--find-links", str(wheels))
    assert plugins("list", "--outdated", *place).stdout == "no newer version of a plugin is known\n"
    (wheels / "acme_b-1.1-py3-none-any.whl").touch()
    lines = plugins("list", "--outdated", *place).stdout.splitlines()
    assert lines == ["name  version  newest  state   adds", "b     1.0      1.1     primed  things: t-b"]
    assert plugins("search", "--json", *place).returncode == 1
    (wheels / "app_extra-1.1-py3-none-any.whl").touch()
    found = data(plugins("search", "ext", "--json", *place))["plugins"]
    assert found == [{"name": "app-extra", "summary": "", "installed": None}]
    assert data(plugins("info", "acme.B", "--json"))["name"] == "b"
    assert plugins("why", "acme-b").stdout.startswith("plugin 'b' of acme-b 1.0 is primed\n")


@pytest.mark.parametrize("words", [("info", "nope"), ("why",), ("list", "--state", "odd"), ("disable", "nope")])
def test_a_failure_answers_in_json_if_that_is_asked_for(plugins, words):
    done = plugins(*words, "--json")
    assert done.returncode in (1, 2)
    assert data(done)["error"]["what"]
    assert done.stderr


def test_list_can_be_narrowed(plugins):
    assert [plugin["name"] for plugin in data(plugins("list", "--json", "--state", "broken"))["plugins"]] == ["e"]
    assert plugins("list", "--state", "disabled").stdout == "there is no such plugin\n"
    wrong = plugins("list", "--state", "odd")
    assert wrong.returncode == 2
    assert "invalid choice: 'odd'" in wrong.stderr


def test_info_shows_what_is_contributed_and_what_became_of_it(plugins):
    about_a, about_c = plugins("info", "a").stdout, plugins("info", "c").stdout

    assert re.search(r"^state: +primed$", about_a, re.MULTILINE)
    assert "\n  things:t-a: overridden\n" in about_a
    assert "\n      summary: by a\n" in about_a
    assert "\n  things:t-a: in use, since it says override=True\n" in about_c
    assert "\n  component:app.api:Clock: in use, since it comes last\n" in about_c


def test_info_of_a_broken_plugin_has_the_whole_error(plugins):
    text = plugins("info", "e").stdout

    assert "\nerror[plugin-import-failed]: plugin 'e' could not be imported and is left out\n" in text
    assert "\n  cause: RuntimeError: no luck\n" in text
    assert re.search(r"\n  where: .*e\.py:5\n  hint: ", text)


def test_why_answers_for_a_plugin(plugins, application):
    application.write("../home/.config/app/plugins.toml", "# mine\n[plugins.b]\nenabled = false\n")
    assert "why: known from its record" in plugins("why", "a").stdout
    text = plugins("why", "b").stdout
    assert text.startswith("plugin 'b' is disabled\n")
    assert re.search(r"\n  said: enabled = false in .*plugins\.toml, line 3\n", text)
    left_out = plugins("--no-plugins=a", "why", "a").stdout
    assert "\n  said: it is left out by --no-plugins=a\n" in left_out
    assert "the environment variable APP_NO_PLUGINS=a" in plugins("why", "a", environ={"APP_NO_PLUGINS": "a"}).stdout


def test_why_answers_for_a_name_in_a_registry(plugins):
    assert plugins("why", "things:t-a").stdout == (
        "things:t-a\n"
        "  plugin 'c', primed: in use, since it says override=True\n"
        "  plugin 'a', primed: overridden\n"
    )  # fmt: skip


def test_why_answers_for_a_component_by_the_end_of_its_name(plugins):
    assert plugins("why", "component:Clock").stdout == (
        "component:app.api:Clock\n"
        "  plugin 'c', primed: in use, since it comes last\n"
        "  the application: overridden by plugin 'c'\n"
    )  # fmt: skip
    assert plugins("why", "decorator:Clock").stdout == "decorator:app.api:Clock\n  plugin 'd', primed: in use\n"
    assert data(plugins("why", "component:Clock", "--json"))["claims"][1]["overrides"] == [""]


def test_why_of_a_kind_lists_it(plugins):
    result = plugins("why", "things:")
    assert result.returncode == 0
    assert "  things:t-a: plugin 'c', and 1 more\n" in result.stdout


@pytest.mark.parametrize(
    ("text", "near"),
    [("thing:t-a", "things:t-a"), ("component:Clok", "component:app.api:Clock"), ("cc", "c"), ("t-a", "things:t-a")],
)
def test_why_of_what_is_not_there_suggests_the_nearest_and_says_where_it_looked(plugins, application, text, near):
    result = plugins("why", text)
    assert result.returncode == 1
    assert re.search(rf"\n  did you mean (.* or )?{near}( or .*)?\?\n", result.stdout)
    assert f"\n    {application.site / 'app' / 'plugins'}\n" in result.stdout


@pytest.mark.parametrize("command", ["info", "graph"])
def test_an_unknown_plugin_is_refused_with_the_nearest(plugins, command, application):
    application.plugin("balance")
    result = plugins(command, "ballance")
    assert result.returncode == 1
    assert "did you mean 'balance'?" in result.stderr


def test_the_graph_says_who_overrides_and_wraps(plugins):
    edges = {(edge["start"], edge["end"], edge["label"]) for edge in data(plugins("graph", "--json"))["edges"]}

    assert ("plugin:c", "things:t-a", "overrides with") in edges
    assert ("plugin:a", "things:t-a", "does not get") in edges
    assert ("plugin:d", "component:app.api:Clock", "wraps") in edges
    assert ("plugin:b", "plugin:d", "comes after") in edges
    assert ("application", "component:app.api:Clock", "does not get") in edges


ODD = 'odd "quoted" <b>&amp;</b> \\ [x] é'


def test_the_graph_is_well_formed_with_odd_names(plugins, application):
    application.plugin("f", f"register({ODD!r}, 1)")
    mermaid = plugins("graph").stdout.splitlines()
    assert mermaid[0] == "flowchart LR"
    node = re.compile(r'    n\d+(\["[^"<>&\\]+"\]|\(\["[^"<>&\\]+"\]\))')
    edge = re.compile(r'    n\d+ (-->|-\.->)(\|"[a-z ]+"\|)? n\d+')
    assert [line for line in mermaid[1:] if not node.fullmatch(line) and not edge.fullmatch(line)] == []
    dot = plugins("graph", "--format", "dot").stdout.splitlines()
    assert (dot[0], dot[-1]) == ("digraph plugins {", "}")
    string = r'"(?:[^"\\]|\\.)*"'
    statement = re.compile(
        rf"    (?:{string}(?: -> {string})? \[(?:\w+=(?:{string}|\w+)(?:, )?)+\];|rankdir=LR;|node .*)"
    )
    assert [line for line in dot[1:-1] if not statement.fullmatch(line)] == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
class TestSurroundings:
    def test_without_utf_8(self, plugins, application, command):
        application.plugin("é", f"register({ODD!r}, 1)")
        result = plugins(*command, environ={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
        assert (result.returncode, "Traceback" in result.stderr) == (0, False)
        assert result.stdout.isascii()

    def test_with_a_reader_that_is_gone(self, plugins, command):
        reader, writer = os.pipe()
        os.close(reader)
        result = plugins(*command, capture_output=False, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        assert (result.returncode, "Traceback" in result.stderr) == (1, False)

    def test_when_interrupted(self, plugins, application, command):
        application.write("app/plugins/z.py", "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
        result = plugins(*command)
        assert result.returncode in (130, -signal.SIGINT)
        assert result.stdout == ""
        assert "Traceback" not in result.stderr

    def test_in_safe_mode(self, plugins, command):
        result = plugins("--no-plugins", *command)
        assert result.returncode == 0
        assert "no luck" not in result.stderr

    def test_with_a_damaged_index_and_nonsense_settings(self, plugins, application, command):
        for path in application.home.rglob("*.index"):
            path.write_bytes(path.read_bytes()[:-40].replace(b"t-a", b"t-x"))
        application.write("../home/.config/app/plugins.toml", "strict = [")
        result = plugins(*command)
        assert result.returncode == 0
        assert "warning[configuration-invalid]" in result.stderr

    def test_json_is_one_document(self, plugins, command):
        assert data(plugins(*command, "--json"))


def test_list_on_a_terminal_of_40_columns_cuts_the_last_one(plugins, application):
    ours, theirs = pty.openpty()
    result = plugins(
        "list",
        capture_output=False,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        environ={"COLUMNS": "40", "TERM": "xterm"},
    )
    os.close(theirs)
    text = os.read(ours, 100_000).decode().replace("\r\n", "\n")
    os.close(ours)
    assert result.returncode == 0
    assert max(map(len, text.splitlines())) <= 40
    assert "\nc     -        primed  things: t-a, t...\n" in text


def test_a_plugin_that_another_one_imports_was_not_imported_to_be_recorded(plugins, application):
    application.plugin("f", "declare(eager=True)\nimport app.plugins.a")
    application.settle()
    first = {plugin["name"]: plugin for plugin in data(plugins("list", "--json"))["plugins"]}
    again = {plugin["name"]: plugin for plugin in data(plugins("list", "--json"))["plugins"]}
    assert first["f"]["state"] == again["f"]["state"] == "eager"
    assert (again["a"]["state"], again["a"]["why"]) == ("active", "imported")
