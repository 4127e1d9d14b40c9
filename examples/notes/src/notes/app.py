"""The application: its host, what plugins can add (exporters), and what they can replace (components)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pegboard import Host, Registry


@dataclass(frozen=True)
class Note:
    """A note, as it was written.

    Args:
        title: The first line.
        text: All the rest, without empty lines around it.
    """

    title: str
    text: str


class Clock:
    """Returns the date for exported notes; a component, so that plugins can replace it."""

    def today(self) -> date:
        """Return the date."""
        return date.today()  # noqa: DTZ011 -- the user's local date


Exporter = Callable[[Note], str]
"""Turns a note into a file's content."""

host = Host("notes")
exporters: Registry[Exporter] = host.registry("exporters")
host.container.provide(Clock)
