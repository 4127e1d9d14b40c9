"""The two jobs, by the loop of the seed article: import whatever is in the namespace."""

import importlib
import pkgutil

import benchhost.plugins
from benchhost.api import print_names, run_command


def load() -> None:
    for _, name, _ in pkgutil.iter_modules(benchhost.plugins.__path__, "benchhost.plugins."):
        importlib.import_module(name)


def list_names() -> None:
    load()
    print_names()


def run(name: str) -> None:
    load()
    run_command(name)
