"""On which line of a `plugins.toml` a setting is: what Python's reader of TOML does not tell."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_DEEPEST = 10
"""How many names a path may have; settings have three at most."""
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""{0,2}'  # texts and comments, in which brackets and line breaks mean nothing
    r"|'''.*?''''{0,2}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[\]{}\n]",
    re.DOTALL,
)


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """Return the line, from 1, of each key and table of *text*, by the names that lead to it.

    Args:
        text: TOML without mistakes. Keys inside of inline tables have the line of the whole.
    """
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, statement in _statements(text):
        try:
            content = tomllib.loads(statement)
        except Exception:  # noqa: S112 -- it has no line then, which is shown nowhere else
            continue
        if statement.lstrip().startswith("["):
            table = _path(content)
            paths = [table]
        else:
            paths = [table + path for path in _paths(content, _DEEPEST)]
        for path in paths:
            for length in range(1, min(len(path), _DEEPEST) + 1):
                found.setdefault(path[:length], number)
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement of *text* with the line that it begins on; in time that grows with the length of *text*."""
    start, number, line, depth = 0, 1, 1, 0
    for token in _TOKEN.finditer(text):
        kind = token[0][0]
        if kind in "[{":
            depth += 1
        elif kind in "]}":
            depth -= 1
        elif kind == "\n" and depth <= 0:
            yield number, text[start : token.end()]
            start, number = token.end(), line + 1
        line += text.count("\n", *token.span())
    yield number, text[start:]


def _path(content: Any) -> tuple[str, ...]:
    """Return the names of the only table in *content*, from the outside in."""
    path: list[str] = []
    while content:
        if isinstance(content, list):  # an array of tables
            content = content[0]
            continue
        ((name, content),) = content.items()
        path.append(name)
    return tuple(path)


def _paths(content: dict[str, Any], deepest: int) -> list[tuple[str, ...]]:
    paths: list[tuple[str, ...]] = []
    for name, value in content.items():
        inner = _paths(value, deepest - 1) if isinstance(value, dict) and value and deepest > 1 else [()]
        paths += [(name, *path) for path in inner]
    return paths
