"""The interface for plugins, version 1: everything that a plugin may use.

A plugin is a module in `notes.plugins`:

    from notes.api import v1

    @v1.register_exporter("shout", summary="Capital letters")
    def export(note: v1.Note) -> str:
        return note.text.upper()
"""

from __future__ import annotations

from notes.app import Clock, Exporter, Note, exporters, host

__all__ = ["Clock", "Exporter", "Note", "get_component", "register_component", "register_exporter"]

register_exporter = exporters.register
register_component = host.container.provide
get_component = host.container.get
