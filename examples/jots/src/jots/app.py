"""The application: its host, what plugins can add (commands), and the command line."""

from __future__ import annotations

import functools
from pathlib import Path

import click

from pegboard import Host
from pegboard.adapters.click import plugin_group, plugins_command, register_command

FILE = Path("jots.txt")

host = Host("jots")
commands = host.registry("commands", click.Command)
command = functools.partial(register_command, commands)


@click.group(cls=plugin_group(host, commands))
def cli() -> None:
    """Keep jots in a file."""


@cli.command()
@click.argument("text")
def add(text: str) -> None:
    """Add a jot."""
    with FILE.open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")


cli.add_command(plugins_command(host))
