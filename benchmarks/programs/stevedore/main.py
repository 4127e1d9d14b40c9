"""The two jobs, by stevedore: an ExtensionManager loads every extension of the namespace."""

from benchhost.api import print_names, run_command


def load() -> None:
    from stevedore.extension import ExtensionManager

    ExtensionManager("benchhost.plugins")


def list_names() -> None:
    load()
    print_names()


def run(name: str) -> None:
    load()
    run_command(name)
