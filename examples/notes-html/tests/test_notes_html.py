"""The plugin of another application's author, installed from a wheel, and editable."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

NOTE = "Shopping\n\nMilk & bread\n\nA <small> cake\n"
FIXED_CLOCK = """
from datetime import date
from notes.api import v1
v1.register_component(v1.Clock, type("FixedClock", (v1.Clock,), {"today": lambda self: date(2026, 3, 2)}))
"""


@pytest.fixture(params=["wheel", "editable"])
def notes(request, environments, user, tmp_path):
    environment = environments.make(tmp_path / "venv", "packages/pegboard", "examples/notes")
    environments.install(environment, "examples/notes-html", editable=request.param == "editable")
    (user.home / "note.txt").write_text(NOTE)
    return lambda *words: user.run(environment.program("notes"), *words)


def test_the_format_is_there_with_its_distribution_and_exports_by_the_clock_of_the_application(notes, user):
    folder = user.home / ".config" / "notes" / "plugins"
    folder.mkdir(parents=True)
    (folder / "clock.py").write_text(FIXED_CLOCK)

    assert "html       A web page (notes-example-html 0.1.0)\n" in notes("formats").out
    assert notes("export", "html", "note.txt").out == (
        "<!DOCTYPE html>\n<title>Shopping</title>\n<h1>Shopping</h1>\n<p>Milk &amp; bread</p>\n"
        "<p>A &lt;small&gt; cake</p>\n<footer>2026-03-02</footer>\n"
    )


def test_without_plugins_the_format_is_not_there(notes):
    assert "html" not in notes("--no-plugins", "formats").out
    assert notes("--no-plugins", "export", "html", "note.txt").code == 2
