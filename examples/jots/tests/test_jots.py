"""The application as its users have it: installed from a wheel, and run."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

SHOUT = """
import click
from jots.api import v1

@v1.command
@click.command()
def shout():
    "Print the jots in capital letters."
    if not v1.jots():
        raise ValueError("nothing to shout")
    click.echo("\\n".join(v1.jots()).upper())
"""


@pytest.fixture
def jots(environments, user):
    user.environ["JOTS_PLUGINS_CACHE"] = str(user.home / ".cache/jots")
    environment = environments.shared_environment("packages/pegboard", "examples/jots", "click>=8.1")
    return lambda *words: user.run(environment.program("jots"), *words)


@pytest.fixture
def folder(user):
    folder = user.home / ".config" / "jots" / "plugins"
    folder.mkdir(parents=True)
    return folder


def test_its_own_commands_and_those_of_plugins_are_listed_and_run(jots, folder):
    (folder / "shout.py").write_text(SHOUT)
    listed = jots("--help").out
    for text in ("add      Add a jot.", "count    Count the jots.", "shout    Print the jots in capital letters."):
        assert text in listed
    assert jots("add", "milk").code == 0
    assert jots("count").out == "1\n"
    assert jots("shout").out == "MILK\n"


def test_a_plugin_that_fails_is_named_in_one_line(jots, folder):
    (folder / "shout.py").write_text(SHOUT)
    (folder / "broken.py").write_text("import a_library_that_is_not_there\n")
    done = jots("shout")
    assert done.code == 1
    assert "plugin 'broken' could not be imported and is left out" in done.err.splitlines()[0]
    assert "plugin 'shout' failed while running command 'shout': ValueError: nothing to shout" in done.err
    assert jots("--no-plugins", "shout").code == 2


def test_the_plugins_commands_name_themselves(jots):
    assert jots("plugins", "--help").out.startswith("usage: jots plugins ")
    assert "count" in jots("plugins", "list", "--json").out
