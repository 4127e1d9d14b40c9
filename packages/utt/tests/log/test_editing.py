# The log is in naive local time.
# ruff: noqa: DTZ001
"""What is added while an editor has the log open is kept, with real files and real locks."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from datetime import datetime

import pytest

from utt.domain.entry import Entry
from utt.exceptions import LogError
from utt.log import editing
from utt.log.editing import log_editing
from utt.log.file import LogFile

MORNING = b"2021-03-03 08:00 hello\n2021-03-03 09:00 a\n"
KEPT = "utt: added while an editor had the log open, and kept: "
PUT_BACK = "utt: added while an editor had the log open, overwritten by it, and put back: "


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "utt.log"
    path.write_bytes(MORNING)
    return path


def add(path, name, hour=10, minute=0, day=3):
    log = LogFile(str(path))
    return log.append(Entry(datetime(2021, 3, day, hour, minute), name, False, None), log.entries())


def litter(path):
    return sorted(set(os.listdir(path.parent)) - {path.name})


@pytest.mark.parametrize(
    ("saved", "after"),
    [
        pytest.param(MORNING, MORNING + b"2021-03-03 10:00 new\n", id="as it was"),
        pytest.param(b"", b"2021-03-03 10:00 new\n", id="emptied"),
        pytest.param(b"2021-03-03 08:30 x", b"2021-03-03 08:30 x\n2021-03-03 10:00 new\n", id="no line end"),
        pytest.param(
            b"2021-03-03 08:30 x\n2021-03-03 11:00 y\n",
            b"2021-03-03 08:30 x\n2021-03-03 10:00 new\n2021-03-03 11:00 y\n",
            id="something later",
        ),
        pytest.param(b"2021-03-03 11:00 y\n", b"2021-03-03 10:00 new\n2021-03-03 11:00 y\n", id="only later"),
        pytest.param(b"2021-03-03 10:00 y\n", b"2021-03-03 10:00 y\n2021-03-03 10:00 new\n", id="the same minute"),
        pytest.param(
            b"2021-03-02 09:00 x\r\n\r\n2021-03-03 11:00 y\r\n",
            b"2021-03-02 09:00 x\r\n\r\n2021-03-03 10:00 new\n2021-03-03 11:00 y\r\n",
            id="first of its day",
        ),
        pytest.param(
            b"2021-03-02 09:00 x\n\n2021-03-04 11:00 y\n",
            b"2021-03-02 09:00 x\n\n2021-03-03 10:00 new\n\n2021-03-04 11:00 y\n",
            id="only one of its day",
        ),
        pytest.param(
            b"2021-03-04 11:00 y\n", b"2021-03-03 10:00 new\n\n2021-03-04 11:00 y\n", id="the day before the first"
        ),
        pytest.param(
            b"2021-03-03 09:00 x\n\n2021-03-04 11:00 y\n",
            b"2021-03-03 09:00 x\n2021-03-03 10:00 new\n\n2021-03-04 11:00 y\n",
            id="last of its day",
        ),
        pytest.param(b"oops\n2021-03-03 9 z\n", b"2021-03-03 10:00 new\noops\n2021-03-03 9 z\n", id="typos"),
    ],
)
def test_what_an_editor_has_overwritten_is_put_back_in_the_order_of_time(log, capsys, saved, after):
    with log_editing(str(log)):
        add(log, "new")
        log.write_bytes(saved)

    assert log.read_bytes() == after
    assert capsys.readouterr().err == f"{PUT_BACK}2021-03-03 10:00 new\n"
    assert litter(log) == []


def test_what_is_added_after_the_editor_has_saved_stays_and_is_told(log, capsys):
    with log_editing(str(log)):
        log.write_bytes(MORNING + b"2021-03-03 09:30 edited\n")
        add(log, "new")

    assert log.read_bytes() == MORNING + b"2021-03-03 09:30 edited\n2021-03-03 10:00 new\n"
    assert capsys.readouterr().err == f"{KEPT}2021-03-03 10:00 new\n"


def test_an_editor_that_saves_again_and_again_by_renaming_loses_nothing(log, capsys):
    with log_editing(str(log)):
        for number in range(3):
            add(log, f"new {number}", minute=number)
            copy = log.with_suffix(".new")
            copy.write_bytes(MORNING)
            os.replace(copy, log)
        add(log, "last", hour=11)

    names = [line.partition(" 1")[2] for line in log.read_text().splitlines()[2:]]
    assert names == ["0:00 new 0", "0:01 new 1", "0:02 new 2", "1:00 last"]
    kept, put_back, *lines = capsys.readouterr().err.splitlines()
    assert (kept, put_back) == (f"{KEPT}2021-03-03 11:00 last", PUT_BACK.rstrip())
    assert lines == [f"  2021-03-03 10:0{number} new {number}" for number in range(3)]


def test_a_log_that_is_read_again_in_the_editor_has_nothing_twice(log):
    with log_editing(str(log)):
        add(log, "new")
        log.write_bytes(log.read_bytes().replace(b" n", b"  n"))

    assert log.read_bytes() == MORNING + b"2021-03-03 10:00  new\n"


def test_equal_lines_are_counted(log):
    log.write_bytes(MORNING + b"2021-03-03 10:00 x\n")
    with log_editing(str(log)):
        add(log, "x")
        add(log, "x")
        log.write_bytes(MORNING + b"2021-03-03 10:00 x\n")

    assert log.read_bytes() == MORNING + b"2021-03-03 10:00 x\n" * 3


def test_a_log_that_is_deleted_in_the_editor_has_what_was_added(log):
    with log_editing(str(log)):
        add(log, "new")
        log.unlink()
    assert log.read_bytes() == b"2021-03-03 10:00 new\n"


def test_a_folder_that_is_deleted_in_the_editor_is_made_again(tmp_path):
    log = tmp_path / "folder" / "utt.log"
    with log_editing(str(log)):
        add(log, "new")
        shutil.rmtree(log.parent)
    assert log.read_bytes() == b"2021-03-03 10:00 new\n"
    assert litter(log) == []


def test_two_editors_at_once_lose_nothing(log):
    with log_editing(str(log)):
        add(log, "first")
        with log_editing(str(log)):
            add(log, "second", hour=11)
            log.write_bytes(MORNING)
        assert log.read_bytes() == MORNING + b"2021-03-03 11:00 second\n"  # the outer one has not ended
        add(log, "third", hour=12)
        log.write_bytes(b"")

    assert [line[11:] for line in log.read_text().splitlines()] == ["10:00 first", "11:00 second", "12:00 third"]
    assert litter(log) == []


def test_an_editor_that_goes_on_in_the_background_is_known_to(log, capsys):
    with log_editing(str(log)) as inherited:
        child = os.dup(inherited[0])  # as a child has it
    add(log, "new")
    log.write_bytes(MORNING)  # it saves
    assert [entry.name for entry in LogFile(str(log)).entries()] == ["hello", "a"]  # and is still open
    os.close(child)

    assert [entry.name for entry in LogFile(str(log)).entries()] == ["hello", "a", "new"]
    assert capsys.readouterr().err == f"{PUT_BACK}2021-03-03 10:00 new\n"
    assert litter(log) == []


def test_the_next_editor_does_not_wait_for_one_in_the_background(log):
    with log_editing(str(log)) as inherited:
        child = os.dup(inherited[0])
    with log_editing(str(log)):
        add(log, "new")
    os.close(child)
    log.write_bytes(MORNING)  # by hand, on purpose

    assert [entry.name for entry in LogFile(str(log)).entries()] == ["hello", "a"]
    assert litter(log) == []


@pytest.mark.parametrize(
    "read", [lambda path: LogFile(path).entries(), lambda path: log_editing(path).__enter__()], ids=["report", "edit"]
)
def test_what_is_left_of_a_killed_editor_is_put_back_by_whoever_reads_the_log_next(log, read):
    (descriptor,) = log_editing(str(log)).__enter__()
    add(log, "new")
    os.close(descriptor)
    log.write_bytes(MORNING)

    with contextlib.suppress(TypeError):
        os.close(read(str(log))[0])

    assert log.read_bytes() == MORNING + b"2021-03-03 10:00 new\n"
    LogFile(str(log)).entries()
    add(log, "later", hour=11)
    assert log.read_bytes() == MORNING + b"2021-03-03 10:00 new\n2021-03-03 11:00 later\n"
    assert litter(log) == []


def test_an_entry_that_could_not_be_added_is_not_put_back(log, monkeypatch):
    def full(descriptor, size, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    with log_editing(str(log)):
        monkeypatch.setattr("utt.log.file.append", full)
        with pytest.raises(LogError, match="nothing was added"):
            add(log, "new")
    assert log.read_bytes() == MORNING


def test_an_entry_that_cannot_be_noted_is_not_added(log, monkeypatch):
    def full(descriptor, size, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    with log_editing(str(log)):
        monkeypatch.setattr(editing, "append", full)
        with pytest.raises(LogError, match="nothing was added"):
            add(log, "new")
        monkeypatch.undo()
        log.write_bytes(b"")
    assert log.read_bytes() == b""


def test_what_cannot_be_put_back_now_is_put_back_later(log):
    editor = log_editing(str(log))
    editor.__enter__()
    add(log, "new")
    log.write_bytes(b"2021-03-03 09:00 caf\xe9\n")  # in another encoding
    with pytest.raises(LogError, match="cannot look for what was added"):
        editor.__exit__(None, None, None)
    with pytest.raises(LogError, match="is not"):
        LogFile(str(log)).entries()

    log.write_bytes(MORNING)
    assert [entry.name for entry in LogFile(str(log)).entries()] == ["hello", "a", "new"]
    assert litter(log) == []


def test_a_disk_that_is_full_leaves_what_the_editor_saved(log, monkeypatch):
    later = b"2021-03-03 11:00 y\n"

    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    editor = log_editing(str(log))
    editor.__enter__()
    add(log, "new")
    log.write_bytes(later)
    monkeypatch.setattr(editing, "replace_file", full)
    with pytest.raises(LogError, match="No space left"):
        editor.__exit__(None, None, None)
    assert log.read_bytes() == later
    monkeypatch.undo()
    LogFile(str(log)).entries()
    assert log.read_bytes() == b"2021-03-03 10:00 new\n" + later


def test_a_log_with_another_name_keeps_it_and_its_mode(log, tmp_path):
    os.chmod(log, 0o640)
    os.link(log, tmp_path / "second name")
    with log_editing(str(log)):
        add(log, "new")
        log.write_bytes(b"2021-03-03 11:00 y\n")
    assert (tmp_path / "second name").read_bytes() == log.read_bytes() == b"2021-03-03 10:00 new\n2021-03-03 11:00 y\n"
    (tmp_path / "second name").unlink()
    with log_editing(str(log)):
        add(log, "newer", hour=12)
        log.write_bytes(b"2021-03-03 13:00 y\n")
    assert log.read_bytes() == b"2021-03-03 12:00 newer\n2021-03-03 13:00 y\n"
    assert log.stat().st_mode & 0o777 == 0o640


def test_a_link_to_the_log_is_the_log(log, tmp_path):
    link = tmp_path / "elsewhere" / "link.log"
    link.parent.mkdir()
    link.symlink_to(log)
    with log_editing(str(link)):
        add(log, "new")
        link.write_bytes(b"2021-03-03 11:00 y\n")
    assert log.read_bytes() == b"2021-03-03 10:00 new\n2021-03-03 11:00 y\n"
    assert link.is_symlink()


def test_a_folder_that_takes_no_files_has_its_notes_elsewhere(log, tmp_path, monkeypatch):
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(log.parent) and real(path, mode))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    with log_editing(str(log)):
        assert litter(log) == ["temporary"]
        add(log, "new")
        log.write_bytes(MORNING)
    assert log.read_bytes() == MORNING + b"2021-03-03 10:00 new\n"
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("path", ["/dev/null", "/proc/none/utt.log"])
def test_what_is_no_file_is_edited_without(path):
    with log_editing(path) as inherited:
        assert inherited == ()


def test_notes_of_another_user_are_passed_over_once_nobody_has_them(log, monkeypatch):
    (descriptor,) = log_editing(str(log)).__enter__()
    real = os.open

    def another_user_s(path, flags, *mode):
        if ".editing" in str(path) and flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, flags, *mode)

    monkeypatch.setattr(os, "open", another_user_s)
    with pytest.raises(LogError, match="another user has it open in an editor; nothing was added"):
        add(log, "new")
    os.close(descriptor)
    add(log, "new")
    assert log.read_bytes() == MORNING + b"2021-03-03 10:00 new\n"
