"""The application as its users have it: installed from a wheel, and run."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

MORE = """
import typer
from sums.api import v1

more = typer.Typer(name="more", help="More sums.")

@more.command()
def double(number: int):
    "Double a number."
    print(2 * number)

v1.command(more)
"""


@pytest.fixture
def sums(environments, user):
    user.environ["SUMS_PLUGINS_CACHE"] = str(user.home / ".cache/sums")
    folder = user.home / ".config" / "sums" / "plugins"
    folder.mkdir(parents=True)
    (folder / "more.py").write_text(MORE)
    environment = environments.shared_environment("packages/pegboard", "examples/sums", "typer>=0.12")
    return lambda *words: user.run(environment.program("sums"), *words)


def test_commands_of_plugins_are_listed_and_run(sums):
    listed = sums("--help").out
    for text in ("total", "Print the sum of numbers.", "more", "More sums.", "plugins"):
        assert text in listed
    assert sums("total", "1", "2").out == "3\n"
    assert sums("more", "double", "4").out == "8\n"


def test_wrong_input_and_what_is_left_out_end_with_2(sums):
    assert sums("total", "many").code == 2
    assert sums("--no-plugins", "more", "double", "4").code == 2


def test_the_plugins_commands_name_themselves(sums):
    assert sums("plugins", "--help").out.startswith("usage: sums plugins ")
