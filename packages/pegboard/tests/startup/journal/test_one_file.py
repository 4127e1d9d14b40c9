"""One file of the journal tells of one import after the other, and of none in between."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace

import pytest

from pegboard.importer import Journal
from pegboard.ledger import Distribution, Plugin
from pegboard.startup.journal.check import JournalEntry
from pegboard.startup.journal.one_file import OneFile

LONG = Plugin("a-long-name", "app.plugins.a_long_name", origin="/x/a_long_name.py", distribution=Distribution("d", "1"))
SHORT = Plugin("b", "app.plugins.b")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "app.journal"


@pytest.fixture
def importer(folder):
    return SimpleNamespace(journal=Journal(lambda: str(folder), lambda: True))


def told(folder):
    """Return the module that each file tells of; None for one that tells of nothing."""
    found = []
    for file in sorted(folder.iterdir()):
        try:
            entry = JournalEntry(file.name, file.read_text(), time.time())
        except ValueError:
            found.append(None)
        else:
            assert entry.was_starting
            found.append(entry.module)
    return found


def test_it_tells_of_the_import_that_is_going_on_and_of_none_in_between(importer, folder):
    with OneFile(importer):
        for plugin in (SHORT, LONG, SHORT):
            entry = importer.journal.begin(plugin, 1)
            assert told(folder) == [plugin.module]
            inner = importer.journal.begin(LONG, 2)
            assert told(folder) == [plugin.module, LONG.module]
            importer.journal.end(*inner)
            importer.journal.end(*entry)
            assert told(folder) == [None]
    assert told(folder) == []
    entry = importer.journal.begin(SHORT, 1)
    assert told(folder) == [SHORT.module]
    importer.journal.end(*entry)


def test_a_plugin_that_closes_the_file_has_nothing_written_to_what_took_its_number(importer, folder, tmp_path):
    with OneFile(importer):
        for is_ended in (True, False):
            entry = importer.journal.begin(SHORT, 1)
            if not is_ended:
                importer.journal.end(*entry)
            other = os.open(tmp_path / "log", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            taken = os.dup2(other, entry[1])  # which closes it first
            if is_ended:
                importer.journal.end(*entry)
            entry = importer.journal.begin(LONG, 1)
            assert LONG.module in told(folder)
            importer.journal.end(*entry)
            assert (tmp_path / "log").read_bytes() == b""
            os.close(taken)
            os.close(other)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # since 3.12; the child does next to nothing
def test_a_forked_child_leaves_the_file_of_its_parent_alone(importer, folder):
    with OneFile(importer):
        entry = importer.journal.begin(SHORT, 1)
        child = os.fork()
        if not child:
            importer.journal.end(*entry)
            os._exit(0)
        os.waitpid(child, 0)
        assert told(folder) == [SHORT.module]
        importer.journal.end(*entry)
    assert told(folder) == []


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_of_threads_that_start_at_once_the_first_keeps_one_file(importer, folder, first_to_end):
    journal = importer.journal
    blocks = [OneFile(importer), OneFile(importer)]
    for block in blocks:
        block.__enter__()
    entry = importer.journal.begin(SHORT, 1)
    importer.journal.end(*entry)
    assert [file.read_bytes()[:1] for file in folder.iterdir()] == [b"\n"]
    for block in (blocks[first_to_end], blocks[1 - first_to_end]):
        block.__exit__()
    assert importer.journal is journal
    assert not list(folder.iterdir())
