"""How is the content of an index encoded?

In: plain data. Out: bytes, and the same data again from these. Equal data give equal bytes.
"""

from __future__ import annotations

from json import dumps, loads  # before a plugin can replace them

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import UnusableIndexError
from pegboard.fields import escape
from pegboard.frozen import UNPACKED
from pegboard.index import ENCODING, MAGIC, SEPARATOR, Index, digest, unusable
from pegboard.ledger import DISTRIBUTION, FOUND, PRIMED, part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Final

    from pegboard.ledger import Plugin


_ROWS_PER_PART: Final = 64
"""How many contributions are read to find one: with more, reading takes longer; with fewer, the head is longer."""

_KEYS: Final = frozenset(
    ("validity", "namespace", "early", "own_names", "strict", "order", "plugins", "problems", "suspects", "packages")
)
"""The parts of an index's content."""
_UNPACKED: Final = dumps(UNPACKED).encode()[1:-1]
_BETWEEN: Final = "\x1e"
"""Between names and values of metadata that is nothing but text; `fields` leaves it as it is."""
_STAND_IN: Final = b"\x01"
"""Stands for that folder in the cold part: JSON never has it."""


def to_bytes(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of the index with this *content*, which `content_of` returns again."""
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
    entry_points: list[list[str]] = []
    for rank, module in enumerate(content["order"]):
        entry = content["plugins"][module]
        name, origin, source, distribution, version = entry["identity"]
        state, reason = entry["state"], entry["reason"]
        record = entry["record"] if state == PRIMED else None  # the record of a disabled plugin is kept for later
        recorded = [
            [kind, text, "1" if override else "", encode_metadata(metadata)]
            for kind, text, override, metadata in (record["rows"] if record else ())
        ]
        eager = "1" if entry["is_eager"] else ""
        plain = "1" if record and record["is_plain"] else ""
        in_order = "1" if record and record["is_in_order"] else ""
        place = shortened(origin, portions)
        fields = [module, name, *place, source, distribution, version, state, reason, eager, plain, in_order]
        location = blocks.add([[*fields, str(rank), "1" if record else ""], *recorded])
        names.append([name, module, location])
        entry_points += [[module, *point] for point in entry["entry_points"]]
        if eager or state == FOUND:
            head.append(["G", module])
        if entry["failure"]:
            head.append(["L", module, *[field or "" for field in entry["failure"]]])
        for sequence, (kind, text, override, metadata) in enumerate(recorded):
            rows.setdefault(kind, []).append([text, module, location, override, str(sequence), metadata])
            texts.setdefault(kind, {})[text] = None
    modules = [module for module in content["order"] if not module.startswith(DISTRIBUTION)]
    packages = {module.rpartition(".")[0] or module: None for module in modules}
    head.append(["P", *packages])
    head += [["K", *suspect] for suspect in content["suspects"]]
    head += [["W", *problem] for problem in content["problems"]]
    sections = {f"texts {kind}": encode_lines([list(texts[kind])]) for kind in sorted(texts)}
    for kind, lines in sorted(rows.items()):
        parts: list[list[list[str]]] = [[] for _ in range(len(lines) // _ROWS_PER_PART + 1)]
        for line in lines:
            parts[part(line[0], len(parts))].append(line)
        row_blocks = Blocks()
        sections[f"parts {kind}"] = encode_lines([[row_blocks.add(lines)] for lines in parts])
        sections[f"rows {kind}"] = row_blocks.data()
    if entry_points:
        sections["entry points"] = encode_lines(entry_points)
    sections |= {"plugins": blocks.data(), "names": encode_lines(names)}
    return _join(content["validity"], head, sections, content)


def _join(validity: Sequence[str], head: Sequence[Sequence[str]], sections: Mapping[str, bytes], cold: Any) -> bytes:
    """Return the bytes of an index.

    Args:
        validity: The conditions under which it holds, one line each.
        head: Tag and fields of every line of the head except the locations of the sections.
        sections: Each section of the body, by name.
        cold: What the cold part holds, as JSON can hold it.
    """
    locations: list[list[str]] = []
    offset = 0
    for name, data in sections.items():
        locations.append(["X", name, str(offset), str(len(data)), digest(data)])
        offset += len(data)
    top = "\n".join(validity).encode(*ENCODING) + b"\n\n" + encode_lines([*head, *locations]).rstrip(b"\n")
    tail = dumps(cold, sort_keys=True, separators=(",", ":")).encode()
    if _UNPACKED:
        tail = tail.replace(_UNPACKED, _STAND_IN)
    first = f"{digest(top)} {len(top)} {digest(tail)}\n".encode()
    return b"".join([MAGIC, first, top, *sections.values(), tail])


def check_record(record: Mapping[str, Any]) -> None:
    """Raise if *record*, that of one plugin, cannot be written to an index and read again.

    Raises:
        Exception: Whatever comes up; nobody but this plugin has to suffer from it.
    """
    loads(dumps(record))
    rows = [[kind, text, encode_metadata(metadata)] for kind, text, _, metadata in record["rows"]]
    encode_lines(rows)


def encode_lines(lines: Sequence[Sequence[str]]) -> bytes:
    """Return the bytes of *lines*, each a sequence of fields."""
    joined = "\n".join([SEPARATOR.join(line) for line in lines])
    separators = sum(map(len, lines)) - len(lines)
    if joined.count("\n") == len(lines) - 1 and joined.count(SEPARATOR) == separators and not UNPACKED:
        rest = joined.replace("\n", "").replace(SEPARATOR, "").replace(_BETWEEN, "")
        if rest.isprintable():  # nothing has to be escaped, as nearly always
            return f"{joined}\n".encode(*ENCODING)
    return "".join([f"{SEPARATOR.join(map(escape, line))}\n" for line in lines]).encode(*ENCODING)


class Blocks:
    """A section made of blocks; each block can be read and checked without the others."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._size = 0

    def add(self, lines: Sequence[Sequence[str]]) -> str:
        """Add one block, and return its location for other sections: start, length and hash."""
        data = encode_lines(lines)
        location = f"{self._size}:{len(data)}:{digest(data)}"
        self._blocks.append(data)
        self._size += len(data)
        return location

    def data(self) -> bytes:
        return b"".join(self._blocks)


def from_bytes(data: bytes, path: str) -> Index:
    """Return the index in *data*, which is going to be written to *path*."""
    return Index(path, len(data), data)


def shortened(path: str, portions: Sequence[str]) -> tuple[str, str]:
    """Return the number of that of *portions* with which *path* begins, and the rest; no number if there is none."""
    for number, portion in enumerate(portions):
        if path.startswith(portion):
            return str(number), path[len(portion) :]
    return "", path


def encode_metadata(metadata: Mapping[str, Any]) -> str:
    """Return plain data as text; as JSON only if a value is not text, since `json` is slow to import."""
    if not metadata:
        return ""
    if all(isinstance(value, str) and _BETWEEN not in value + key and key for key, value in metadata.items()):
        return _BETWEEN.join(part for item in metadata.items() for part in item)
    return _BETWEEN * 2 + dumps(metadata, sort_keys=False, separators=(",", ":"))


def content_of(index: Index) -> dict[str, Any]:
    """Return the content that *index* was made from; see `to_bytes`.

    Raises:
        UnusableIndexError: If any part of it is damaged, or of another format.
    """
    for name in index.sections:
        index.section(name)
    data = index.read_whole(*index.cold)
    if _UNPACKED:
        data = data.replace(_STAND_IN, _UNPACKED)
    try:
        content: dict[str, Any] = loads(data)
    except (ValueError, RecursionError):
        raise unusable("the index is of another format") from None
    if not isinstance(content, dict) or not content.keys() >= _KEYS:
        raise unusable("the index is of another format")
    return content


def empty_index() -> Index:
    """Return an index of no plugins, which is nowhere on disk."""
    lists: dict[str, Any] = {key: [] for key in ("validity", "early", "order", "problems", "suspects")}
    others: dict[str, Any] = {"namespace": [""], "own_names": "", "strict": False, "plugins": {}, "packages": {}}
    return from_bytes(to_bytes({**lists, **others}), "")


def add_wishes(index: Index, plugins: Iterable[Plugin]) -> None:
    """Set `after` and `before` of each primed plugin of *plugins* to the wishes that *index* has recorded."""
    try:
        entries = content_of(index)["plugins"]
    except UnusableIndexError:
        return
    for plugin in plugins:
        record = entries.get(plugin.module, {}).get("record")
        if plugin.state == PRIMED and record is not None:
            plugin.after, plugin.before = tuple(record["after"]), tuple(record["before"])
