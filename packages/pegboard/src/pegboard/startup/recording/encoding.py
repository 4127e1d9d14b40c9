"""The encoding: from plain facts to the bytes of an index, and back. Equal facts give equal bytes."""

from __future__ import annotations

import json

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import UnusableIndexError
from pegboard.fields import escape
from pegboard.index import BELOW, ENCODING, MAGIC, SEPARATOR, Index, digest
from pegboard.ledger import FOUND, PRIMED, part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Final

    from pegboard.ledger import Plugin


_ROWS_A_PART: Final = 64
"""So many contributions are read to find one; more would be slower to read, fewer make the head longer."""


def to_bytes(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of an index; `content_of` returns *content* again."""
    portions = content["namespace"][1:]
    head: list[list[str]] = [["A", *content["namespace"]], ["Q", "1" if content["strict"] else ""]]
    if content["early"]:
        head.append(["B", *content["early"]])
    if content["own_names"]:
        head.append(["O", content["own_names"]])
    blocks = Blocks()
    names: list[list[str]] = []
    rows: dict[str, list[list[str]]] = {}
    texts: dict[str, dict[str, None]] = {}
    for rank, module in enumerate(content["order"]):
        entry = content["plugins"][module]
        name, origin, source, distribution, version = entry["identity"]
        state, reason = entry["state"], entry["reason"]
        record = entry["record"] if state == PRIMED else None  # that of a disabled plugin is kept for later
        recorded = [
            [kind, text, "1" if override else "", encode_metadata(metadata)]
            for kind, text, override, metadata in (record["rows"] if record else ())
        ]
        eager = "1" if entry["is_eager"] else ""
        plain = "1" if record and record["is_plain"] else ""
        about = [module, name, below(origin, portions), source, distribution, version, state, reason, eager, plain]
        location = blocks.add([[*about, str(rank), "1" if record else ""], *recorded])
        names.append([name, module, location])
        if eager or state == FOUND:
            head.append(["G", module])
        for sequence, (kind, text, override, metadata) in enumerate(recorded):
            rows.setdefault(kind, []).append([text, module, location, override, str(sequence), metadata])
            texts.setdefault(kind, {})[text] = None
    packages = {module.rpartition(".")[0] or module: None for module in content["order"]}
    head.append(["P", *packages])
    head += [["K", *suspect] for suspect in content["suspects"]]
    head += [["W", *problem] for problem in content["problems"]]
    sections = {f"texts {kind}": encode_lines([list(texts[kind])]) for kind in sorted(texts)}
    for kind, lines in sorted(rows.items()):
        parts: list[list[list[str]]] = [[] for _ in range(len(lines) // _ROWS_A_PART + 1)]
        for line in lines:
            parts[part(line[0], len(parts))].append(line)
        kept = Blocks()
        sections[f"parts {kind}"] = encode_lines([[kept.add(lines)] for lines in parts])
        sections[f"rows {kind}"] = kept.data()
    sections |= {"plugins": blocks.data(), "names": encode_lines(names)}
    return _encode(content["validity"], head, sections, content)


def _encode(validity: Sequence[str], head: Sequence[Sequence[str]], sections: Mapping[str, bytes], cold: Any) -> bytes:
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
    """A section of blocks, each of which is found, and checked, alone."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._size = 0

    def add(self, lines: Sequence[Sequence[str]]) -> str:
        """Add one block, and return its location as other sections have it: start, length and hash."""
        data = encode_lines(lines)
        location = f"{self._size}:{len(data)}:{digest(data)}"
        self._blocks.append(data)
        self._size += len(data)
        return location

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


def add_wishes(index: Index, plugins: Iterable[Plugin]) -> None:
    """Give each of *plugins* that is primed the wishes for the order that are recorded of it in *index*."""
    entries = content_of(index)["plugins"]
    for plugin in plugins:
        record = entries.get(plugin.module, {}).get("record")
        if plugin.state == PRIMED and record is not None:
            plugin.after, plugin.before = tuple(record["after"]), tuple(record["before"])
