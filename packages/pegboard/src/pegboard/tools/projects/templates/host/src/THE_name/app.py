"""The application: its host, and what plugins can add to it."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass

from pegboard import Host, Registry


def no_arguments(parser: ArgumentParser) -> None:
    """Add nothing to the parser of a command."""


@dataclass(frozen=True)
class Command:
    """A command of the application."""

    run: Callable[[Namespace], None]
    """What it does with the parsed arguments."""
    add_args: Callable[[ArgumentParser], None] = no_arguments
    """Adds its own arguments to its parser."""

    def __call__(self, arguments: Namespace) -> None:
        self.run(arguments)


host = Host("THE_name", commands="THE_name plugins")
commands: Registry[Command] = host.registry("commands", Command)
