"""The index: what every plugin registered when it was last imported, in one file that a start reads at a glance.

Hot: nothing is read or parsed that is not asked for. The file is text that is searched with `bytes.find`; keyed hashes,
by a function that the interpreter has built in, tell whether each part is whole. The head answers whether the index
holds; the sections answer what is asked; the cold part, read only when something changed, remembers what each record
depends on.

    pegboard-index 2 <hash of the head> <its length> <hash of the cold part>
    <validity>      one line a condition:
        S fact                                      interpreter, environment, application, `sys.path`, as text
        D path mtime_ns inode                       a directory searched for plugins; `-` `-` when it is absent
        F path mtime_ns size inode                  a file; `-` `-` `-` when it is absent
        E name hash                                 an environment variable an import read; `-` when not set
        Y                                           something had changed so shortly before the search
                                                    that its stamp may not show the next change
    <head>          one line a fact, its fields separated by US (U+001F):
        A init portion portion ...                  the search path of `app.plugins`
        Q 1                                         the user wants faults to be errors
        G module                                    to be imported at every start
        P package package ...                       what plugins' modules are in; a module that is in none, itself
        W code summary hint                         to be reported at every start
        X section start length hash                 where a section is, counted from the end of the head
    <sections>      one line a fact; only what is asked for is read:
        names           name module place           of every plugin, in order
        rows KIND       text module place override sequence metadata; contributions, in blocks: `part` says in which
        parts KIND      the *place*, `start:length:hash`, of each block in the section before
        texts KIND      text text ...
        plugins         a block for each plugin, read alone by its *place*:
                        its first line   module name origin source distribution version state reason eager plain rank
                                         recorded
                        a line a row     kind text override metadata
    <cold part>     JSON, see `record`

Stamps are compared for equality and never rounded: an installer may bring an older time than the one it replaces.
An index never names code: what a primed contribution is comes from importing its owner, and from nothing else.

Source: research on formats and on what file systems tell, `DESIGN.md`, section "The index".
"""

import os
import sys
from _imp import source_hash

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any, Final

    from pegboard.ledger import Contribution, Plugin

MAGIC: "Final" = b"pegboard-index 2 "
YOUNG: "Final" = "Y"
WHOLE_ENVIRONMENT: "Final" = "*"  # stands for all variables, when an import looked at which ones there are
VERSION: "Final" = "0.1.0"  # of pegboard; what one version has written another does not read
ENCODING: "Final" = ("utf-8", "surrogateescape")  # paths may hold bytes that are no text
HASH_KEY: "Final" = 0x7065_6762_6F61_7264  # "pegboard": any fixed key will do, damage is what it is there to notice
SEPARATOR: "Final" = "\x1f"
BELOW: "Final" = "\x1e"  # a path below a portion is that portion's number and the rest, each after this
_FIRST_READ: "Final" = 16384  # the head, in most cases
_FIELDS: "Final" = 3  # hash, length, hash
ESCAPE: "Final" = "\x1b"  # see `fields`


def digest(data: bytes) -> str:
    """Return a keyed hash of *data*, as 16 hexadecimal digits (SipHash-1-3, PEP 552)."""
    return source_hash(HASH_KEY, data).hex()


def part(text: str, parts: int) -> int:
    """Return in which of *parts* sections the rows of *text* are."""
    return int(digest(text.encode(*ENCODING))[:4], 16) % parts


def fields(line: str) -> "list[str]":
    """Return the fields of a line."""
    parts = line.split(SEPARATOR)
    if ESCAPE in line:
        from pegboard.fields import unescape

        return list(map(unescape, parts))
    return parts


def read(path: str) -> "Index":
    """Return the index in the file *path*; only its head is read, and nothing but its integrity is checked.

    Raises:
        UnusableIndexError: If there is none, or it is torn, damaged, foreign, or writable by others.
    """
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        raise _unusable("there is no index yet") from None
    except OSError as error:
        raise _unusable(f"the index cannot be opened: {error.strerror}") from None
    try:
        status = os.fstat(file)
        if os.name == "posix":
            if status.st_uid not in (os.geteuid(), 0):
                raise _unusable("the index belongs to somebody else")
            if status.st_mode & 0o022:
                raise _unusable("the index can be written by others")
        if hasattr(os, "pread"):
            # Kept open, so that what is read later is of the same index, whoever puts another in its place.
            kept, file = file, -1
            return Index(path, status.st_size, b"", kept, (status.st_dev, status.st_ino))
        data = b""
        while chunk := os.read(file, status.st_size):
            data += chunk
        return Index(path, status.st_size, data)
    except OSError as error:
        raise _unusable(f"the index cannot be read: {error.strerror}") from None
    finally:
        if file >= 0:
            os.close(file)


def _unusable(reason: str) -> Exception:
    from pegboard.errors import UnusableIndexError

    return UnusableIndexError(reason)


class Index:
    """One index, searched in place. It serves the ledger as its records."""

    def __init__(
        self, path: str, size: int, data: bytes, file: int = -1, identity: "tuple[int, int] | None" = None
    ) -> None:
        """Read the head.

        Args:
            path: Where it is, or is going to be.
            size: Its bytes.
            data: All of it; nothing when it is read from *file*.
            file: The descriptor of its file, which is closed with it; -1 when there is none.
            identity: Device and inode of that file: a daemon may close what it does not know, and the number may be
                that of another file by then.

        Raises:
            UnusableIndexError: If it is torn, damaged or foreign.
        """
        self.path: str = path
        self._size = size
        self._data = data
        self._file = file
        self._identity = identity
        start = self._read(_FIRST_READ, 0)
        first, newline, head = start.partition(b"\n")
        parts = first[len(MAGIC) :].split(b" ")
        if not first.startswith(MAGIC) or not newline or len(parts) != _FIELDS or not parts[1].isdigit():
            raise _unusable("the index is of another format")
        length = int(parts[1])
        self._body_at = len(first) + 1 + length
        head = head[:length] if len(head) >= length else self._read(length, len(first) + 1)
        if digest(head).encode() != parts[0]:
            raise _unusable("the index is damaged" if self._body_at <= size else "the index is torn")
        self.cold_hash: str = parts[2].decode()
        """Of the cold part."""
        conditions, _, facts = head.decode(*ENCODING).partition("\n\n")
        self.validity: list[str] = conditions.split("\n")
        """The conditions under which all of this holds, one line each."""
        self.head: dict[str, list[list[str]]] = {}
        """Fields of the lines of the head, by tag."""
        for line in facts.split("\n"):
            tag, *values = fields(line)
            self.head.setdefault(tag, []).append(values)
        self._cold_at = self._body_at
        self.sections: dict[str, tuple[int, int, str]] = {}
        """Start, length and hash of each, by name."""
        for name, at, length_text, hash_ in self.head.pop("X", ()):
            self.sections[name] = (self._body_at + int(at), int(length_text), hash_)
            self._cold_at += int(length_text)
        self.packages: frozenset[str] = frozenset(self.head["P"][0])
        """What plugins' modules are in; a module that is in none, itself."""
        self._texts: dict[str, bytes] = {}
        self.rescue: Callable[[], Index] | None = None
        """Returns another index to be from now on, when a part turns out to be damaged while the program runs."""
        self.plugins_so_far: dict[str, Plugin] = {}
        """Those that have been asked for, by module."""
        self._places: dict[str, str] = {}  # of their blocks, likewise
        self._rows: dict[tuple[str, str], list[Contribution]] = {}

    def _read(self, length: int, start: int) -> bytes:
        if self._file < 0:
            return self._data[start : start + length]
        try:
            status = os.fstat(self._file)
            if (status.st_dev, status.st_ino) == self._identity:
                return os.pread(self._file, length, start)
        except OSError:
            pass
        return b""

    def __del__(self) -> None:
        if self._file >= 0 and self._read(1, 0):
            os.close(self._file)

    def _whole(self, length: int, start: int, hash_: str) -> bytes:
        """Return a part of the file; an empty one, with another index in this one's place, if it is damaged.

        Raises:
            UnusableIndexError: If it is damaged and there is no other index to be.
        """
        data = self._read(length, start)
        if digest(data) == hash_:
            return data
        if self.rescue is None:
            raise _unusable("the index is damaged")
        other, mine = self.rescue(), vars(self).copy()
        vars(self).update(vars(other))  # whoever holds this index need not know
        vars(other).update(mine)  # and closes the file when it goes
        return b""

    def section(self, name: str) -> bytes:
        """Return a section of the body with a line break before it; an empty one when there is none of that name.

        Raises:
            UnusableIndexError: If it is damaged.
        """
        while name not in self._texts:
            if name not in self.sections:
                return b""
            at, size, hash_ = self.sections[name]
            data = self._whole(size, at, hash_)
            if data or not size:
                self._texts[name] = b"\n" + data
        return self._texts[name]

    def _lines(self, section: str, *given: str) -> "Iterator[list[str]]":
        """Yield the fields after *given* of every line of a section that begins with them; all lines without any."""
        data = self.section(section)
        key = "\n"
        for text in given:
            key += _field(text)
        sought = key.encode(*ENCODING)
        at = data.find(sought)
        while at >= 0:
            begin = at + len(sought)
            at = data.find(b"\n", begin)
            if at < 0:
                return
            yield fields(data[begin:at].decode(*ENCODING))
            at = data.find(sought, at)

    # -- plugins ------------------------------------------------------------------------------------------------------

    def plugin(self, module: str) -> "Plugin | None":
        """Return the plugin that is *module*, always the same object; None when there is none."""
        plugin = self.plugins_so_far.get(module)
        if plugin is None and (module in self.packages or module.rpartition(".")[0] in self.packages):
            names = self.section("names")
            key = (SEPARATOR + _field(module)).encode(*ENCODING)
            at = names.find(key)
            if at >= 0:
                at += len(key)
                plugin = self._plugin(module, names[at : names.find(b"\n", at)].decode())
        return plugin

    def _plugin(self, module: str, place: str) -> "Plugin | None":
        plugin = self.plugins_so_far.get(module)
        if plugin is not None:
            return plugin
        lines = self._block("plugins", place)
        if lines is None:
            return self.plugin(module)  # in the index that this one is by now
        from pegboard.ledger import Distribution, Plugin

        _, name, origin, source, distribution, version, state, reason, eager, plain, rank, _ = fields(lines[0])
        if origin.startswith(BELOW):
            _, portion, rest = origin.split(BELOW)
            origin = self.namespace()[0][int(portion)] + rest
        plugin = Plugin(
            name,
            module,
            origin=origin or None,
            source=source,
            distribution=Distribution(distribution, version) if distribution else None,
        )
        plugin.state = state
        plugin.reason = reason or None
        plugin.eager = bool(eager)
        plugin.is_plain = bool(plain)
        plugin.rank = int(rank)
        self._places[module] = place
        return self.plugins_so_far.setdefault(module, plugin)  # another thread may have been faster

    def _block(self, section: str, place: str) -> "list[str] | None":
        """Return the lines of a block; None if it was damaged, and this is another index by now."""
        start, length, hash_ = place.split(":")
        data = self._whole(int(length), self.sections[section][0] + int(start), hash_)
        if not data and length != "0":
            return None
        return data.decode(*ENCODING).split("\n")[:-1]

    def is_as_recorded(self, plugin: "Plugin", batch: "Sequence[Contribution]") -> bool:
        """Return whether *batch*, what *plugin* registered just now, is what its record says."""
        place = self._places.get(plugin.module)
        if place is None:  # it was known before this index was there
            for module, known in self._lines("names", plugin.name):
                place = known if module == plugin.module else place
        if place is None:
            return False
        lines = self._block("plugins", place)
        if lines is None:
            return self.is_as_recorded(plugin, batch)
        if len(lines) != len(batch) + 1 or not fields(lines[0])[-1]:
            return False
        for row, line in zip(batch, lines[1:], strict=True):
            kind, text, override, metadata = fields(line)
            if (row.kind, row.text, row.override) != (kind, text, override == "1"):
                return False
            if row.metadata != decode_metadata(metadata):
                return False
        return True

    def plugin_named(self, name: str) -> "Plugin | None":
        """Return the plugin of that name; None when there is none."""
        for module, place in self._lines("names", name):
            return self._plugin(module, place)
        return None

    def namespace(self) -> "tuple[list[str], str | None]":
        """Return the search path of `app.plugins`, and its own `__init__` file if it has one."""
        for init, *portions in self.head.get("A", ()):
            return portions, init or None
        return [], None

    # -- as the ledger's records --------------------------------------------------------------------------------------

    def find(self, kind: str, text: str) -> "Sequence[Contribution]":
        """Return the primed rows of *kind* whose text is *text*, in order."""
        rows = self._rows.get((kind, text))
        if rows is None:
            rows = []
            places = self.section(f"parts {kind}").split()
            if places:
                block = self._block(f"rows {kind}", places[part(text, len(places))].decode())
                if block is None:
                    return self.find(kind, text)  # in the index that this one is by now
                sought = _field(text)
                for line in block:
                    if line.startswith(sought):
                        rows.append(self._row(kind, fields(line)))
            rows = self._rows.setdefault((kind, text), rows)
        return rows

    def rows(self, kind: str) -> "Sequence[Contribution]":
        """Return every primed row of *kind*, in any order."""
        return [self._row(kind, line) for line in self._lines(f"rows {kind}")]

    def texts(self, kind: str) -> "tuple[str, ...]":
        """Return the text of every row of *kind* once, in order."""
        for texts in self._lines(f"texts {kind}"):
            return tuple(texts)
        return ()

    def _row(self, kind: str, about: "list[str]") -> "Contribution":
        from pegboard.ledger import DORMANT, Contribution

        text, module, place, override, sequence, metadata = about
        owner = self._plugin(module, place)
        if owner is None:
            raise _unusable(f"the index has no plugin {module!r}")
        row = Contribution(
            owner, kind, text, DORMANT, text=text, metadata=decode_metadata(metadata), override=override == "1"
        )
        row.sequence = int(sequence)
        return row

    def cold(self) -> bytes:
        """Return the cold part, which may be damaged: see `cold_hash`."""
        return self._read(self._size - self._cold_at, self._cold_at)


def _field(text: str) -> str:
    if not text.isprintable():
        from pegboard.fields import escape

        text = escape(text)
    return text + SEPARATOR


def decode_metadata(text: str) -> "dict[str, Any]":
    """Return what `encode_metadata` was given; tuples come back as lists."""
    if not text:
        return {}
    if text.startswith("\x1e\x1e"):
        import json

        decoded: dict[str, Any] = json.loads(text[2:])
        return decoded
    parts = text.split("\x1e")
    return dict(zip(parts[::2], parts[1::2], strict=True))


# -- validity: under which conditions an index is still true, and whether they hold now --------------------------------


def facts(application: str, configuration: str, policy: str) -> "list[str]":
    """Return what must be the same, in the same words, for any record to be used.

    Args:
        application: The host's name.
        configuration: Where the user's wishes are kept.
        policy: Whatever else the caller depends on, as text.
    """
    path = repr(sys.path)
    if "" in sys.path:  # stands for the current directory
        try:
            path += repr(os.getcwd())
        except OSError:  # it has been removed: then there is nothing to find in it
            path += "-"
    implementation = sys.implementation
    return [
        f"S python {sys.hexversion:x} {implementation.cache_tag} {implementation.name} {sys.flags.optimize}",
        f"S prefix {sys.prefix!r}",
        f"S application {application}",
        f"S pegboard {VERSION}",
        f"S configuration {configuration!r}",
        f"S policy {policy!r}",
        f"S path {path}",
    ]


def path_stamp(path: str, *, of_file: bool) -> str:
    """Return the stamp of a file; or of a directory, or an archive in its place, which has no size."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return f"-{SEPARATOR}-{SEPARATOR}-" if of_file else f"-{SEPARATOR}-"
    size = f"{status.st_size}{SEPARATOR}" if of_file else ""
    return f"{status.st_mtime_ns}{SEPARATOR}{size}{status.st_ino}"


def variable_stamp(name: str, environ: "Mapping[str, str]") -> str:
    """Return the stamp of an environment variable, or of all: a hash, since variables hold secrets."""
    value = environ.get(name)
    if name == WHOLE_ENVIRONMENT:
        value = "\n".join(map("=".join, sorted(environ.items())))
    return "-" if value is None else digest(value.encode(*ENCODING))


def objection(lines: "Iterable[str]", known_facts: "Iterable[str]", environ: "Mapping[str, str]") -> "str | None":
    """Return which of the conditions *lines* does not hold any more, in words; None when all hold.

    Args:
        lines: As `conditions` returned them.
        known_facts: What `facts` says now.
        environ: The environment variables.
    """
    now = iter(known_facts)
    for line in lines:
        kind = line[0]
        if kind == "S":
            if line != next(now, None):
                return f"{line.split(' ', 2)[1]} is not what it was"
        elif kind == YOUNG:
            return "something had changed right before the plugins were last looked at"
        else:
            _, subject, known = line.split(SEPARATOR, 2)
            if ESCAPE in subject:
                from pegboard.fields import unescape

                subject = unescape(subject)
            if kind == "E":
                if variable_stamp(subject, environ) != known:
                    return f"the environment variable {subject} has changed"
            elif path_stamp(subject, of_file=kind == "F") != known:
                return f"the {'file' if kind == 'F' else 'directory'} {subject} has changed"
    return None if next(now, None) is None else "the index is of another format"
