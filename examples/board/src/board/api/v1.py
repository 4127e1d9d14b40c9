"""The interface for plugins, version 1: `route(path, endpoint)`, and `register_lifespan(name, function)`."""

from __future__ import annotations

from board.app import lifespans, route

__all__ = ["register_lifespan", "route"]

register_lifespan = lifespans.register
