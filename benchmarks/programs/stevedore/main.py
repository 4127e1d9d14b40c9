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


def run_one(name: str) -> None:
    """Load only the extension of that name: needs every command to be the name of an entry point."""
    from stevedore.driver import DriverManager

    DriverManager("benchhost.plugins", name)
    run_command(name)
