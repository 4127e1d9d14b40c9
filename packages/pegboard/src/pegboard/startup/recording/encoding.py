"""The encoding: from plain facts to the bytes of an index, and back. Equal facts give equal bytes."""

from __future__ import annotations

import json

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import UnusableIndexError
from pegboard.fields import escape, unescape
from pegboard.index import BELOW, ENCODING, MAGIC, SEPARATOR, Index, digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pegboard.ledger import Plugin, Records


def encode(validity: Sequence[str], head: Sequence[Sequence[str]], sections: Mapping[str, bytes], cold: Any) -> bytes:
    """Return the bytes of an index; equal facts give equal bytes.

    Args:
        validity: The conditions under which it holds, one line each.
        head: Tag and fields of every line of the head, but for the sections' places.
        sections: Each section of the body, by name.
        cold: Whatever JSON can hold.
    """
    places: list[list[str]] = []
    offset = 0
    for name, data in sections.items():
        places.append(["X", name, str(offset), str(len(data)), digest(data)])
        offset += len(data)
    top = "\n".join(validity).encode(*ENCODING) + b"\n\n" + encode_lines([*head, *places]).rstrip(b"\n")
    tail = json.dumps(cold, sort_keys=True, separators=(",", ":")).encode()
    first = f"{digest(top)} {len(top)} {digest(tail)}\n".encode()
    return b"".join([MAGIC, first, top, *sections.values(), tail])


def encode_lines(lines: Sequence[Sequence[str]]) -> bytes:
    """Return *lines*, each a sequence of fields, as a section has them."""
    return "".join(SEPARATOR.join(map(escape, line)) + "\n" for line in lines).encode(*ENCODING)


class Blocks:
    """The section of plugins: one block after the other, each to be found, and to be trusted, alone."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._size = 0

    def add(self, lines: Sequence[Sequence[str]]) -> str:
        """Add one block, and return its place as rows and names have it: start, length and hash."""
        data = encode_lines(lines)
        place = f"{self._size}:{len(data)}:{digest(data)}"
        self._blocks.append(data)
        self._size += len(data)
        return place

    def data(self) -> bytes:
        """Return all blocks."""
        return b"".join(self._blocks)


def from_bytes(data: bytes, path: str) -> Index:
    """Return the index that *data* is; *path* is where it is going to be."""
    return Index(path, len(data), data)


def below(path: str, portions: Sequence[str]) -> str:
    """Return *path* as the index has it: shorter when it is below one of *portions*."""
    for number, portion in enumerate(portions):
        if path.startswith(portion):
            return f"{BELOW}{number}{BELOW}{path[len(portion) :]}"
    return path


def encode_metadata(metadata: Mapping[str, Any]) -> str:
    """Return plain data as text; JSON only where a value is not text, since `json` is slow to import."""
    if all(isinstance(value, str) and "\x1e" not in value + key and key for key, value in metadata.items()):
        return "\x1e".join(part for item in metadata.items() for part in item)
    return "\x1e\x1e" + json.dumps(metadata, sort_keys=False, separators=(",", ":"))


def content_of(index: Index) -> dict[str, Any]:
    """Return what *index* was made from.

    Raises:
        UnusableIndexError: If any part of it is damaged.
    """
    for name in index.sections:
        index.section(name)
    data = index.cold()
    if digest(data) != index.cold_hash:
        raise UnusableIndexError("the index is damaged")
    content: dict[str, Any] = json.loads(data)
    return content


def plugins_of(records: Records) -> tuple[Plugin, ...]:
    """Return every plugin of *records* in order."""
    lines = records.index.section("names").decode(*ENCODING).split("\n")
    modules = [line.split(SEPARATOR)[1] for line in lines if line]
    found = [records.plugin(unescape(module)) for module in modules]
    return tuple(plugin for plugin in found if plugin is not None)
