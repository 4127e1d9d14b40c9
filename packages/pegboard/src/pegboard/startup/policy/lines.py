"""On which line of a `plugins.toml` a setting is: what Python's reader of TOML does not tell."""

from __future__ import annotations

import tomllib
from typing import Any


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """Return the line, from 1, of each key and table of *text*, by the names that lead to it.

    Args:
        text: TOML without mistakes. Keys inside of inline tables have the line of the whole.
    """
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    pending = ""  # a value that goes on over several lines
    began = 0
    for number, line in enumerate(text.splitlines(), 1):
        statement = pending + line + "\n"
        began = began if pending else number
        try:
            content = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            pending = statement
            continue
        pending = ""
        if not content:
            continue
        if statement.lstrip().startswith("["):
            table = _path(content)
            paths = [table]
        else:
            paths = [table + path for path in _paths(content)]
        for path in paths:
            for length in range(1, len(path) + 1):
                found.setdefault(path[:length], began)
    return found


def _path(content: Any) -> tuple[str, ...]:
    """Return the names of the only table in *content*, from the outside in."""
    path: tuple[str, ...] = ()
    while content:
        if isinstance(content, list):  # an array of tables
            content = content[0]
            continue
        ((name, content),) = content.items()
        path += (name,)
    return path


def _paths(content: dict[str, Any]) -> list[tuple[str, ...]]:
    paths: list[tuple[str, ...]] = []
    for name, value in content.items():
        inner = _paths(value) if isinstance(value, dict) and value else [()]
        paths += [(name, *path) for path in inner]
    return paths
