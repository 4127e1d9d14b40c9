"""Reads rows from files; each kind of file is a plugin."""

from __future__ import annotations

from pathlib import Path

from rows.readers import Row, reader_for, readers

__all__ = ["Row", "read"]


def read(path: str | Path) -> list[Row]:
    """Return the rows of a file.

    Raises:
        ValueError: If no reader knows the extension of its name.
        PluginError: If the reader is of another distribution, and fails.
    """
    path = Path(path)
    return readers.call(reader_for(path.suffix), path.read_text(encoding="utf-8"))
