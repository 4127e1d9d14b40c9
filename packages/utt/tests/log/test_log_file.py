# The log is in naive local time, and digits are of any script.
# ruff: noqa: DTZ001
"""The log file, with real files, real locks and real limits."""

from __future__ import annotations

import errno
import gc
import os
import threading
from datetime import datetime

import pytest

from utt.domain.entry import Entry
from utt.exceptions import LogError, RefusedEntryError
from utt.log import durable
from utt.log import file as log_file
from utt.log.file import LogFile
from utt.log.interface import AddEntry, EntryLines, EntryParser, read_entries

NOON = datetime(2021, 3, 3, 12, 0)


def entry(name="b", when=NOON, comment=None):
    return Entry(when, name, False, comment)


def add(path, *args, **options):
    log = LogFile(str(path))
    log.append(entry(*args, **options), log.entries())


@pytest.fixture
def log(tmp_path):
    return tmp_path / "utt.log"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, b"2021-03-03 12:00 b\n"),
        (b"", b"2021-03-03 12:00 b\n"),
        (b"\n\n", b"\n\n2021-03-03 12:00 b\n"),
        (b"2021-03-03 09:00 a\n", b"2021-03-03 09:00 a\n2021-03-03 12:00 b\n"),
        (b"2021-03-03 09:00 a", b"2021-03-03 09:00 a\n2021-03-03 12:00 b\n"),
        (b"2021-03-02 09:00 a", b"2021-03-02 09:00 a\n\n2021-03-03 12:00 b\n"),
        (b"2021-03-02 09:00 a\r\n", b"2021-03-02 09:00 a\r\n\n2021-03-03 12:00 b\n"),
        (b"2021-03-03 09:00 a\r", b"2021-03-03 09:00 a\r\n2021-03-03 12:00 b\n"),
        (b"2021-03-03 09:00 a\n  ", b"2021-03-03 09:00 a\n  \n2021-03-03 12:00 b\n"),
    ],
)
def test_an_entry_goes_on_a_line_of_its_own_after_an_empty_one_on_another_day(log, before, after):
    if before is not None:
        log.write_bytes(before)

    add(log)

    assert log.read_bytes() == after


def test_folders_are_made_and_a_bare_name_needs_none(tmp_path, monkeypatch):
    add(tmp_path / "deep" / "er" / "my.log")
    assert (tmp_path / "deep" / "er" / "my.log").exists()
    monkeypatch.chdir(tmp_path)
    add("bare.log")
    assert (tmp_path / "bare.log").read_bytes() == b"2021-03-03 12:00 b\n"


@pytest.mark.parametrize(
    ("name", "comment", "reason"),
    [
        ("", None, "needs a name"),
        (" \t\u3000", None, "needs a name"),
        ("l1\nl2", None, "line break in the name"),
        ("a", "c\rd", "line break in the comment"),
    ],
)
def test_what_would_spoil_the_log_is_refused_before_anything_is_made(tmp_path, name, comment, reason):
    with pytest.raises(RefusedEntryError, match=reason):
        add(tmp_path / "new" / "utt.log", name, comment=comment)
    assert not (tmp_path / "new").exists()


def test_an_aware_time_has_no_place_in_the_log(log):
    from datetime import UTC

    with pytest.raises(RefusedEntryError, match="could not read this entry back"):
        add(log, when=NOON.replace(tzinfo=UTC))
    assert not log.exists()


def test_a_blank_comment_is_none(log):
    add(log, comment="  ")
    assert log.read_bytes() == b"2021-03-03 12:00 b\n"


def test_an_entry_from_the_past_is_refused_and_says_what_to_do(log):
    log.write_bytes(b"2021-03-03 12:01 a  # why\n")

    with pytest.raises(RefusedEntryError) as caught:
        add(log)

    assert str(caught.value) == (
        "2021-03-03 12:00 is earlier than the last entry in the log, nothing was added (last: 2021-03-03 12:01 a  # why); "
        "to put an entry in between, or to correct the last one, run: utt edit"
    )
    assert log.read_bytes() == b"2021-03-03 12:01 a  # why\n"


def test_seconds_do_not_count_as_earlier(log):
    log.write_bytes(b"2021-03-03 12:00 a\n")
    add(log, when=NOON.replace(second=30))
    known = [entry(when=NOON.replace(second=40))]
    LogFile(str(log)).append(entry("c", when=NOON.replace(second=30)), known)
    assert log.read_bytes().endswith(b"a\n2021-03-03 12:00 b\n2021-03-03 12:00 c\n")


def test_a_character_that_the_encoding_lacks_is_refused(log, monkeypatch):
    monkeypatch.setattr(log_file, "locale_encoding", lambda: "ascii")
    with pytest.raises(RefusedEntryError, match="ascii cannot express"):
        add(log, "caf\u00e9")
    assert not log.exists()


def test_a_log_in_another_encoding_is_an_error_with_its_line(log):
    log.write_bytes(b"2021-03-03 09:00 a\n2021-03-03 10:00 caf\xe9\n")
    with pytest.raises(LogError, match=r"(?i)line 2 is not utf-?8"):
        LogFile(str(log)).entries()


@pytest.mark.parametrize("make", [os.mkdir, lambda path: os.symlink(path, path)], ids=["folder", "circle"])
def test_a_log_that_cannot_be_read_is_an_error_and_so_is_writing_to_it(log, make):
    make(log)
    with pytest.raises(LogError, match="cannot read the log"):
        LogFile(str(log)).entries()
    with pytest.raises(LogError, match="cannot write the log .*; nothing was added"):
        LogFile(str(log)).append(entry(), [])


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(LogError, match="Not a directory"):
        LogFile(str(tmp_path / "file" / "utt.log")).entries()
    with pytest.raises(LogError, match="cannot write the log"):
        LogFile(str(tmp_path / "file" / "utt.log")).append(entry(), [])


def test_a_link_to_a_log_that_is_not_there_yet_is_followed(tmp_path, log):
    os.symlink(tmp_path / "real.log", log)
    add(log)
    assert (tmp_path / "real.log").read_bytes() == b"2021-03-03 12:00 b\n"
    assert log.is_symlink()


def test_lines_are_numbered_and_keep_their_ends_but_for_the_last(log):
    log.write_bytes(b"a\r\n\rb")
    assert LogFile(str(log)).lines() == [(1, "a\n"), (2, "\n"), (3, "b")]
    log.write_bytes(b"a\n")
    assert LogFile(str(log)).lines() == [(1, "a\n")]
    log.unlink()
    assert LogFile(str(log)).lines() == []


def test_reading_creates_nothing(tmp_path):
    assert LogFile(str(tmp_path / "x" / "utt.log")).entries() == []
    assert list(tmp_path.iterdir()) == []


def test_the_collector_is_left_as_it_was(log):
    log.write_bytes(b"junk\n")
    for switch in (gc.enable, gc.disable):
        switch()
        before = gc.isenabled()
        with pytest.raises(LogError):
            LogFile(str(log)).entries()
        assert gc.isenabled() is before
    gc.enable()


class TestTwoAtOnce:
    def test_what_another_process_added_since_counts_as_the_last_entry(self, log):
        log.write_bytes(b"2021-03-02 09:00 a\n")
        mine = LogFile(str(log))
        known = mine.entries()
        add(log, "theirs")

        mine.append(entry("mine"), known)

        assert log.read_bytes() == b"2021-03-02 09:00 a\n\n2021-03-03 12:00 theirs\n2021-03-03 12:00 mine\n"

    def test_an_entry_made_at_the_same_time_as_a_later_one_gets_its_time(self, log):
        mine = LogFile(str(log))
        known = mine.entries()
        add(log, "theirs", when=NOON.replace(minute=1))

        mine.append(entry("mine"), known)

        assert log.read_bytes() == b"2021-03-03 12:01 theirs\n2021-03-03 12:01 mine\n"

    def test_an_entry_that_much_is_later_than_is_refused(self, log):
        mine = LogFile(str(log))
        known = mine.entries()
        add(log, "theirs", when=NOON.replace(minute=2))

        with pytest.raises(RefusedEntryError, match="is earlier"):
            mine.append(entry("mine"), known)

        assert log.read_bytes() == b"2021-03-03 12:02 theirs\n"

    def test_what_depends_on_the_last_entry_is_refused_when_there_is_another_by_now(self, log):
        log.write_bytes(b"2021-03-03 09:00 a\n")
        mine = EntryLines(str(log))
        known = read_entries(mine, EntryParser())
        add(log, "theirs")

        with pytest.raises(RefusedEntryError, match="another program changed the log"):
            AddEntry(str(log), known, log=mine.log).if_unchanged(entry("a"))

        assert log.read_bytes().endswith(b"theirs\n")

    def test_a_log_that_was_damaged_meanwhile_is_an_error(self, log):
        mine = LogFile(str(log))
        known = mine.entries()
        log.write_bytes(b"junk\n")

        with pytest.raises(LogError, match="Invalid entry at line 1: junk"):
            mine.append(entry(), known)

        assert log.read_bytes() == b"junk\n"

    def test_entries_that_came_from_elsewhere_are_believed(self, log):
        log.write_bytes(b"garbage\n")
        LogFile(str(log)).append(entry(), [entry(when=NOON.replace(hour=8))])
        assert log.read_bytes() == b"garbage\n2021-03-03 12:00 b\n"

    def test_a_writer_waits_for_the_other_and_then_looks_which_file_is_the_log(self, log, monkeypatch):
        import fcntl

        log.write_bytes(b"2021-03-03 09:00 old\n")
        holder = os.open(log, os.O_RDWR)
        fcntl.flock(holder, fcntl.LOCK_EX)
        waiting = threading.Event()
        real = durable.lock

        def lock(descriptor):
            waiting.set()
            real(descriptor)

        monkeypatch.setattr(durable, "lock", lock)
        writer = threading.Thread(target=add, args=(log,))
        writer.start()
        assert waiting.wait(10)
        # An editor saves: another file takes the place of the one that the writer waits for.
        other = log.with_suffix(".new")
        other.write_bytes(b"2021-03-03 09:00 new\n")
        os.replace(other, log)
        os.close(holder)
        writer.join(10)

        assert log.read_bytes() == b"2021-03-03 09:00 new\n2021-03-03 12:00 b\n"

    def test_a_file_system_without_locks_is_written_to_all_the_same(self, log, monkeypatch):
        import fcntl

        def no_locks(descriptor, how):
            raise OSError(errno.ENOLCK, "no locks")

        monkeypatch.setattr(fcntl, "flock", no_locks)
        add(log)
        assert log.read_bytes() == b"2021-03-03 12:00 b\n"

    def test_any_other_failure_to_lock_is_an_error(self, log, monkeypatch):
        import fcntl

        def broken(descriptor, how):
            raise OSError(errno.EIO, "broken")

        monkeypatch.setattr(fcntl, "flock", broken)
        log.write_bytes(b"2021-03-03 09:00 a\n")
        with pytest.raises(LogError, match="broken"):
            add(log)
        assert log.read_bytes() == b"2021-03-03 09:00 a\n"


class TestNothingHalfDone:
    """Whatever stops an append, the log is as it was before."""

    BEFORE = b"2021-03-03 09:00 a"

    @pytest.mark.parametrize("stop", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
    @pytest.mark.parametrize("bytes_written", [0, 1, 7])
    def test_a_write_that_stops_is_taken_back(self, log, monkeypatch, stop, bytes_written):
        log.write_bytes(self.BEFORE)
        real, rounds = os.write, []

        def write(descriptor, data):
            rounds.append(data)
            if bytes_written and len(rounds) == 1:
                return real(descriptor, data[:bytes_written])
            raise stop

        monkeypatch.setattr(os, "write", write)
        with pytest.raises((LogError, KeyboardInterrupt)):
            add(log)
        monkeypatch.undo()
        assert log.read_bytes() == self.BEFORE

    def test_an_entry_that_did_not_reach_the_disk_is_taken_back(self, log, monkeypatch):
        log.write_bytes(self.BEFORE)

        def fsync(descriptor):
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "fsync", fsync)
        with pytest.raises(LogError, match="Input/output error; nothing was added"):
            add(log)
        assert log.read_bytes() == self.BEFORE

    def test_what_cannot_be_taken_back_is_told(self, log, monkeypatch):
        real = os.write

        def write(descriptor, data):
            if data.startswith(b"\n2021"):
                return real(descriptor, data[:5])
            raise OSError(errno.ENOSPC, "No space left on device")

        def ftruncate(descriptor, size):
            raise OSError(errno.EPERM, "Operation not permitted")

        log.write_bytes(self.BEFORE)
        monkeypatch.setattr(os, "write", write)
        monkeypatch.setattr(os, "ftruncate", ftruncate)
        with pytest.raises(LogError, match="not permitted; a part of the entry may be left as its last line"):
            add(log)

    def test_a_folder_that_cannot_be_made_durable_does_not_undo_the_entry(self, log, monkeypatch):
        real, calls = os.fsync, []

        def fsync(descriptor):
            calls.append(descriptor)
            if len(calls) > 1:
                raise OSError(errno.EIO, "Input/output error")
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)
        add(log)
        assert len(calls) == 2
        assert log.read_bytes() == b"2021-03-03 12:00 b\n"

    def test_a_new_log_that_could_not_be_written_does_not_stay(self, log, monkeypatch):
        def write(descriptor, data):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "write", write)
        with pytest.raises(LogError, match="No space left"):
            add(log)
        assert not log.exists()

    def test_what_others_appended_meanwhile_is_never_taken_back(self, log, monkeypatch):
        log.write_bytes(b"2021-03-03 09:00 a\n")

        def fsync(descriptor):
            with open(log, "ab") as other:
                other.write(b"2021-03-03 13:00 by hand\n")
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "fsync", fsync)
        with pytest.raises(LogError):
            add(log)
        assert log.read_bytes() == b"2021-03-03 09:00 a\n2021-03-03 12:00 b\n2021-03-03 13:00 by hand\n"

    def test_what_is_no_file_on_a_disk_can_be_written_to(self):
        add("/dev/null")

    def test_a_device_that_is_full_is_an_error(self):
        with pytest.raises(LogError, match="/dev/full: No space left on device; nothing was added"):
            LogFile("/dev/full").append(entry(), [])


class TestComponents:
    def test_a_replaced_parser_reads_the_log(self, log):
        class Upper(EntryParser):
            def parse(self, line):
                read = super().parse(line)
                return Entry(read.datetime, read.name.upper(), False, None)

        log.write_bytes(b"2021-03-03 09:00 a\n")
        lines = EntryLines(str(log))
        entries = read_entries(lines, Upper())
        AddEntry(str(log), entries, log=lines.log)(entry())

        assert [e.name for e in entries] == ["A"]
        assert log.read_bytes().endswith(b"12:00 b\n")

    def test_replaced_lines_are_read_instead_of_the_log(self):
        entries = read_entries(lambda: [(1, "2021-03-03 09:00 a\n"), (2, "\n")], EntryParser())
        assert [e.name for e in entries] == ["a"]

    def test_lines_and_parser_are_callable_by_themselves(self, log):
        log.write_bytes(b"2021-03-03 09:00 a\n")
        assert EntryLines(str(log))() == [(1, "2021-03-03 09:00 a\n")]
        assert EntryParser().parse(" 2021-03-03 09:00 a ").name == "a"

    def test_another_path_than_the_one_read_is_written_to_where_it_is(self, tmp_path, log):
        AddEntry(str(log), [], log=LogFile(str(tmp_path / "other.log")))(entry())
        assert log.read_bytes() == b"2021-03-03 12:00 b\n"
        assert not (tmp_path / "other.log").exists()
