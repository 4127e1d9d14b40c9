"""The application as its users have it: installed from a wheel, and run."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

NOTE = "Shopping\n\nMilk & bread\n\nA <small> cake\n"
FIXED_CLOCK = """
from datetime import date
from notes.api import v1

class FixedClock(v1.Clock):
    def today(self):
        return date(2026, 3, 2)

v1.register_component(v1.Clock, FixedClock)
"""


@pytest.fixture
def notes(environments, user):
    environment = environments.shared_environment("packages/pegboard", "examples/notes")
    (user.home / "note.txt").write_text(NOTE)
    return lambda *words: user.run(environment.program("notes"), *words)


@pytest.fixture
def folder(user):
    """Return the user's folder of plugins that need no packaging."""
    folder = user.home / ".config" / "notes" / "plugins"
    folder.mkdir(parents=True)
    return folder


def test_its_own_formats_are_listed(notes):
    assert notes("formats").out == (
        "markdown   Markdown, with the date (built in)\nplain      As it was written (built in)\n"
    )


def test_a_note_is_exported(notes):
    assert notes("export", "plain", "note.txt").out == NOTE


def test_a_file_of_the_user_replaces_a_component(notes, folder):
    (folder / "fixed_clock.py").write_text(FIXED_CLOCK)

    exported = notes("export", "markdown", "note.txt").out

    assert exported == "# Shopping\n\nMilk & bread\n\nA <small> cake\n\n*2026-03-02*\n"


def test_a_format_that_nobody_knows_and_a_file_that_is_not_there_are_errors(notes):
    assert notes("export", "pdf", "note.txt").code == 2
    done = notes("export", "plain", "other.txt")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("notes: error: ")


def test_an_exporter_that_fails_is_named(notes, folder):
    (folder / "bad.py").write_text(
        "from notes.api import v1\nv1.register_exporter('bad', lambda note: 1 / 0, summary='Bad')\n"
    )

    done = notes("export", "bad", "note.txt")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("notes: error: plugin 'bad' failed while exporting to 'bad'\n  cause: ZeroDivisionError")
    assert "bad " in notes("formats").out
    assert "bad " not in notes("--no-plugins", "formats").out
