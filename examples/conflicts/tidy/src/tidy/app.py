"""The application: plugins of mdformat, as they are published, become functions from text to text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pegboard import Host, Registry

Formatter = Callable[[str], str]
"""Formats Markdown."""

host = Host("tidy", namespace="", entry_points="mdformat.parser_extension", folder="", commands="tidy plugins")
formatters: Registry[Formatter] = host.registry("formatters", Formatter, isolable=True)


@host.adapt
def adapt(plugin: Any, module: Any, entry_points: Any) -> None:
    """Register a formatter for each extension; this runs where the extension is, with its mdformat."""
    del plugin, module
    for point in entry_points:
        formatters.register(point.name, formatter(point.name))


def formatter(extension: str) -> Formatter:
    """Return what formats with mdformat and one of its extensions."""

    def format_text(text: str) -> str:
        import mdformat

        return f"<!-- mdformat {mdformat.__version__} -->\n{mdformat.text(text, extensions={extension})}"

    return format_text
