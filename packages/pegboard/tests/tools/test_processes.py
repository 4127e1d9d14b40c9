"""Processes that tools start: what they get, what is returned, and how they end."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from pegboard.tools import processes


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_run_returns_status_and_both_streams():
    done = processes.run(python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"))
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")


def test_run_without_separate_streams_has_them_in_their_order():
    code = "import sys; print('a', flush=True); print('b', file=sys.stderr, flush=True); print('c')"
    assert processes.run(python(code), merges_errors=True).stdout == "a\nb\nc\n"


def test_run_gives_no_input():
    assert processes.run(python("print(len(input()))")).returncode == 1


def test_run_sets_and_unsets_variables(monkeypatch):
    monkeypatch.setenv("GONE", "1")
    monkeypatch.setenv("LEFT", "2")
    code = "import os; print([os.environ.get(name) for name in ('GONE', 'LEFT', 'NEW')])"
    assert processes.run(python(code), {"GONE": None, "NEW": "3"}).stdout == "[None, '2', '3']\n"
    assert processes.run(python(code), {"NEW": "3"}, environ={}).stdout == "[None, None, '3']\n"


def test_run_escapes_what_cannot_be_decoded():
    code = r"import sys; sys.stdout.buffer.write(b'a\xffb')"
    assert processes.run(python(code), encoding="utf-8").stdout == "a\\xffb"


@pytest.mark.parametrize(("inherits", "expected"), [(True, "open\n"), (False, "closed\n")])
def test_run_hands_on_a_lock_only_when_it_is_told_to(tmp_path, inherits, expected):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    code = f"import os\ntry: os.fstat({descriptor}); print('open')\nexcept OSError: print('closed')"
    try:
        assert processes.run(python(code), inherits_locks=inherits).stdout == expected
    finally:
        os.close(descriptor)


def test_end_kills_what_the_process_has_started_too(tmp_path):
    child = "import signal; print('ready', flush=True); signal.pause()"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    reading, writing = os.pipe()
    with open(writing, "wb") as output:
        process = processes.start(python(code), output=output)
    with open(reading, "rb") as answers:
        assert answers.readline() == b"ready\n"
        processes.end(process)
        assert answers.read() == b""  # the end of the file: nobody has the pipe open any more
    assert process.returncode == -signal.SIGKILL


def test_end_of_a_process_that_has_ended_keeps_its_status():
    process = processes.start(python("raise SystemExit(4)"))
    process.wait()
    processes.end(process)
    assert process.returncode == 4


def test_killed_by_names_a_signal_only():
    assert processes.killed_by(-signal.SIGTERM) == "SIGTERM"
    assert processes.killed_by(-1000) == "1000"
    assert processes.killed_by(1) is None


def test_own_command_replaces_what_follows_plugins(monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "app", "plugins", "doctor", "--all"])
    assert processes.own_command(["doctor", "--all"], "list") == [sys.executable, "-m", "app", "plugins", "list"]
    assert processes.own_command(["doctor"], "list") is None


def test_own_command_keeps_the_option_that_an_application_takes_out(monkeypatch):
    monkeypatch.setattr(
        sys, "orig_argv", ["python", "app", "--no-plugins=a", "plugins", "install", "--no-plugins", "b"]
    )
    program = [sys.executable, "app", "--no-plugins=a", "plugins"]
    assert processes.own_command(["install", "b"], "list") == [*program, "--no-plugins", "list"]


def test_own_command_knows_an_option_of_another_command(monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["python", "app", "plugins", "bisect", "--", "app", "--no-plugins"])
    found = processes.own_command(["bisect", "--", "app", "--no-plugins"], "list")
    assert found == [sys.executable, "app", "plugins", "list"]


@pytest.mark.parametrize(
    ("called", "options", "program"),
    [
        (["-m", "app", "plugins"], [], ["-m", "app", "plugins"]),
        (["-B", "-X", "utf8", "-mapp", "plugins"], ["-B", "-X", "utf8"], ["-m", "app", "plugins"]),
        (["-Im", "app", "plugins"], ["-I"], ["-m", "app", "plugins"]),
        (["-Wignore", "app.py", "plugins"], ["-Wignore"], ["app.py", "plugins"]),
        (["-c", "code", "plugins"], [], ["-c", "code", "plugins"]),
    ],
)
def test_own_program_tells_the_interpreters_options_from_the_program(monkeypatch, called, options, program):
    monkeypatch.setattr(sys, "orig_argv", ["python", *called, "list"])
    assert processes.own_program(["list"]) == (options, program)
