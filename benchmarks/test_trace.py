"""Tests that after a change of one plugin among many the next start imports only that one, by trace instead of time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from probe import Probe, settle
from synthesis import Environment, age, an_hour_ago, command_name, plugin_name, plugin_source

COUNT = 200
LIST = "from benchhost.main import list_names; list_names()"


def run(number: int) -> str:
    return f"from benchhost.main import run; run({command_name(number)!r})"


def module(number: int) -> str:
    return f"benchhost.plugins.{plugin_name(number)}"


def renamed(file: Path, number: int, name: str) -> str:
    """Return the source of a plugin with another name for its command."""
    return file.read_text().replace(f'"{command_name(number)}"', f'"{name}"')


def a_minute_after_installation(*paths: Path) -> None:
    """Set the times of changed files to a moment that is long enough ago to be trusted."""
    after = an_hour_ago() + 60_000_000_000
    for path in paths:
        os.utime(path, ns=(after, after))


def check_next_starts(environment: Environment, number: int, name: str) -> None:
    changed = Probe(environment, LIST)
    assert changed.plugins == [module(number)], "only the changed plugin is imported"
    assert name in changed.output.split()
    assert command_name(number) not in changed.output.split()
    assert len(changed.output.split()) == COUNT

    assert Probe(environment, LIST).plugins == [], "the start after it imports nothing"


@pytest.mark.slow
def test_only_a_replaced_plugin_is_imported_at_the_next_start(tmp_path: Path) -> None:
    """Installers and some editors write a new file: the time of the folder changes."""
    installed = Environment("ours", "frugal", COUNT, tmp_path).make()
    settle(installed, LIST)
    assert Probe(installed, run(7)).plugins == [module(7)], "a run imports the plugin of its command only"

    file = installed.plugin_file(101)
    new = file.with_suffix(".new")
    new.write_text(renamed(file, 101, "replaced"))
    new.replace(file)
    a_minute_after_installation(file, file.parent)

    check_next_starts(installed, 101, "replaced")


@pytest.mark.slow
def test_only_a_plugin_edited_in_place_is_imported_at_the_next_start(tmp_path: Path) -> None:
    """Other editors write into the file, in a source tree: only the time of the file changes."""
    environment = Environment("ours", "frugal", 0, tmp_path).make()
    tree = tmp_path / "tree"
    folder = tree / "benchhost" / "plugins"
    folder.mkdir(parents=True)
    for number in range(COUNT):
        (folder / f"{plugin_name(number)}.py").write_text(plugin_source("frugal", number))
    pointer = environment.site / "tree.pth"
    pointer.write_text(f"{tree}\n")
    a_minute_after_installation(pointer, environment.site)
    age(tree, an_hour_ago())
    settle(environment, LIST)

    file = folder / f"{plugin_name(123)}.py"
    file.write_text(renamed(file, 123, "edited"))
    a_minute_after_installation(file)

    check_next_starts(environment, 123, "edited")
