"""Counts jots."""

from __future__ import annotations

import click
from jots.api import v1


@v1.command
@click.command()
def count() -> None:
    """Count the jots."""
    click.echo(len(v1.jots()))
