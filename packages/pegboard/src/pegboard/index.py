"""The index: what every plugin registered when it was last imported, in one file that a start reads at a glance.

Hot: nothing is read or parsed that is not asked for. The file is text that is searched with `bytes.find`; keyed hashes,
by a function that the interpreter has built in, tell whether each part is whole. The head answers whether the index
holds; the sections answer what is asked; the cold part, read only when something changed, remembers what each record
depends on.

    pegboard-index 3 <hash of the head> <its length> <hash of the cold part>
    <validity>      one line a condition:
        S fact                                      interpreter, environment, application, `sys.path`, as text
        D path mtime_ns inode                       a directory searched for plugins; `-` `-` when it is absent
        F path mtime_ns size inode                  a file; `-` `-` `-` when it is absent
        E name hash                                 an environment variable an import read; `-` when not set
        Y                                           something had changed so shortly before the search
                                                    that its stamp may not show the next change
    <head>          one line a fact, its fields separated by US (U+001F):
        A init portion portion ...                  the search path of `app.plugins`
        B module module ...                         plugins that had been imported before the start, if there were any
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
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Final

    from pegboard.ledger import Records

MAGIC: "Final" = b"pegboard-index 3 "
YOUNG: "Final" = "Y"
WHOLE_ENVIRONMENT: "Final" = "*"  # stands for all variables, when an import looked at which ones there are
VERSION: "Final" = "0.1.0"  # of pegboard; what one version has written another does not read
ENCODING: "Final" = ("utf-8", "surrogateescape")  # paths may hold bytes that are no text
HASH_KEY: "Final" = 0x7065_6762_6F61_7264  # "pegboard": any fixed key will do, damage is what it is there to notice
SEPARATOR: "Final" = "\x1f"
BELOW: "Final" = "\x1e"  # a path below a portion is that portion's number and the rest, each after this
_FIRST_READ: "Final" = 16384  # the head, in most cases
_FIELDS: "Final" = 3  # hash, length, hash
_DIGITS: "Final" = 9  # of a length; Python refuses to read numbers without end
ESCAPE: "Final" = "\x1b"  # see `fields`


def digest(data: bytes) -> str:
    """Return a keyed hash of *data*, as 16 hexadecimal digits (SipHash-1-3, PEP 552)."""
    return source_hash(HASH_KEY, data).hex()


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
        raise unusable("there is no index yet") from None
    except OSError as error:
        raise unusable(f"the index cannot be opened: {error.strerror}") from None
    try:
        status = os.fstat(file)
        if os.name == "posix":
            if status.st_uid not in (os.geteuid(), 0):
                raise unusable("the index belongs to somebody else")
            if status.st_mode & 0o022:
                raise unusable("the index can be written by others")
        if hasattr(os, "pread"):
            # Kept open, so that what is read later is of the same index, whoever puts another in its place.
            kept, file = file, -1
            return Index(path, status.st_size, b"", kept, (status.st_dev, status.st_ino))
        data = b""
        while chunk := os.read(file, status.st_size):
            data += chunk
        return Index(path, status.st_size, data)
    except OSError as error:
        raise unusable(f"the index cannot be read: {error.strerror}") from None
    finally:
        if file >= 0:
            os.close(file)


def unusable(reason: str) -> Exception:
    """Return the error that tells why an index cannot be used."""
    from pegboard.errors import UnusableIndexError

    return UnusableIndexError(reason)


class Index:
    """One index, searched in place. What `ledger.Records` makes plugins and rows of is text here."""

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
        if not first.startswith(MAGIC) or not newline or len(parts) != _FIELDS or not parts[1][:_DIGITS].isdigit():
            raise unusable("the index is of another format")
        length = int(parts[1][:_DIGITS])
        self._body_at = len(first) + 1 + length
        head = head[:length] if len(head) >= length else self._read(length, len(first) + 1)
        if digest(head).encode() != parts[0]:
            raise unusable("the index is damaged" if self._body_at <= size else "the index is torn")
        self.cold_hash: str = parts[2].decode(*ENCODING)
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
        self.records: Records | None = None
        """What it says of plugins and their contributions, once somebody asks; see `Roster.records`."""

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

    def whole(self, length: int, start: int, hash_: str) -> bytes:
        """Return a part of the file; an empty one, with another index in this one's place, if it is damaged.

        Raises:
            UnusableIndexError: If it is damaged and there is no other index to be.
        """
        data = self._read(length, start)
        if digest(data) == hash_:
            return data
        if self.rescue is None:
            raise unusable("the index is damaged")
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
            data = self.whole(size, at, hash_)
            if data or not size:
                self._texts[name] = b"\n" + data
        return self._texts[name]

    def lines(self, section: str, *given: str) -> "Iterator[list[str]]":
        """Yield the fields after *given* of every line of a section that begins with them; all lines without any."""
        data = self.section(section)
        key = "\n"
        for text in given:
            key += field(text)
        sought = key.encode(*ENCODING)
        at = data.find(sought)
        while at >= 0:
            begin = at + len(sought)
            at = data.find(b"\n", begin)
            if at < 0:
                return
            yield fields(data[begin:at].decode(*ENCODING))
            at = data.find(sought, at)

    def texts(self, kind: str) -> "tuple[str, ...]":
        """Return the text of every row of *kind* once, in order."""
        for texts in self.lines(f"texts {kind}"):
            return tuple(texts)
        return ()

    def cold(self) -> bytes:
        """Return the cold part, which may be damaged: see `cold_hash`."""
        return self._read(self._size - self._cold_at, self._cold_at)


def field(text: str) -> str:
    """Return *text* as a field, with what ends one; `fields` reads it."""
    if not text.isprintable():
        from pegboard.fields import escape

        text = escape(text)
    return text + SEPARATOR


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
