"""Applications that PyInstaller has frozen, into a folder and into one file, from one analysis."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
from support.environments import BUNDLERS
from support.wheel import write_wheel

pytestmark = pytest.mark.xdist_group("frozen")  # one worker waits for PyInstaller, and not all of them

REGISTER = "from notes.api import v1\nv1.register_exporter({0!r}, lambda note: {0!r}, summary='')\n"
PACKAGE = """
from importlib import import_module, resources
from notes.api import v1

@v1.register_exporter("pack", summary="")
def export(note):
    inside = import_module(f"{__name__}.deep.inside")  # PyInstaller sees no import in that
    return inside.WORD + resources.files(__name__).joinpath("data", "word.txt").read_text()
"""
FILES = {
    "notes/plugins/pack/__init__.py": PACKAGE,
    "notes/plugins/pack/deep/__init__.py": "",
    "notes/plugins/pack/deep/inside.py": "WORD = 'inside and '",
    "notes/plugins/pack/data/word.txt": "data",
    "notes/plugins/deadly.py": "import os\nif 'DIE' in os.environ:\n    os._exit(3)\n" + REGISTER.format("deadly"),
    "notes/plugins/left.py": REGISTER.format("left"),
    "acme_named.py": REGISTER.format("named"),
    "acme_gone.py": REGISTER.format("gone"),
    "acme_pack-1.0.dist-info/entry_points.txt": "[notes.plugins]\nnamed = acme_named\ngone = acme_gone\n",
}
START = """
import json, multiprocessing, sys
multiprocessing.freeze_support()
from notes.app import Note, exporters, host
from pegboard.cli import manage

if sys.argv[1:2] == ["pool"]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.apply(exporters[sys.argv[2]], (Note("Milk", "Two bottles."),)))
    raise SystemExit
if sys.argv[1:2] == ["plugins"]:
    raise SystemExit(manage(host, sys.argv[2:], prog="notes plugins"))
names = exporters.names()
plugins = {plugin.name: [plugin.state, plugin.source, str(plugin.distribution or "")] for plugin in host.plugins}
texts = {name: exporters[name](Note("Milk", "Two bottles.")).partition("\\n")[0] for name in names}
print(json.dumps([texts, plugins]))
"""
SPEC = """
a = Analysis(["start.py"], hiddenimports=["notes.plugins.pack", "notes.plugins.deadly", "acme_named"])
pyz = PYZ(a.pure)
EXE(pyz, a.scripts, a.binaries, a.datas, name="one")
COLLECT(EXE(pyz, a.scripts, name="notes", exclude_binaries=True), a.binaries, a.datas, name="folder")
"""
TEXTS = {
    "markdown": "# Milk",
    "plain": "Milk",
    "pack": "inside and data",
    "deadly": "deadly",
    "named": "named",
    "mine": "mine",
}
SOURCES = {
    "markdown": ["built-in", "notes-example 0.1.0"],
    "plain": ["built-in", "notes-example 0.1.0"],
    "pack": ["namespace", "acme-pack 1.0"],
    "deadly": ["namespace", "acme-pack 1.0"],
    "named": ["entry point", "acme-pack 1.0"],
    "gone": ["entry point", "acme-pack 1.0"],
    "mine": ["folder", ""],
}
FORMS = ("folder/notes", "one")


@pytest.fixture(scope="session")
def bundled(environments):
    """Return the folder with both forms, which is made once a session: that takes a quarter of a minute."""
    folder = environments.shared / "frozen"
    with environments.once(folder) as unfinished:
        if unfinished:
            wheel = write_wheel(unfinished / "wheels", "acme-pack", "1.0", FILES)
            environment = environments.shared_environment(*BUNDLERS, "examples/notes", "rich", wheel)
            (unfinished / "start.py").write_text(START)
            (unfinished / "notes.spec").write_text(SPEC)
            done = subprocess.run(
                [environment.program("pyinstaller"), "--log-level", "WARN", "notes.spec"],
                cwd=unfinished,
                env={"PATH": "/usr/bin:/bin", "HOME": str(unfinished), "LC_ALL": "C.UTF-8"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert "hook-pegboard" not in done.stderr
            age(*(unfinished / "dist").rglob("*"))  # an index that is made right after new files is not used again
    return folder / "dist"


@pytest.fixture(params=FORMS)
def program(bundled, request, user):
    """Return each form; the user has a plugin in the folder, which is not new."""
    folder = user.home / ".config" / "notes" / "plugins"
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text(REGISTER.format("mine"))
    age(folder / "mine.py", folder)
    return bundled / request.param


def age(*paths):
    for path in paths:
        os.utime(path, (10**9, 10**9))


def start(user, program):
    done = user.run(program)
    assert done.code == 0, done.err
    texts, plugins = json.loads(done.out)
    return texts, plugins, done.err


def states(plugins):
    return {name: state for name, (state, *_) in plugins.items() if name != "gone"}


def test_all_plugins_are_found_and_run_at_each_start(user, program):
    first, plugins, _ = start(user, program)
    assert first == TEXTS
    assert {name: rest for name, (_, *rest) in plugins.items()} == SOURCES
    for _ in range(2):
        texts, plugins, _ = start(user, program)
        assert texts == TEXTS
        assert set(states(plugins).values()) == {"primed"}  # by the index: nothing was imported to list them
    assert len(list((user.home / ".cache" / "notes").glob("*.index"))) == 1


def test_a_function_of_a_plugin_can_be_sent_to_a_worker_that_is_spawned(user, program):
    for _ in range(2):
        done = user.run(program, "pool", "pack")
        assert (done.code, done.out.partition("\n")[0]) == (0, TEXTS["pack"]), done.err


def test_eager_start_has_the_same_plugins(user, program):
    user.environ["NOTES_PLUGINS_LAZY"] = "0"
    texts, plugins, _ = start(user, program)
    assert texts == TEXTS
    assert set(states(plugins).values()) == {"active"}


def test_what_was_not_collected_is_named_at_each_start(user, program):
    for _ in range(2):
        _, plugins, told = start(user, program)
        assert plugins["gone"][0] == "broken"
        assert told.count("\n") == 1
        assert "plugin 'gone' of acme-pack 1.0" in told
        assert "entry point gone = acme_gone in group notes.plugins" in told
        assert "hint: freeze the application with it" in told


def test_module_that_a_plugin_of_the_user_lacks_is_named(user, program):
    (user.home / ".config" / "notes" / "plugins" / "lacks.py").write_text("import not_collected\n")
    texts, _, told = start(user, program)
    assert texts == TEXTS
    assert "plugin 'lacks' could not be imported" in told
    assert "freeze the application with 'not_collected'" in told


def test_index_does_not_outlive_the_executable(user, program, tmp_path):
    shutil.copytree(program.parent, tmp_path / "copy")
    program = tmp_path / "copy" / program.name
    age(program)
    start(user, program)
    assert set(states(start(user, program)[1]).values()) == {"primed"}
    with program.open("ab") as file:  # as if it had been built anew; PyInstaller finds its archive all the same
        file.write(bytes(16))
    age(program)
    assert set(states(start(user, program)[1]).values()) == {"active"}


def test_plugin_that_kills_the_process_is_quarantined(user, program):
    user.environ["DIE"] = "1"
    assert [user.run(program).code for _ in range(2)] == [3, 3]
    texts, plugins, told = start(user, program)
    assert plugins["deadly"][0] == "quarantined"
    assert "plugin 'deadly' of acme-pack 1.0 is quarantined" in told
    assert texts == {name: text for name, text in TEXTS.items() if name != "deadly"}
    assert start(user, program)[1]["deadly"][0] == "quarantined"


def test_commands_that_work(user, program):
    done = user.run(program, "plugins", "index", "build")
    assert (done.code, done.out.splitlines()[-1][:18]) == (1, "recorded 6 plugins")  # and 1 is broken
    listed = json.loads(user.run(program, "plugins", "list", "--json").out)
    assert {plugin["name"] for plugin in listed["plugins"]} == SOURCES.keys()
    done = user.run(program, "plugins", "why", "pack")
    assert (done.code, "acme-pack 1.0 is primed" in done.out) == (0, True)
    (user.home / ".config" / "notes" / "plugins" / "dead.py").write_text("import os\nos._exit(4)\n")
    done = user.run(program, "plugins", "doctor", "--all", "--json")
    found = {(each["code"], each["plugin"]) for each in json.loads(done.out)["findings"]}
    expected = {("plugin-not-importable", "gone"), ("plugin-kills-process", "dead"), ("index-stale", "")}
    assert (done.code, found) == (1, expected)


@pytest.mark.parametrize("words", [("install", "x"), ("uninstall", "acme-pack"), ("upgrade",)])
def test_nothing_can_be_installed_and_that_is_said(user, program, words):
    done = user.run(program, "plugins", *words)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error[install-refused]")
    assert "the application is bundled" in done.err
    assert f"where: {program}" in done.err


def test_profile_says_that_it_cannot_measure(user, program):
    done = user.run(program, "plugins", "profile")
    assert (done.code, done.err) == (
        1,
        "error: a bundled application cannot be measured; profile it as it is installed\n",
    )
