"""The application: its host, what plugins can add (commands), and the command line."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import typer

from pegboard import Host, Registry
from pegboard.adapters.typer import add_plugins_command, plugin_group, register_command

host = Host("sums")
commands: Registry[Callable[..., Any]] = host.registry("commands")
command = functools.partial(register_command, commands)

cli = typer.Typer(cls=plugin_group(host, commands), help="Calculate.")
add_plugins_command(cli, host)


@cli.callback()
def sums() -> None:
    """Calculate."""
