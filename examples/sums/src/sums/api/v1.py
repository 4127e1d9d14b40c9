"""The interface for plugins, version 1: `command`, a decorator for functions that typer makes a command of."""

from __future__ import annotations

from sums.app import command

__all__ = ["command"]
