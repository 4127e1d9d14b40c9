"""`plugins bisect` on an application with many plugins, each run a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

MAIN = """
import sys
from app.api import host
from pegboard.cli import manage
if sys.argv[1:2] == ["plugins"]:
    sys.exit(manage(host, sys.argv[2:], prog="app plugins"))
host.start()
values = [host.registry("things")[name] for name in host.registry("things").names()]
print("on:", *sorted(values))
"""


@pytest.fixture
def bisect(application):
    """Return a function that runs `app plugins bisect …` in a process of its own, with 40 plugins."""
    application.write("app/__main__.py", MAIN)
    for number in range(40):
        application.plugin(f"p{number:02}")
    application.settle()

    def run(*arguments, said=None, **environ):
        return subprocess.run(
            [sys.executable, "-B", "-m", "app", "plugins", "bisect", *arguments],
            env=application.environ | environ,
            capture_output=True,
            text=True,
            check=False,
            cwd=application.root,
            input=said,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # shells let background jobs ignore it
        )

    return run


def failing(rule):
    """Return the words of a command that fails if *rule* holds of `on`, the plugins that are on."""
    code = f"import sys; sys.argv[1:] = ['x']; from app.__main__ import values as on; sys.exit(3 if {rule} else 0)"
    return [sys.executable, "-B", "-c", code]


def judged(bisect, rule, *options, said_words=(), **environ):
    result = bisect("--json", *options, "--", *failing(rule), *said_words, **environ)
    assert result.stdout, result.stderr
    return result.returncode, json.loads(result.stdout)


@pytest.mark.parametrize("culprit", ["p00", "p19", "p20", "p39"])
def test_the_culprit_is_found_at_any_place(bisect, culprit):
    status, answer = judged(bisect, f"{culprit!r} in on")
    assert status == 0
    assert answer["failing"] == [{"culprits": [culprit], "needed": [], "confirmed": True}]
    assert (answer["remedy"], answer["mended"]) == ([culprit], True)
    assert answer["runs"] <= 10
    assert answer["reports"][0]["outcome"] == "exit status 3"


def test_a_person_reads_each_run_the_verdict_and_a_report(bisect, application):
    result = bisect("--", *failing("'p07' in on"))
    assert (
        "40 plugins under suspicion; about 10 runs\nrun 1: all 40 off: does not fail (exit status 0)\n" in result.stdout
    )
    assert "It is 'p07': on alone it fails.\nWith all others on, and 'p07' off, it does not fail.\n" in result.stdout
    assert f"What fails: plugin 'p07' of {application.site / 'app/plugins/p07.py'}" in result.stdout
    assert "on: p07" in result.stdout
    assert "To disable it: app plugins disable p07" in result.stdout


def test_two_that_fail_only_together_are_named_together(bisect):
    _, answer = judged(bisect, "{'p03', 'p31'} <= set(on)")
    assert sorted(answer["failing"][0]["culprits"]) == ["p03", "p31"]
    assert len(answer["remedy"]) == 1
    assert answer["mended"]


def test_two_that_fail_each_by_itself_are_both_named(bisect):
    _, answer = judged(bisect, "{'p03', 'p31'} & set(on)")
    assert sorted(each["culprits"] for each in answer["failing"]) == [["p03"], ["p31"]]
    assert sorted(answer["remedy"]) == ["p03", "p31"]


def test_a_plugin_is_never_run_without_the_one_it_imports(bisect, application):
    application.plugin("a", "import app.plugins.p20\n")
    application.settle()
    env = application.environ
    subprocess.run([sys.executable, "-B", "-m", "app", "x"], env=env, cwd=application.root, check=True)
    _, answer = judged(bisect, "'a' in on and 'p20' not in on")
    assert answer["verdict"] == "does-not-fail"
    _, answer = judged(bisect, "'a' in on")
    assert answer["failing"] == [{"culprits": ["a"], "needed": ["p20"], "confirmed": True}]


def test_a_plugin_is_never_run_without_the_distribution_that_its_own_requires(bisect, application):
    for name, requires in (("p01", "Requires-Dist: middle (>=1) ; python_version > '3'\n"), ("p30", "")):
        info = f"acme_{name}-1.dist-info"
        link = "Project-URL: Bug Tracker, https://example.org/issues\n"
        application.write(
            f"../site/{info}/METADATA", f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: 1\n{link}{requires}"
        )
        application.write(f"../site/{info}/RECORD", f"app/plugins/{name}.py,,\n{info}/METADATA,,\n{info}/RECORD,,\n")
    middle = "Metadata-Version: 2.1\nName: middle\nVersion: 1\nRequires-Dist: acme.P30\n"
    application.write("../site/middle-1.dist-info/METADATA", middle)
    application.settle()
    _, answer = judged(bisect, "'p01' in on and 'p30' not in on")
    assert answer["verdict"] == "does-not-fail"
    _, answer = judged(bisect, "'p01' in on")
    assert answer["failing"] == [{"culprits": ["p01"], "needed": ["p30"], "confirmed": True}]
    assert answer["reports"][0]["culprits"][0]["report_at"] == "https://example.org/issues"


def test_the_plugin_whose_command_fails_stays_on(bisect, application):
    for number in range(3, 40):
        (application.site / f"app/plugins/p{number:02}.py").unlink()
    application.plugin("own", "register('command-of-own', 'own')")
    application.settle()
    subprocess.run([sys.executable, "-B", "-m", "app", "x"], env=application.environ, cwd=application.root, check=True)

    def culprits(rule, *options):
        status, answer = judged(bisect, f"'own' not in on or {rule}", *options, said_words=("command-of-own",))
        assert (answer["kept"], answer["command_of"]) == (["own"], ["own"])
        return status, answer["verdict"], [each["culprits"] for each in answer["failing"]]

    assert culprits("True") == (0, "found", [["own"]])  # its own fault
    assert culprits("'p01' in on") == (0, "found", [["p01"]])  # another's, and only together
    assert culprits("False") == (1, "does-not-fail", [])
    assert culprits("True", "--fails-with", "on: own") == (0, "found", [["own"]])
    assert culprits("True", "--fails-with", "on:") == (1, "not-a-plugin", [])  # without its plugin, too


def test_it_is_not_a_plugin(bisect):
    result = bisect("--", *failing("True"))
    assert result.returncode == 1
    assert "run 1: all 40 off: fails (exit status 3)" in result.stdout
    assert "It is not a plugin" in result.stdout
    assert "run 2" not in result.stdout


def test_it_does_not_fail(bisect):
    status, answer = judged(bisect, "False")
    assert (status, answer["verdict"], answer["runs"]) == (1, "does-not-fail", 2)


def test_text_in_the_output_may_be_the_failure(bisect):
    result = bisect("--json", "--fails-with", "p11", "--", *failing("True"))
    assert json.loads(result.stdout)["remedy"] == ["p11"]


def test_a_command_that_hangs_is_ended_at_the_deadline(bisect, application):
    hang = "import sys, threading; sys.argv[1:] = ['x']; from app.__main__ import values as on\n"
    hang += "if 'p05' in on: threading.Event().wait()"
    application.plugin("p05", "register('x', 'p05')\n")
    for number in range(40):
        if number not in (4, 5):
            (application.site / f"app/plugins/p{number:02}.py").unlink()
    result = bisect("--json", "--deadline", "5", "--", sys.executable, "-B", "-c", hang)
    answer = json.loads(result.stdout)
    assert answer["remedy"] == ["p05"]
    assert answer["reports"][0]["outcome"] == "it did not end before the deadline"


@pytest.mark.parametrize("name", ["all", "off", "Überstunden", "1"])
def test_odd_names_are_left_out_like_any_other(bisect, application, name):
    application.plugin(name)
    application.settle()
    _, answer = judged(bisect, f"{name!r} in on", PYTHONUTF8="1")
    assert answer["remedy"] == [name]


def test_what_the_user_has_left_out_stays_out(bisect):
    _, answer = judged(bisect, "'p00' in on or 'p01' in on", APP_NO_PLUGINS="p00")
    assert answer["remedy"] == ["p01"]


def test_a_plugin_may_be_kept_on(bisect):
    _, answer = judged(bisect, "'p00' not in on or 'p09' in on", "--keep", "p00")
    assert answer["remedy"] == ["p09"]
    assert answer["kept"] == ["p00"]
    assert "did you mean" in bisect("--keep", "p0", "--", "x").stderr


def test_nothing_of_the_users_changes_and_nothing_is_left(bisect, application):
    application.names()
    before = {path: path.read_bytes() for path in application.home.rglob("*") if path.is_file()}
    judged(bisect, "'p07' in on")
    assert {path: path.read_bytes() for path in application.home.rglob("*") if path.is_file()} == before


def test_a_person_judges_and_goes_on_another_day(bisect):
    first = bisect(said="n\ny\ny\nq\n")
    assert "run 4, 10 of 40 on:" in first.stdout
    assert "APP_NO_PLUGINS=" in first.stdout
    assert "'app plugins bisect --resume' goes on" in first.stdout
    assert first.returncode == 1
    second = bisect("--resume", said="n\n" * 4 + "y\ny\nn\n")
    assert "run 3: 20 of 40 on: fails (as before)" in second.stdout
    assert second.stdout.count("does it happen?") < 10
    assert bisect("--resume").stderr.startswith("error: there is no unfinished bisection") or second.returncode == 1


def test_after_a_crash_in_the_middle_it_goes_on_where_it_was(bisect, application):
    log = application.root / "log"
    crash = (
        f"import os, sys; log = {str(log)!r}; open(log, 'a').write('x'); n = os.path.getsize(log)\n"
        f"if n == 5: os.kill(os.getppid(), {int(signal.SIGKILL)})\n"
        "sys.argv[1:] = ['x']; from app.__main__ import values as on; sys.exit('p23' in on)"
    )
    words = [sys.executable, "-B", "-c", crash]
    assert bisect("--", *words).returncode == -signal.SIGKILL
    result = bisect("--resume", "--json")
    answer = json.loads(result.stdout)
    assert answer["remedy"] == ["p23"]
    assert len(log.read_text()) <= answer["runs"] + 2
    assert not list(application.home.rglob("bisect-*"))


def test_ctrl_c_leaves_a_bisection_that_can_be_resumed(bisect, application):
    interrupt = (
        "import os, signal, sys; sys.argv[1:] = ['x']; from app.__main__ import values as on\n"
        "if len(on) == 20: os.kill(os.getppid(), signal.SIGINT); signal.pause()\n"
        "sys.exit('p23' in on)"
    )
    result = bisect("--", sys.executable, "-B", "-c", interrupt)
    assert result.returncode == 130
    assert "'app plugins bisect --resume' goes on" in result.stderr
    (state,) = application.home.rglob("bisect-*.json")
    assert len(json.loads(state.read_text())["answers"]) == 2
    refused = bisect("--", "something", "else")
    assert "a bisection is not finished" in refused.stderr
    assert bisect("--abort").stdout == "forgot the unfinished bisection\n"
    assert not os.path.exists(state)


def test_other_plugins_since_then_are_noticed(bisect, application):
    bisect(said="n\ny\nq\n")
    (application.site / "app/plugins/p39.py").unlink()
    result = bisect("--resume")
    assert result.returncode == 1
    assert "other plugins are installed than when it began" in result.stderr


def test_flags_that_do_not_go_together_are_refused(bisect):
    assert bisect("--json").returncode == 2
    assert bisect("--fails-with", "x").returncode == 2
    assert bisect("--cmd", "x", "--", "y").returncode == 2
    assert bisect("--cmd", "x", "--resume").returncode == 2
    assert bisect("--deadline", "never", "--cmd", "x").returncode == 2


def test_a_command_that_is_not_there_is_said(bisect, application):
    result = bisect("--cmd", "no-such-command --at all")
    assert (result.returncode, result.stderr) == (1, "error: no-such-command: No such file or directory\n")
    assert not list(application.home.rglob("bisect-*"))
