"""Adds numbers."""

from __future__ import annotations

import typer
from sums.api import v1


@v1.command
def total(numbers: list[int]) -> None:
    """Print the sum of numbers."""
    typer.echo(sum(numbers))
