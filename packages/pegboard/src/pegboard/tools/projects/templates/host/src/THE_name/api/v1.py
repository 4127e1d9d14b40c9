"""The interface for plugins, version 1: everything that a plugin may use."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from THE_name.app import Command, commands, no_arguments

__all__ = ["ArgumentParser", "Namespace", "register_command"]


def register_command(
    name: str,
    run: Callable[[Namespace], None],
    *,
    description: str,
    add_args: Callable[[ArgumentParser], None] = no_arguments,
) -> None:
    """Add a command to THE_name.

    Args:
        name: What users type.
        run: What the command does with its parsed arguments.
        description: What it does, in one line, for the help.
        add_args: Adds its own arguments to its parser.
    """
    commands.register(name, Command(run, add_args), description=description)
