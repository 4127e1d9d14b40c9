"""The encoding: from plain facts to the bytes of an index, and back. Equal facts give equal bytes."""

from __future__ import annotations

import json

from pegboard._typing import TYPE_CHECKING
from pegboard.index import BELOW, ENCODING, MAGIC, SEPARATOR, digest, escape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pegboard.index import Index


def encode(
    validity: Sequence[str], head: Sequence[Sequence[str]], sections: Mapping[str, Sequence[Sequence[str]]], cold: Any
) -> bytes:
    """Return the bytes of an index; equal facts give equal bytes.

    Args:
        validity: The conditions under which it holds, one line each.
        head: Tag and fields of every line of the head, but for the sections' places.
        sections: Fields of every line of each section of the body.
        cold: Whatever JSON can hold.
    """
    places: list[list[str]] = []
    body: list[bytes] = []
    offset = 0
    for name, lines in sections.items():
        data = _lines(lines)
        places.append(["X", name, str(offset), str(len(data)), digest(data).decode()])
        body.append(data)
        offset += len(data)
    top = "\n".join(validity).encode(*ENCODING) + b"\n\n" + _lines([*head, *places]).rstrip(b"\n")
    tail = json.dumps(cold, sort_keys=True, separators=(",", ":")).encode()
    return b"%s%s %d %s\n%s%s%s" % (MAGIC, digest(top), len(top), digest(tail), top, b"".join(body), tail)


def _lines(lines: Sequence[Sequence[str]]) -> bytes:
    return "".join(SEPARATOR.join(map(escape, line)) + "\n" for line in lines).encode(*ENCODING)


def below(path: str, portions: Sequence[str]) -> str:
    """Return *path* as the index has it: shorter when it is below one of *portions*."""
    for number, portion in enumerate(portions):
        if path.startswith(portion):
            return f"{BELOW}{number}{BELOW}{path[len(portion) :]}"
    return path


def encode_metadata(metadata: Mapping[str, Any]) -> str:
    """Return plain data as text; JSON only where a value is not text, since `json` is slow to import."""
    if all(isinstance(value, str) and "\x1e" not in value and "\x1e" not in key for key, value in metadata.items()):
        return "\x1e".join(part for item in metadata.items() for part in item)
    return "\x1e\x1e" + json.dumps(metadata, sort_keys=False, separators=(",", ":"))


def content_of(index: Index) -> dict[str, Any]:
    """Return what *index* was made from.

    Raises:
        UnusableIndexError: If any part of it is damaged.
    """
    for name in index.sections:
        index.section(name)
    content: dict[str, Any] = json.loads(index.cold())
    return content
