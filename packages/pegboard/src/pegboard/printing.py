"""Where does go what a plugin prints while it is imported?

In: what `importer.divert` keeps from standard output. Out: the same on standard error, each line after the plugin's
name. What is written to the descriptor past Python's streams, by code in C or by a child process, is not seen; the
doctor finds it.
"""

from __future__ import annotations

import _thread

from pegboard._typing import TYPE_CHECKING
from pegboard.terminal import shortened, tell, visible

if TYPE_CHECKING:
    from pegboard.ledger import Plugin

    Importing = dict[int, tuple[str, Plugin] | None]

PRINTED: dict[Plugin, str] = {}
"""The beginning of what each plugin has printed while this process imported it."""
_MOST_CHARACTERS = 200
"""How much of that is kept."""
_in_line: dict[int, Plugin] = {}
"""Whose line each thread has begun and not ended."""


def write(importing: Importing, text: str | bytes | bytearray | memoryview) -> int:
    """Write what a plugin prints to standard error, and return its length.

    Args:
        importing: The application and the plugin that each thread is importing; this thread is importing one.
        text: The text, or bytes in UTF-8.
    """
    key = _thread.get_ident()
    application, plugin = importing[key] or ("", None)
    assert plugin is not None  # noqa: S101 -- the caller has seen it
    said = text if isinstance(text, str) else bytes(text).decode("utf-8", "replace")
    PRINTED[plugin] = (PRINTED.get(plugin, "") + shortened(said, _MOST_CHARACTERS))[:_MOST_CHARACTERS]
    if _in_line.get(key, plugin) is not plugin:
        end_line(importing)
    who, lines = f"{application}: {visible(plugin.who())} prints: ", []
    is_in_line = key in _in_line
    for number, line in enumerate(said.replace("\r\n", "\n").split("\n")):
        if number:
            lines.append("\n" if is_in_line else f"{who}\n")
            is_in_line = False
        if line:
            lines.append(("" if is_in_line else who) + visible(line, keeping="\t"))
            is_in_line = True
    _tell("".join(lines), importing)
    if is_in_line:
        _in_line[key] = plugin
    else:
        _in_line.pop(key, None)
    return len(text) if isinstance(text, str) else memoryview(text).nbytes


def end_line(importing: Importing) -> None:
    """End the line that this thread has begun."""
    if _in_line.pop(_thread.get_ident(), None) is not None:
        _tell("\n", importing)


def _tell(text: str, importing: Importing) -> None:
    """Write *text* to standard error, which may be a stream that is diverted."""
    key = _thread.get_ident()
    diverted = importing.get(key)
    importing[key] = None
    try:
        tell(text)
    finally:
        importing[key] = diverted
