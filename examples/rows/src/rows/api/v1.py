"""The interface for plugins, version 1: `register_reader(name, extensions=[...])`, a decorator."""

from __future__ import annotations

from rows.readers import Reader, Row, readers

__all__ = ["Reader", "Row", "register_reader"]

register_reader = readers.register
