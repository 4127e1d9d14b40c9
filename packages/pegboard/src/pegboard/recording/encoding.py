"""The encoding: from plain facts to the bytes of an index. Equal facts give equal bytes."""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.index import BELOW, ENCODING, MAGIC, SEPARATOR, Index, digest, escape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


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
    import json

    places: list[list[str]] = []
    body: list[bytes] = []
    offset = 0
    for name, lines in sections.items():
        data = _lines(lines)
        places.append(["X", name, str(offset), str(len(data))])
        body.append(data)
        offset += len(data)
    text = "\n".join(validity).encode(*ENCODING)
    hot = text + b"\n\n" + _lines([*head, *places]) + b"\n" + b"".join(body)
    tail = json.dumps(cold, sort_keys=True, separators=(",", ":")).encode()
    return b"%s%s %d %s\n%s%s" % (MAGIC, digest(hot), len(hot), digest(tail), hot, tail)


def _lines(lines: Sequence[Sequence[str]]) -> bytes:
    return "".join(SEPARATOR.join(map(escape, line)) + "\n" for line in lines).encode(*ENCODING)


def below(path: str, portions: Sequence[str]) -> str:
    """Return *path* as the index has it: shorter when it is below one of *portions*."""
    for number, portion in enumerate(portions):
        if path.startswith(portion):
            return f"{BELOW}{number}{BELOW}{path[len(portion) :]}"
    return path


def from_bytes(data: bytes, path: str) -> Index:
    """Return the index that `encode` has just made, without a file; *path* is where it is going to be."""
    first, _, rest = data.partition(b"\n")
    _, length, cold_hash = first[len(MAGIC) :].split(b" ")
    return Index(path, rest[: int(length)], len(first) + 1 + int(length), cold_hash)


def encode_metadata(metadata: Mapping[str, Any]) -> str:
    """Return plain data as text; JSON only where a value is not text, since `json` is slow to import."""
    if all(isinstance(value, str) and "\x1e" not in value and "\x1e" not in key for key, value in metadata.items()):
        return "\x1e".join(part for item in metadata.items() for part in item)
    import json

    return "\x1e\x1e" + json.dumps(metadata, sort_keys=False, separators=(",", ":"))
