"""Plugins that take the whole process down, in processes of their own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys

import pytest
from support.processes import API
from support.soak import sized

pytestmark = pytest.mark.usefixtures("objects_are_not_compared")

DEATHS = {
    "segfault": "import ctypes\nctypes.string_at(0)",
    "exit": "import os\nos._exit(3)",
    "kill": "import os\nos.kill(os.getpid(), 9)",
}
HANG = "import os\nos.write(1, b'hanging\\n')\nwhile True: pass\n"


def start(application, *steps, **environ):
    return application.process(
        *(steps or ("host.start()", "result['states'] = {p.name: p.state for p in host.plugins}")), **environ
    )


def states(process):
    return json.loads(process.stdout.splitlines()[-1])["states"]


def popen(application, *steps):
    return subprocess.Popen(
        [sys.executable, "-B", str(application.code / "program.py"), json.dumps(steps or ["host.start()"])],
        env=application.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=application.root,
    )


def journal(application):
    return application.home / ".cache/app/plugins-app.journal"


def incidents(application):
    return application.home / ".cache/app/plugins-app.incidents"


@pytest.fixture(params=["1", "0"], ids=["lazy", "eager"])
def lazy(request):
    return {"APP_PLUGINS_LAZY": request.param}


@pytest.mark.parametrize("death", DEATHS.values(), ids=DEATHS)
def test_a_plugin_that_kills_the_process_is_named_then_quarantined(application, death, lazy):
    application.plugin("a")
    application.plugin("b", death)
    application.plugin("c")
    assert not start(application, **lazy).stdout
    second = start(application, **lazy)
    assert not second.stdout
    assert "warning[plugin-crashed]: plugin 'b' took the process down" in second.stderr
    for _ in range(3):
        third = start(application, **lazy)
        assert states(third)["b"] == "quarantined"
        assert {states(third)[name] for name in "ac"} <= {"active", "primed"}
        assert "warning[plugin-quarantined]: plugin 'b' is quarantined" in third.stderr
    assert not any(journal(application).iterdir())


MOUNTED = {
    "told to the host": ('host = Host("app", commands="app more plugins")', "host.start()"),
    "by a command that runs": (
        'host = Host("app")',
        "from pegboard.cli import manage; manage(host, ['list'], prog={!r})",
    ),
}


@pytest.mark.parametrize("where", MOUNTED)
def test_a_hint_names_the_commands_as_the_application_has_them(application, where):
    host, step = MOUNTED[where]
    application.write("app/api.py", API.replace('host = Host("app")', host))
    application.plugin("b", DEATHS["exit"])
    for _ in range(2):
        start(application)
    said = start(application, step.format("app more plugins")).stderr
    assert "(hint: update it, or try it again with `app more plugins release b`)" in said


def test_a_hint_names_no_command_that_the_application_lacks(application):
    application.plugin("b", "import os\nif os.path.exists('die'): os._exit(3)")
    (application.root / "die").touch()
    for _ in range(2):
        start(application)
    (application.root / "die").unlink()
    last = start(application)
    assert states(last)["b"] == "quarantined"
    file = incidents(application)
    assert f"(hint: update it; to try it again, remove the file that counts crashes: {file})" in last.stderr

    file.unlink()  # as the hint says

    assert states(start(application))["b"] in ("active", "primed")


def test_the_hint_of_safe_mode_names_no_command_that_the_application_lacks(application):
    for name in "ab":
        application.plugin(name, f"import os\nif os.environ.get('DIES') == '{name}': os._exit(3)")
        start(application, DIES=name)
    said = start(application).stderr
    assert "warning[safe-mode]" in said
    assert "update the one that crashes, or leave it out with APP_NO_PLUGINS=NAME)" in said


def test_one_that_dies_when_it_is_used_is_quarantined_too(application):
    for name in "ac":
        application.plugin(name)
    application.plugin("b", "import os\nif os.path.exists('die'): os._exit(3)")
    application.settle()
    application.names()
    (application.root / "die").touch()
    use = ("things['t-b']",)
    assert not start(application, *use).stdout
    assert not start(application, *use).stdout
    last = start(application)
    assert states(last) == {"a": "primed", "b": "quarantined", "c": "primed"}
    assert "warning[safe-mode]" not in last.stderr


def test_a_success_clears_the_strikes(application):
    application.plugin("b", "import os\nif os.path.exists('die'): os._exit(3)")
    (application.root / "die").touch()
    start(application)
    (application.root / "die").unlink()
    assert states(start(application))["b"] in ("active", "primed")
    assert not incidents(application).exists()


@pytest.mark.parametrize("content", ["quarantine", "released"])
def test_another_file_or_a_release_gives_a_new_chance(application, content):
    application.plugin("b", DEATHS["exit"])
    for _ in range(2):
        start(application)
    assert states(start(application))["b"] == "quarantined"
    if content == "quarantine":
        application.plugin("b")
    else:
        said = start(
            application,
            "from pegboard.cli import manage\nresult['status'] = manage(host, ['release', 'b'], prog='app plugins')",
        )
        assert "released b (quarantine" in said.stdout
        application.plugin("b")
    assert states(start(application))["b"] in ("active", "primed")


def test_one_that_hangs_and_is_killed_gets_a_strike(application):
    application.plugin("b", HANG)
    process = popen(application)
    assert process.stdout.readline() == "hanging\n"
    process.kill()
    process.communicate()
    application.plugin("b")
    os.utime(application.site / "app/plugins/b.py")
    process = start(application)
    assert states(process)  # it is another file now: not to blame
    application.plugin("b", HANG)
    for _ in range(2):
        process = popen(application)
        assert process.stdout.readline() == "hanging\n"
        process.kill()
        process.communicate()
    assert states(start(application))["b"] == "quarantined"


def test_ctrl_c_in_a_long_import_names_the_plugin_and_counts(application):
    api = application.code / "app/api.py"
    api.write_text(api.read_text().replace('Host("app")', 'Host("app", slow_after=0.0)'))
    application.plugin("b", HANG)
    for _ in range(2):
        process = popen(application)
        assert process.stdout.readline() == "hanging\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
        assert "while plugin 'b' was being imported" in errors
    assert states(start(application))["b"] == "quarantined"


def test_a_nested_plugin_is_to_blame_and_not_the_one_that_imports_it(application):
    application.plugin("a", "import app.plugins.b")
    application.plugin("b", DEATHS["exit"])
    for _ in range(2):
        start(application)
    last = start(application)
    assert states(last)["b"] == "quarantined"
    assert states(last)["a"] == "broken"  # it cannot do without


def test_two_starts_that_die_of_different_plugins_give_one_in_safe_mode(application):
    application.plugin("a", "import os\nif os.path.exists('a'): os._exit(3)")
    application.plugin("b", "import os\nif os.path.exists('b'): os._exit(3)")
    for name in "ab":
        (application.root / name).touch()
        start(application)
        (application.root / name).unlink()
    third = start(application)
    assert "warning[safe-mode]" in third.stderr
    assert "plugin 'a'" in third.stderr
    assert "plugin 'b'" in third.stderr
    assert states(third) == {"a": "disabled", "b": "disabled"}
    assert set(states(start(application)).values()) <= {"active", "primed"}
    assert not incidents(application).exists()


def test_a_required_plugin_in_quarantine_stops_the_start(application):
    api = application.code / "app/api.py"
    api.write_text(api.read_text().replace('Host("app")', 'Host("app", required=["b"])'))
    application.plugin("b", DEATHS["exit"])
    for _ in range(2):
        start(application)
    assert "RequiredPluginError" in start(application).stdout


@pytest.mark.parametrize("obstacle", ["file", "unwritable"])
def test_a_journal_that_cannot_be_kept_keeps_nobody_from_starting(application, obstacle):
    application.plugin("a")
    journal(application).parent.mkdir(parents=True)
    if obstacle == "file":
        journal(application).write_text("not a folder")
    else:
        journal(application).mkdir(mode=0o500)
    assert states(start(application))["a"] in ("active", "primed")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cases": {"x": 1}, "failed_starts": []}', '{"cases": 3}'])
def test_damaged_strikes_are_none(application, text):
    application.plugin("a")
    incidents(application).parent.mkdir(parents=True)
    incidents(application).write_text(text)
    process = start(application)
    assert states(process)["a"] in ("active", "primed")
    assert not process.stderr


@pytest.mark.soak
def test_processes_at_once_blame_nobody_who_is_innocent(application):
    for name in "abc":
        application.plugin(name)
    running = [popen(application, "for n in 'abc': things['t-' + n]") for _ in range(sized(8, 40))]
    for process in running:
        _, errors = process.communicate()
        assert not errors
        assert process.returncode == 0
    assert not incidents(application).exists()


def test_a_slow_import_is_told_with_its_time_and_once(application):
    api = application.code / "app/api.py"
    api.write_text(api.read_text().replace('Host("app")', 'Host("app", slow_after=0.0)'))
    application.plugin("a")
    assert re.search(r"warning\[plugin-slow\]: plugin 'a' took \d+\.\d s to import", start(application).stderr)
    application.settle()
    start(application)
    assert not start(application).stderr


@pytest.mark.soak
def test_power_failures_at_any_moment_put_nobody_in_quarantine(application, chance):
    """Two strikes: whoever was being imported when the power failed is tried again, and that clears it."""
    names = "abcdef"
    for name in names:
        application.plugin(name, "import os\nos.write(1, b'.\\n')")
    for _ in range(sized(6, 100)):
        victim = popen(application)
        victim.stdout.read(chance.randrange(2 * len(names) + 1))  # so far it has come, or a little further
        victim.kill()
        victim.communicate()
        again = start(application)
        assert set(states(again).values()) <= {"active", "primed"}, again.stderr
        assert "plugin-quarantined" not in again.stderr
    assert not incidents(application).exists()
    assert not any(journal(application).iterdir())


@pytest.mark.soak
def test_a_kill_at_any_time_of_a_cold_start_changes_no_answer(application, chance):
    """The search, the imports, the writing of index, records and notes: the start after it is as if nothing had been."""
    for name in "abcdef":
        application.plugin(name)
    application.settle()
    wanted = application.names()["names"]
    application.names()
    for number in range(sized(6, 300)):
        if number % 2:
            application.index.unlink()
        else:
            application.plugin("c", f"register('more {number}', 1)\n")
            wanted = ["t-a", "t-b", "t-c", f"more {number}", "t-d", "t-e", "t-f"]
        victim = popen(application)
        with contextlib.suppress(subprocess.TimeoutExpired):
            victim.wait(chance.uniform(0.02, 0.6))
        victim.kill()
        victim.communicate()
        run = application.names()
        assert run["names"] == wanted
        assert "Traceback" not in run.stderr


def test_another_version_of_the_distribution_gives_a_new_chance(application):
    application.plugin("b", DEATHS["exit"])
    metadata = application.site / "acme_b-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-b\nVersion: 1.0\n")
    (metadata / "RECORD").write_text("app/plugins/b.py,,\nacme_b-1.0.dist-info/METADATA,,\n")
    for _ in range(2):
        assert not start(application).stdout
    quarantined = start(application)
    assert states(quarantined) == {"b": "quarantined"}
    assert "plugin 'b' of acme-b 1.0" in quarantined.stderr
    metadata = metadata.rename(application.site / "acme_b-1.1.dist-info")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-b\nVersion: 1.1\n")
    (metadata / "RECORD").write_text("app/plugins/b.py,,\nacme_b-1.1.dist-info/METADATA,,\n")
    assert not start(application).stdout  # it is tried, and dies again: that is its first strike


RELEASE = """
import sys
from app.api import host
from pegboard.cli import manage
sys.exit(manage(host, sys.argv[1:], prog="app plugins"))
"""


class TestRelease:
    @pytest.fixture
    def release(self, application):
        application.write("app/__main__.py", RELEASE)
        application.plugin("a")
        application.plugin("b", DEATHS["exit"])
        for _ in range(2):
            start(application)
        start(application)

        def run(*arguments):
            command = [sys.executable, "-B", "-m", "app", "release", *arguments]
            return subprocess.run(
                command, env=application.environ, cwd=application.root, capture_output=True, text=True, check=False
            )

        return run

    @pytest.mark.parametrize("arguments", [["b"], ["--all"]])
    def test_lifts_a_quarantine_and_says_so(self, application, release, arguments):
        done = release(*arguments)
        assert (done.returncode, done.stdout.startswith("released b (quarantine: ")) == (0, True)
        assert not start(application).stdout  # it is tried again, and dies again

    def test_answers_in_json(self, release):
        (released,) = json.loads(release("b", "a", "--json").stdout)["released"]
        assert (released["name"], released["strikes"]) == ("b", 2)
        assert json.loads(release("b", "a", "--json").stdout)["without_strikes"] == ["b", "a"]

    def test_refuses_what_is_not_there_with_the_nearest(self, release):
        done = release("bb")
        assert done.returncode == 1
        assert "did you mean 'b'?" in done.stderr

    def test_wants_names_or_all(self, release):
        assert release().returncode == 2
        assert release("b", "--all").returncode == 2


# -- where is it? -----------------------------------------------------------------------------------------------------


def not_a_folder(application):
    """Let the cache be where no folder can be made; return the variable that says so."""
    file = application.root / "file"
    file.write_text("")
    return {"APP_PLUGINS_CACHE": str(file / "cache")}


def somebody_elses(application):
    """Let the cache belong to somebody else, who lets everybody write there."""
    folder = application.root / "theirs"
    journal = folder / "plugins-app.journal"
    journal.mkdir(parents=True)
    for path in (folder, journal):
        path.chmod(0o777)
        os.chown(path, 12345, -1)
    return {"APP_PLUGINS_CACHE": str(folder)}


UNUSABLE = [not_a_folder] + ([somebody_elses] if os.name == "posix" and os.geteuid() == 0 else [])


@pytest.mark.parametrize("place", UNUSABLE, ids=lambda place: place.__name__)
@pytest.mark.parametrize("is_home_usable", [True, False], ids=["with a home", "with no home"])
def test_a_plugin_is_named_wherever_something_can_be_written(application, place, is_home_usable, lazy):
    application.plugin("a")
    application.plugin("b", DEATHS["exit"])
    temporary = application.root / "temporary"
    temporary.mkdir()
    environ = lazy | place(application) | {"TMPDIR": str(temporary)}
    if not is_home_usable:
        environ |= {"XDG_CACHE_HOME": str(application.code / "program.py"), "HOME": "nowhere"}
    assert not start(application, **environ).stdout
    assert "plugin 'b' took the process down" in start(application, **environ).stderr
    third = start(application, **environ)
    assert states(third)["b"] == "quarantined"
    used = list(temporary.iterdir())
    assert bool(used) is not is_home_usable
    assert all(folder.stat().st_mode & 0o777 == 0o700 for folder in used)


def test_a_folder_for_temporary_files_that_is_somebody_elses_is_not_used(application):
    application.plugin("b", DEATHS["exit"])
    temporary, other = application.root / "temporary", application.root / "other"
    temporary.mkdir()
    other.mkdir()
    (temporary / f"pegboard-{os.geteuid()}").symlink_to(other)
    free = application.root / "free"
    free.mkdir()
    environ = not_a_folder(application) | {"XDG_CACHE_HOME": str(application.root / "file")}
    environ |= {"TMPDIR": str(temporary), "TEMP": str(free)}
    for _ in range(2):
        start(application, **environ)
    assert list(other.iterdir()) == []
    assert list(free.iterdir()) != []
    third = start(application, **environ)
    assert states(third)["b"] == "quarantined"


def test_a_journal_that_has_no_place_is_missed_aloud(application):
    application.plugin("b")
    steps = (
        "import os, pegboard.startup.journal.place as place; place._folders = lambda settings: iter(())",
        "host.start()",
        "result['states'] = {p.name: p.state for p in host.plugins}",
    )
    started = start(application, *steps, **not_a_folder(application))
    assert states(started)["b"] == "active"
    assert "warning[journal-unwritable]: a plugin that kills the process could not be named" in started.stderr
    assert "APP_NO_PLUGINS=1 starts without plugins" in started.stderr
