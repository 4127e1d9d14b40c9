"""What an application lets plugins use, as its author writes it; `plugin.py` is a plugin of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pegboard import Host

host = Host("notes")


class Note:
    title: str = ""


class View(Protocol):
    """What renders notes."""

    def render(self, note: Note) -> str: ...


register_exporter = host.registry("exporters", of=Callable[[Note], str]).register
register_view = host.registry("views", of=type[View]).register
provide = host.container.provide
