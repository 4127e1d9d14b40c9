"""The two jobs, by entry points: load each of the group."""

from importlib.metadata import entry_points

from benchhost.api import print_names, run_command


def load() -> None:
    for entry_point in entry_points(group="benchhost.plugins"):
        entry_point.load()


def list_names() -> None:
    load()
    print_names()


def run(name: str) -> None:
    load()
    run_command(name)
