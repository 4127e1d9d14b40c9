"""The files of a frozen application, and its folder that is another one at each start."""

from __future__ import annotations

import json
import os
import sys

import pytest

from pegboard import fields, frozen
from pegboard.index import SEPARATOR, Settings
from pegboard.ledger import Plugin
from pegboard.startup.journal import check, crashes
from pegboard.startup.recording import conditions, encoding, record

FOLDER = os.path.join(os.sep, "tmp", "_MEIabcdef")
EXECUTABLE = os.path.join(os.sep, "opt", "notes")


@pytest.fixture
def one_file(monkeypatch):
    """Let this process be that of an application in one file; return what unpacks it into another folder."""

    def unpack(folder):
        monkeypatch.setattr(sys, "_MEIPASS", folder, raising=False)
        for module in (frozen, fields, conditions):
            monkeypatch.setattr(module, "UNPACKED", folder)
        monkeypatch.setitem(fields._UNESCAPED, "m", folder)
        monkeypatch.setattr(frozen, "FOLDER", folder)
        monkeypatch.setattr(encoding, "_UNPACKED", json.dumps(folder).encode()[1:-1])

    monkeypatch.setattr(frozen, "EXECUTABLE", EXECUTABLE)
    monkeypatch.setattr(record, "EXECUTABLE", EXECUTABLE)
    unpack(FOLDER)
    return unpack


def test_nothing_is_virtual_in_an_application_that_is_not_frozen(tmp_path):
    assert (frozen.EXECUTABLE, frozen.FOLDER, frozen.UNPACKED) == (None, "", "")
    gone = str(tmp_path / "gone.py")
    assert not frozen.is_virtual(gone)
    assert (frozen.holder(gone), frozen.lasting(gone), frozen.present(gone)) == (gone, gone, gone)


def test_executable_stands_for_what_is_not_there(one_file, tmp_path):
    inside, outside = os.path.join(FOLDER, "notes", "plugins", "a.py"), str(tmp_path / "gone.py")
    assert frozen.holder(inside) == EXECUTABLE
    assert frozen.holder(outside) == outside  # a plugin of the user that was removed
    there = tmp_path / "there.py"
    there.touch()
    one_file(str(tmp_path))
    assert frozen.holder(str(there)) == str(there)


def test_paths_in_one_folder_are_read_as_those_in_the_next(one_file):
    texts = [os.path.join(FOLDER, "a"), f"in {FOLDER}, twice: {FOLDER}", "\x1bm", "\x1b\n", f"\x1b{FOLDER}m"]
    content = {"texts": texts}
    written = [fields.escape(text) for text in texts]
    stored = encoding._join([], [], {}, content)
    assert not any(FOLDER in text for text in written)
    assert FOLDER.encode() not in stored
    one_file("/var/_MEI0")
    assert [fields.unescape(text) for text in written] == [text.replace(FOLDER, "/var/_MEI0") for text in texts]


def test_facts_are_the_same_in_each_folder(one_file, monkeypatch):
    def facts(folder):
        one_file(folder)
        monkeypatch.setattr(sys, "path", [folder, os.path.join(folder, "base_library.zip")])
        monkeypatch.setattr(sys, "prefix", folder)
        return Settings("notes", {}).facts()

    assert facts(FOLDER) == facts("/var/_MEI0")
    assert any(EXECUTABLE in line for line in facts(FOLDER))


def test_no_condition_is_about_what_was_unpacked(one_file):
    stamps = {os.path.join(FOLDER, "lib"): "1\x1f2\x1f3", "/home/ada/plugins": "1\x1f2\x1f3"}
    now = 10**19
    lines = conditions.conditions([], stamps, {os.path.join(FOLDER, "x.so"): str(now)}, {}, now, is_complete=True)
    assert lines == [SEPARATOR.join(("D", "/home/ada/plugins", "1", "2", "3"))]


def test_crash_in_one_folder_is_known_in_the_next(one_file, tmp_path):
    def plugin(folder):
        return Plugin("a", "notes.plugins.a", origin=os.path.join(folder, "notes", "plugins", "a.py"))

    origin = frozen.lasting(plugin(FOLDER).origin)
    one_file("/var/_MEI0")
    entry = check.JournalEntry("1-2-3", f"notes.plugins.a\na\n{origin}\n\n\n1", 0.0)
    assert entry.origin == plugin("/var/_MEI0").origin
    crash = crashes.new_crash("a", "notes.plugins.a", entry.origin, "", "", 0.0, "it died")
    with crashes.changing_crashes(str(tmp_path / "incidents")) as known:
        known.add(crash)
    one_file("/var/_MEI1")
    assert crashes.Crashes(str(tmp_path / "incidents")).of(plugin("/var/_MEI1")) == crash
    assert crashes.is_current(crash, plugin("/var/_MEI1"))


def test_executable_is_not_read_for_each_record(one_file, tmp_path, monkeypatch):
    program = tmp_path / "program"
    program.write_bytes(b"x")
    monkeypatch.setattr(record, "EXECUTABLE", str(program))
    files = record.read_files([str(program)], 10**19)
    assert files[str(program)][1] == ""
    assert not record.has_changed(files, str(program), 10**19)
    program.write_bytes(b"xy")
    assert record.has_changed(files, str(program), 10**19)
