"""`plugins enable`, `disable`, `order` and `config` on an application that mounts them, each command a process."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

MAIN = """
import sys
from app.api import host
from pegboard.cli import manage, take_no_plugins
sys.exit(manage(host, take_no_plugins(sys.argv[1:], host), prog="app plugins"))
"""


@pytest.fixture
def plugins(primed):
    """Return a function that runs `app plugins …` in a process of its own."""
    primed.write("app/__main__.py", MAIN)

    def run(*arguments, **environ):
        return subprocess.run(
            [sys.executable, "-B", "-m", "app", *arguments],
            env=primed.environ | environ,
            capture_output=True,
            text=True,
            check=False,
            cwd=primed.root,
        )

    return run


@pytest.fixture
def file(primed):
    return primed.home / ".config/app/plugins.toml"


def names(application, **environ):
    return application.run("result['names'] = things.names()", **environ)["names"]


def test_a_disabled_plugin_is_left_out_from_the_next_start_on(plugins, primed, file):
    result = plugins("disable", "b")
    assert result.returncode == 0
    assert result.stdout == "plugin 'b' is disabled: it is left out from the next start on\n"
    assert file.read_text() == "[plugins.b]\nenabled = false\n"
    assert names(primed) == ["t-a", "t-c"]
    assert plugins("enable", "b").returncode == 0
    assert names(primed) == ["t-a", "t-b", "t-c"]


def test_an_unknown_name_changes_nothing_and_the_nearest_is_suggested(plugins, file, primed):
    primed.plugin("balance")
    result = plugins("disable", "a", "balanse")
    assert result.returncode == 1
    assert "no plugin is named 'balanse'" in result.stderr
    assert "did you mean 'balance'?" in result.stderr
    assert not file.exists()


def test_a_plugin_that_only_the_file_knows_may_be_enabled(plugins, file):
    file.parent.mkdir(parents=True)
    file.write_text("[plugins.gone]\nenabled = false\n")
    result = plugins("enable", "gone")
    assert result.returncode == 0
    assert "note: it is not installed" in result.stdout


def test_what_beats_the_file_is_told(plugins):
    assert "left out by APP_NO_PLUGINS" in plugins("enable", "a", APP_NO_PLUGINS="a").stdout
    assert "enabled by APP_PLUGINS" in plugins("disable", "a", APP_PLUGINS="a").stdout
    assert "left out by --no-plugins=b" in plugins("--no-plugins=b", "enable", "b").stdout


def test_a_plugin_that_the_application_requires_stays(plugins, primed, file):
    primed.write(
        "app/api.py", (primed.code / "app/api.py").read_text().replace('Host("app")', 'Host("app", required=["a"])')
    )
    result = plugins("disable", "a")
    assert result.returncode == 1
    assert "app cannot start without plugin 'a'" in result.stderr
    assert plugins("config", "plugins.a.enabled", "false").returncode == 1
    assert not file.exists()


def test_disabling_answers_in_json(plugins, file):
    answer = json.loads(plugins("disable", "b", "--json").stdout)
    assert answer == {
        "file": str(file),
        "is_changed": True,
        "plugins": [
            {
                "name": "b",
                "is_installed": True,
                "is_built_in": False,
                "is_enabled": False,
                "is_changed": True,
                "overridden_by": None,
            }
        ],
    }


def test_the_order_is_set_shown_and_cleared(plugins, primed, file):
    assert plugins("order", "c", "a").returncode == 0
    assert file.read_text() == 'order = ["c", "a"]\n'
    assert names(primed) == ["t-b", "t-c", "t-a"]
    answer = json.loads(plugins("order", "--json").stdout)
    assert [(each["name"], each["why"]) for each in answer["plugins"]] == [
        ("b", "by name"),
        ("c", "number 1 of the order in plugins.toml"),
        ("a", "number 2 of the order in plugins.toml"),
    ]
    assert plugins("order", "--clear").returncode == 0
    assert names(primed) == ["t-a", "t-b", "t-c"]


def test_the_order_shows_the_wishes_of_authors_also_after_a_change(plugins, primed):
    primed.plugin("a", "declare(after=['c'])\n")
    primed.settle()
    assert plugins("index", "build").returncode == 0  # another program has another import path, and index
    result = plugins("order", "b", "c")
    assert [line.split()[1] for line in result.stdout.splitlines()[3:]] == ["b", "c", "a"]
    assert "it wishes to come after c" in result.stdout


def test_what_is_muted_is_kept_listed_and_heard_again(plugins, primed, file):
    primed.plugin("b", "raise ValueError('no')\n")
    primed.settle()
    assert "plugin 'b'" in primed.names().stderr
    result = plugins("mute", "b", "name-clash")
    assert result.stdout == (
        "b: every fault of plugin 'b'\n"
        "name-clash: Two plugins register one name in one registry; the first in order keeps it\n"
        "no start tells of these; to hear of one again: app plugins unmute name-clash\n"
    )
    assert file.read_text() == 'mute = ["b", "name-clash"]\n'
    assert primed.names().stderr == ""
    listed = plugins("list")
    assert listed.stdout.endswith("muted, so that no start tells of it: b, name-clash (app plugins unmute)\n")
    assert json.loads(plugins("mute", "--json").stdout)["muted"] == ["b", "name-clash"]
    assert json.loads(plugins("list", "--json").stdout)["muted"] == ["b", "name-clash"]
    wrong = plugins("unmute", "name-clahs")
    assert (wrong.returncode, "did you mean 'name-clash'?" in wrong.stderr) == (1, True)
    assert "nothing is muted" in plugins("unmute", "--all").stdout
    assert "plugin 'b'" in primed.names().stderr


@pytest.mark.parametrize(("name", "hint"), [("name-clahs", "'name-clash'"), ("q", "what a message has in brackets")])
def test_what_nobody_can_say_is_not_muted(plugins, file, name, hint):
    result = plugins("mute", name)
    assert result.returncode == 1
    assert hint in result.stderr
    assert not file.exists()


@pytest.mark.parametrize(
    "arguments", [("unmute",), ("order", "--clear", "a"), ("order", "a", "a"), ("config", "--unset"), ("enable",)]
)
def test_conflicting_or_missing_arguments_are_wrong_usage(plugins, arguments):
    assert plugins(*arguments).returncode == 2


def test_config_shows_each_setting_and_where_it_comes_from(plugins, file):
    file.parent.mkdir(parents=True)
    file.write_text("# mine\nstrict = true\n[plugins.a]\nenabled = false\n")
    answer = json.loads(plugins("config", "--json", APP_PLUGINS_STRICT="0", APP_PLUGINS="b").stdout)
    assert [tuple(each.values()) for each in answer["settings"]] == [
        ("strict", False, "environment variable APP_PLUGINS_STRICT"),
        ("enabled", True, "default"),
        ("order", [], "default"),
        ("mute", [], "default"),
        ("plugins.a.enabled", False, f"{file}:4"),
        ("plugins.b.enabled", True, "environment variable APP_PLUGINS"),
    ]


def test_config_sets_reads_and_unsets_one(plugins, file):
    assert plugins("config", "plugins.a.eager", "yes").returncode == 0
    assert plugins("config", "plugins.a.eager").stdout == "true\n"
    assert plugins("config", "order", "b,a").returncode == 0
    assert plugins("config", "order").stdout == '["b", "a"]\n'
    assert plugins("config", "--unset", "plugins.a.eager").returncode == 0
    assert plugins("config", "plugins.a.eager").stdout == "false\n"
    assert file.read_text().strip() == 'order = ["b", "a"]'


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("strikt", "true"), "did you mean 'strict'?"),
        (("strict", "ture"), "did you mean 'true'?"),
        (("plugins.a.enable", "true"), "did you mean 'plugins.a.enabled'?"),
        (("order", "a,bb"), "no plugin is named 'bb'"),
        (("order", "[1]"), "is no list of plugin names"),
    ],
)
def test_nonsense_is_refused_with_the_nearest(plugins, file, arguments, hint):
    result = plugins("config", *arguments)
    assert result.returncode == 1
    assert hint in result.stderr
    assert not file.exists()


def test_check_complains_with_lines(plugins, file):
    assert plugins("config", "--check").returncode == 0
    file.parent.mkdir(parents=True)
    file.write_text(
        "strict = true\n[plugins.a]\nenabled = true\n[plugins.b]\nenabled = 3\n[plugins.cc]\neager = true\n"
    )
    result = plugins("config", "--check")
    assert result.returncode == 1
    assert result.stdout == (
        f"{file}:5: 'plugins.b.enabled' must be true or false\n{file}:6: no plugin is named 'cc'; did you mean 'c'?\n"
    )


def test_a_file_edited_into_nonsense_is_never_overwritten(plugins, file):
    file.parent.mkdir(parents=True)
    file.write_text("strict = \n")
    for arguments in (("disable", "a"), ("order", "a"), ("config", "strict", "true"), ("config", "--check")):
        result = plugins(*arguments)
        assert result.returncode == 1
        assert f"where: {file}, line 1" in result.stderr
        assert "Traceback" not in result.stderr
        assert file.read_text() == "strict = \n"


def test_the_output_stands_a_terminal_without_utf_8_and_a_name_beyond_it(plugins, file):
    file.parent.mkdir(parents=True)
    file.write_bytes('[plugins."plüg"]\neager = true\n'.encode())
    result = plugins("config", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert result.returncode == 0
    assert "pl\\xfcg" in result.stdout


def test_none_imports_a_plugin(plugins, primed):
    primed.plugin("a", "raise AssertionError('imported')\n")
    for arguments in (("disable", "b"), ("order",), ("config",), ("config", "--check"), ("enable", "b")):
        assert "imported" not in plugins(*arguments).stderr


def test_without_the_extra_all_but_writing_works_and_that_says_what_is_missing(plugins, application, file):
    for name in ("rich", "packaging", "tomlkit"):
        application.write(f"../missing/{name}.py", "raise ImportError\n")
    path = f"{application.root / 'missing'}:{application.environ['PYTHONPATH']}"
    listed = plugins("list", PYTHONPATH=path)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert listed.stdout.startswith("name  version  state ")
    assert plugins("doctor", PYTHONPATH=path).returncode == 0
    assert plugins("release", "--all", PYTHONPATH=path).returncode == 0
    assert plugins("config", PYTHONPATH=path).returncode == 0
    assert plugins("--help", PYTHONPATH=path).returncode == 0
    written = plugins("disable", "a", PYTHONPATH=path)
    assert written.returncode == 1
    assert "install pegboard[cli]" in written.stderr
    assert not file.exists()


def test_a_command_reads_the_file_once_itself(plugins, primed, file):
    """It is compared before it is replaced; the host reads it, too, if it has changed."""
    hook = f"""
        import sys
        opened = []
        sys.addaudithook(lambda event, words: event == "open" and words[0] == {str(file)!r} and opened.append(words))
        import atexit
        atexit.register(lambda: print(len(opened), file=sys.stderr))
    """
    primed.write("app/__main__.py", textwrap.dedent(hook) + MAIN)
    file.parent.mkdir(parents=True)
    file.write_text("[plugins.a]\nenabled = true\n")
    primed.settle()
    plugins("list")
    assert plugins("disable", "b").stderr == "2\n"
    assert plugins("config").stderr == "1\n"
    assert plugins("why", "a").stderr == "2\n"
