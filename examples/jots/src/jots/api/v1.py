"""The interface for plugins, version 1: `command`, a decorator for commands of click, and `jots`."""

from __future__ import annotations

from jots.app import FILE, command

__all__ = ["command", "jots"]


def jots() -> list[str]:
    """Return all jots, the oldest first."""
    return FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []
