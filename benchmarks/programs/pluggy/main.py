"""The two jobs, by pluggy: register each entry point's module as a plugin."""

import pluggy
from benchhost.api import print_names, run_command


def load() -> None:
    pluggy.PluginManager("benchhost").load_setuptools_entrypoints("benchhost.plugins")


def list_names() -> None:
    load()
    print_names()


def run(name: str) -> None:
    load()
    run_command(name)
