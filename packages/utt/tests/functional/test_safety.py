"""Nothing that happens to a user damages or loses what is in the log."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from utt.domain.grammar import parse_log

pytestmark = pytest.mark.slow

LOG = "2021-03-03 08:00 hello\n2021-03-03 09:00 a: b  # c\n"
HOLD_THE_LOCK = """
import fcntl, sys
file = open(sys.argv[1], "rb+")
fcntl.flock(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
"""


# A full disk also cuts short the .pyc that Python writes, and no later start could read it.
NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1"}


def limit_file_size(size_bytes):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))


@pytest.mark.parametrize("now", ["2021-03-03 10:00", None], ids=["same time", "real clock"])
def test_twenty_processes_at_once_lose_nothing(home, now):
    processes = [home.start("add", f"p{i}: task {i}", "-c", f"note {i}", now=now) for i in range(20)]
    outcomes = [(*process.communicate(timeout=120), process.returncode) for process in processes]

    assert outcomes == [(b"", b"", 0)] * 20
    entries = parse_log(home.log.read_text())
    assert sorted((e.name, e.comment) for e in entries) == sorted((f"p{i}: task {i}", f"note {i}") for i in range(20))
    assert os.listdir(home.log.parent) == ["utt.log"]


@pytest.mark.parametrize(
    ("words", "now", "reason"),
    [
        (["add", ""], "2021-03-03 10:00", "an entry needs a name"),
        (["add", " \t "], "2021-03-03 10:00", "an entry needs a name"),
        (["add", "one\ntwo"], "2021-03-03 10:00", "a line break in the name"),
        (["add", "one\rtwo"], "2021-03-03 10:00", "a line break in the name"),
        (["add", "one", "-c", "two\nthree"], "2021-03-03 10:00", "a line break in the comment"),
        (["add", "old"], "2021-03-03 08:59", "2021-03-03 08:59 is earlier than the last entry"),
        (["hello"], "2021-03-02 10:00", "2021-03-02 10:00 is earlier than the last entry"),
        (["stretch"], "2021-03-03 08:59", "2021-03-03 08:59 is earlier than the last entry"),
    ],
)
def test_an_entry_that_would_spoil_the_log_is_refused(home, words, now, reason):
    before = home.write_log(LOG)

    done = home.utt(*words, now=now)

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"error: {reason}")
    assert "nothing was added" in done.err
    assert home.log.read_bytes() == before


@pytest.mark.parametrize("words", [["add", "x"], ["hello"], ["stretch"], ["report"]], ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"2021-03-03 09:00 caf\xe9\n", "line 1 is not "),
        (b"\xef\xbb\xbf2021-03-03 09:00 a\n", "Invalid entry at line 1: "),
        (b"2021-03-03 09:00 a\nx\n", "Invalid entry at line 2: x\n"),
        (b"2021-03-03 09:00 a\n2021-03-03 08:00 b\n", "Line 2 not in chronological order: 2021-03-03 08:00 b\n"),
    ],
    ids=["encoding", "byte-order mark", "syntax", "order"],
)
def test_a_log_that_is_not_understood_is_an_error_and_stays(home, words, data, message):
    home.write_log(data)

    done = home.utt(*words)

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert message in done.err
    assert "Traceback" not in done.err
    assert home.log.read_bytes() == data


@pytest.mark.parametrize("words", [["add", "x"], ["hello"], ["stretch"], ["report"]], ids=lambda words: words[0])
def test_a_folder_in_place_of_the_log_is_an_error(home, words):
    home.log.mkdir(parents=True)

    done = home.utt(*words)

    assert (done.code, done.out) == (1, "")
    assert done.err == f"error: cannot read the log {home.log}: Is a directory\n"
    assert list(home.log.iterdir()) == []


def test_a_home_that_takes_no_files_is_an_error(home):
    (home.root / ".local").write_text("a file where the folders should go")

    done = home.utt("hello")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"error: cannot read the log {home.log}: Not a directory")


@pytest.mark.parametrize("room", range(1, 24))
def test_a_disk_that_is_full_halfway_through_an_entry_leaves_the_log_as_it_was(home, room):
    before = home.write_log(LOG)
    wanted = b"2021-03-03 10:00 a task\n"
    assert room < len(wanted)

    done = home.utt("add", "a task", env=NO_BYTECODE, preexec_fn=limit_file_size(len(before) + room))

    assert (done.code, done.out) == (1, "")
    assert done.err == f"error: cannot write the log {home.log}: File too large; nothing was added\n"
    assert home.log.read_bytes() == before


def test_a_disk_without_any_room_for_a_first_entry_is_left_without_a_log(home):
    done = home.utt("hello", env=NO_BYTECODE, preexec_fn=limit_file_size(0))

    assert done.code == 1
    told = done.err.rpartition("utt: warning[journal-unwritable]")[2].partition("error: ")
    assert f"error: {told[2]}".startswith(f"error: cannot write the log {home.log}: ")
    assert not home.log.exists()


def test_what_is_killed_between_two_adds_leaves_no_lock_behind(home):
    home.write_log(LOG)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLD_THE_LOCK,
            str(home.log),
        ],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
    )
    assert holder.stdout.readline() == b"locked\n"
    writer = home.start("add", "patient")
    holder.send_signal(signal.SIGKILL)
    holder.communicate(timeout=60)

    assert writer.communicate(timeout=60) == (b"", b"")
    assert writer.returncode == 0
    assert home.log.read_text() == LOG + "2021-03-03 10:00 patient\n"


def test_ctrl_c_while_waiting_for_another_writer_ends_quietly_and_adds_nothing(home):
    import fcntl

    before = home.write_log(LOG)
    holder = os.open(home.log, os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        writer = home.start("add", "impatient")
        wait_until_blocked(writer)
        writer.send_signal(signal.SIGINT)
        out, err = writer.communicate(timeout=60)
    finally:
        os.close(holder)

    assert (writer.returncode, out, err) == (130, b"", b"")
    assert home.log.read_bytes() == before


EDITOR = """sh -c 'cat "$1" > copy; echo open > ready; cat go; cat copy > "$1"' editor"""
"""Reads the log, says so, waits for a word, and saves what it has read."""


@pytest.mark.parametrize("is_killed", [False, True], ids=["waited for", "utt edit is killed"])
def test_what_is_added_while_an_editor_has_the_log_open_is_kept_and_told(home, is_killed):
    home.write_log(LOG)
    for name in ("ready", "go"):
        os.mkfifo(home.root / name)
    editing = home.start("edit", env={"EDITOR": EDITOR}, start_new_session=True)
    (home.root / "ready").read_text()
    added = home.utt("add", "meanwhile")
    if is_killed:
        editing.send_signal(signal.SIGKILL)
        editing.wait()
    (home.root / "go").write_text("")
    told = editing.communicate(timeout=60)[1].decode()  # the editor has the pipe open until it ends
    if is_killed:
        assert home.log.read_text() == LOG
        told = home.utt("report").err

    assert (added.code, added.out, added.err) == (0, "", "")
    assert home.log.read_text() == LOG + "2021-03-03 10:00 meanwhile\n"
    assert told.endswith("overwritten by it, and put back: 2021-03-03 10:00 meanwhile\n")
    assert os.listdir(home.log.parent) == ["utt.log"]


def wait_until_blocked(process):
    """Return when the process waits for a lock, the kernel lists who does, or when it has ended without."""
    while process.poll() is None:
        if any("->" in line and f" {process.pid} " in line for line in Path("/proc/locks").read_text().splitlines()):
            return
        os.sched_yield()
