"""The index: where is the record of what plugins register, does it hold, and what does it say?

In: the settings of a host, and one file. Out: text by section and key; `ledger` makes plugins and contributions of it.

Hot: each start loads this file. Only what is asked for is read and parsed. The file is text that is searched with
`bytes.find`; keyed hashes, by a function that is built into the interpreter, tell whether each part is whole. The head
tells whether the index holds; the sections answer questions; the cold part, read only when something changed, has what
each record depends on.

    pegboard-index 11 <hash of the head> <its length> <hash of the cold part>
    <validity>      one line a condition:
        S fact                                      interpreter, environment, application, `sys.path`, as text
        D path mtime_ns inode ctime_ns              a directory searched for plugins; `-` each when it is absent
        F path mtime_ns size inode ctime_ns         a file; `-` each when it is absent
        E name hash                                 an environment variable an import read; `-` when not set
        Y reason                                    the next start makes the index again: not every plugin has been
                                                    judged, or (without words) something had changed so shortly before
                                                    the search that its stamp may not show the next change
    <head>          one line a fact, its fields separated by US (U+001F):
        A init portion portion ...                  the search path of `app.plugins`
        B module module ...                         plugins that had been imported before the start, if there were any
        Q 1                                         the user wants faults to be errors
        G module                                    to be imported at every start
        P package package ...                       what plugins' modules are in; a module that is in none, itself
        W code summary hint                         to be reported at every start
        L module name distribution cause place hint  of a plugin that lacks something, to be reported at every start
        O hash                                      of the names that the application registers itself, if any
        X section start length hash                 where a section is, counted from the end of the head
    <sections>      one line a fact; only what is asked for is read:
        names           name module location        of every plugin, in order
        rows KIND       text module location override sequence metadata; contributions, in blocks: `part` says in which
        parts KIND      the *location*, `start:length:hash`, of each block in the section before
        texts KIND      text text ...
        entry points    module name group value distribution; those of plugins, if there are any
        plugins         a block for each plugin, read alone by its *location*:
                        its first line   module name portion origin source distribution version state reason eager
                                         plain in_order rank recorded; *origin* is below the portion of that
                                         number, if there is one
                        a line a row     kind text override metadata
    <cold part>     JSON, see `record`

Stamps are compared for equality and never rounded: an installer may bring an older time than the one it replaces.
An index never names code: what a primed contribution is comes from importing its owner, and from nothing else.

Source: research on formats and on what file systems tell, `DESIGN.md`, section "The index".
"""

import os
import sys
from _imp import source_hash
from stat import S_ISREG  # which `os` has loaded

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any, Final

    from pegboard.sources import Adapter, Sources

MAGIC: "Final" = b"pegboard-index 11 "
PROVISIONAL: "Final" = "Y"  # the condition of an index that the next start makes again
WHOLE_ENVIRONMENT: "Final" = "*"  # stands for all variables, when an import looked at which ones there are
VERSION: "Final" = "0.1.0"  # of pegboard; what one version has written another does not read
ENCODING: "Final" = ("utf-8", "surrogateescape")  # paths may hold bytes that are no text
HASH_KEY: "Final" = 0x7065_6762_6F61_7264  # "pegboard": any fixed key will do, damage is what it is there to notice
YES: "Final" = ("1", "true", "yes", "on", "all")
NO: "Final" = ("", "0", "false", "no", "off")
SEPARATOR: "Final" = "\x1f"
_NONBLOCK: "Final" = getattr(os, "O_NONBLOCK", 0)
_FIRST_READ: "Final" = 16384  # the head, in most cases
_FIELDS: "Final" = 3  # hash, length, hash
_DIGITS: "Final" = 9  # of a length; Python refuses to read numbers without end
ESCAPE: "Final" = "\x1b"  # see `fields`
_stat = os.stat  # before a plugin can replace it


class Deferred(str):
    """A method that another class defines; see `deferred`. Its text is its name."""

    __slots__ = ()

    def __get__(self, instance: "Any", owner: type) -> "Any":
        """Return the method, and put it and all others of that class in their places."""
        for each in owner.__mro__:
            module, _, source = vars(each).get("_deferred_to", "").rpartition(".")
            if source:
                load(module.partition(".")[2])
            methods = vars(getattr(__import__(module, None, None, (source,)), source)) if source else {}
            if self in methods:
                for name, method in methods.items():
                    if type(vars(each).get(name)) is Deferred:
                        if hasattr(method, "__code__"):  # errors, `help` and `pickle` name a function by these
                            method.__module__ = each.__module__
                            method.__qualname__ = f"{each.__qualname__}.{method.__name__}"
                        setattr(each, name, method)
                return methods[self].__get__(instance, owner)
        raise AttributeError(self)


def load(*names: str, is_package: bool = False) -> None:
    """Import modules of this package faster than `import` does, where that is possible; see `pegboard._load`."""
    sys.modules["pegboard"]._load(*names, is_package=is_package)  # noqa: SLF001 -- it is there before this file is


def deferred(source: str, names: str) -> "dict[str, str]":
    """Return what a class is to contain that leaves methods to another class, for `vars().update`.

    The module of the other class is imported when one of the methods is first used, on an object or on the class. From
    then on they are ordinary methods. For what few starts call: a function costs each start that loads it about six
    times as much as a name here. Type checkers see a base class.

    Args:
        source: The full name of the class that defines the methods.
        names: Of the methods, and of properties that have no setter, between spaces.
    """
    given = names.split()
    return dict(zip(given, map(Deferred, given), strict=True), _deferred_to=source)


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


def read(path: str) -> "Index":  # noqa: C901 -- a branch for each reason
    """Return the index in the file *path*; only its head is read, and nothing but its integrity is checked.

    Raises:
        UnusableIndexError: If there is none, or it is torn, damaged, foreign, or writable by others.
    """
    try:
        # a pipe in its place does not block, see `regular_file`
        file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | _NONBLOCK)
    except FileNotFoundError:
        raise unusable("there is no index yet") from None
    except OSError as error:
        raise unusable(f"the index cannot be opened: {error.strerror}") from None
    try:
        status = os.fstat(file)
        if not S_ISREG(status.st_mode):
            raise unusable("the index is not a regular file")
        if os.name == "posix":
            if status.st_uid not in (os.geteuid(), 0):
                raise unusable("the index belongs to somebody else")
            if status.st_mode & 0o022:
                raise unusable("the index can be written by others")
        if hasattr(os, "pread"):
            # Kept open, so that what is read later is of the same index, whoever puts another in its place.
            start = os.pread(file, _FIRST_READ, 0)
            kept, file = file, -1
            return Index(path, status.st_size, start, kept, (status.st_dev, status.st_ino))
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
    """One index, which never changes; it is searched in place."""

    def __init__(
        self, path: str, size: int, data: bytes, file: int = -1, identity: "tuple[int, int] | None" = None
    ) -> None:
        """Read the head.

        Args:
            path: Where it is, or is going to be.
            size: Its bytes.
            data: All of it; its beginning when the rest is read from *file*.
            file: The descriptor of its file, which is closed with it; -1 when there is none.
            identity: Device and inode of that file: a daemon may close what it does not know, and the number may be
                that of another file by then.

        Raises:
            UnusableIndexError: If it is torn, damaged or foreign.
        """
        self.path: str = path
        self._data = data
        self._file = file
        self._identity = identity
        start = data[:_FIRST_READ]
        first, newline, head = start.partition(b"\n")
        parts = first[len(MAGIC) :].split(b" ")
        if not first.startswith(MAGIC) or not newline or len(parts) != _FIELDS or not parts[1][:_DIGITS].isdigit():
            raise unusable("the index is of another format")
        length = int(parts[1][:_DIGITS])
        self._body_at = len(first) + 1 + length
        head = head[:length] if len(head) >= length else self._read(length, len(first) + 1)
        if digest(head).encode() != parts[0]:
            raise unusable("the index is damaged" if self._body_at <= size else "the index is torn")
        conditions, _, facts = head.decode(*ENCODING).partition("\n\n")
        self.validity: list[str] = conditions.split("\n")
        """The conditions under which all of this holds, one line each."""
        self.head: dict[str, list[list[str]]] = {}
        """Fields of the lines of the head, by tag."""
        cold_at = self._body_at
        self.sections: dict[str, tuple[int, int, str]] = {}
        """Start, length and hash of each, by name."""
        try:
            for line in facts.split("\n"):
                tag, *values = fields(line)
                self.head.setdefault(tag, []).append(values)
            for name, at, length_text, hash_ in self.head.pop("X", ()):
                self.sections[name] = (self._body_at + int(at), int(length_text), hash_)
                cold_at += int(length_text)
            self.packages: frozenset[str] = frozenset(self.head["P"][0])
            """What plugins' modules are in; a module that is in none, itself."""
        except (ValueError, LookupError):  # it is whole, and was not written by this version
            raise unusable("the index is of another format") from None
        self.cold: tuple[int, int, str] = size - cold_at, cold_at, parts[2].decode(*ENCODING)
        """Length, start and hash of the cold part, for `read_whole`."""
        self._sections_read: dict[str, bytes] = {}
        self._texts: dict[str, tuple[str, ...]] = {}

    def _read(self, length: int, start: int) -> bytes:
        if self._file < 0 or start + length <= len(self._data):
            return self._data[start : start + length]
        try:
            status = os.fstat(self._file)
            if (status.st_dev, status.st_ino) == self._identity:
                return os.pread(self._file, length, start)
        except OSError:
            pass
        from pegboard.regular_file import read_part  # a plugin has closed the file, as a daemon does

        return read_part(self.path, length, start, self._identity)

    def __del__(self) -> None:
        try:
            status = os.fstat(self._file) if self._file >= 0 else None
        except OSError:
            return
        if status is not None and (status.st_dev, status.st_ino) == self._identity:
            os.close(self._file)

    def read_whole(self, length: int, start: int, hash_: str) -> bytes:
        """Return a part of the file.

        Raises:
            UnusableIndexError: If it is damaged.
        """
        data = self._read(length, start)
        if digest(data) != hash_:
            raise unusable("the index is damaged")
        return data

    def section(self, name: str) -> bytes:
        """Return a section of the body with a line break before it; an empty one when there is none of that name.

        Raises:
            UnusableIndexError: If it is damaged.
        """
        if name not in self._sections_read:
            if name not in self.sections:
                return b""
            start, length, hash_ = self.sections[name]
            self._sections_read[name] = b"\n" + self.read_whole(length, start, hash_)
        return self._sections_read[name]

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
        if kind not in self._texts:
            for texts in self.lines(f"texts {kind}"):
                self._texts[kind] = tuple(texts)
        return self._texts.get(kind, ())


def field(text: str) -> str:
    """Return *text* as a field, with what ends one; `fields` reads it."""
    if not text.isprintable():
        from pegboard.fields import escape

        text = escape(text)
    return text + SEPARATOR


# -- validity: under which conditions does an index hold, and do they hold now? ----------------------------------------


def path_stamp(path: str, *, of_file: bool, status: "os.stat_result | None" = None) -> str:
    """Return the stamp of a file; or of a directory, or an archive in its place, which has no size.

    Tools that keep times (`cp -p`, `rsync -a`, `tar`) can replace a file by another with the same time, size and inode.
    Only the system sets `ctime`, the time of the last change of any kind; on Windows that is the time of creation.
    *status* is what `os.stat` has just said of it, if it was asked.
    """
    try:
        status = status or _stat(path)
    except (OSError, ValueError):
        return "-\x1f-\x1f-\x1f-" if of_file else "-\x1f-\x1f-"
    if of_file:
        return f"{status.st_mtime_ns}\x1f{status.st_size}\x1f{status.st_ino}\x1f{status.st_ctime_ns}"
    return f"{status.st_mtime_ns}\x1f{status.st_ino}\x1f{status.st_ctime_ns}"


def variable_stamp(name: str, environ: "Mapping[str, str]") -> str:
    """Return the stamp of an environment variable, or of all: a hash, since variables hold secrets."""
    value = environ.get(name)
    if name == WHOLE_ENVIRONMENT:
        value = "\n".join(map("=".join, sorted(environ.items())))
    return "-" if value is None else digest(value.encode(*ENCODING))


def why_invalid(index: Index, facts: "Iterable[str]", environ: "Mapping[str, str]") -> "str | None":
    """Return which condition of *index* does not hold any more, in words; None when all hold.

    Args:
        index: Its `validity` has the conditions.
        facts: `Settings.facts` as it is now.
        environ: The environment variables.
    """
    now = iter(facts)
    for line in index.validity:
        kind = line[0]
        if kind == "S":
            if line != next(now, None):
                return f"{line.split(' ', 2)[1]} is not what it was"
        elif kind == PROVISIONAL:
            return line[2:] or "something had changed right before the plugins were last looked at"
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


# -- settings: which application is it, where are its files, and what do its author and its user want? ----------------


class Settings:
    """What a host was made with. It never changes: `replace` returns another one.

    They are in this file since they decide which index a start reads, and a file of their own would cost every start
    half a percent.
    """

    def __init__(
        self,
        application: str,
        environ: "Mapping[str, str]",
        *,
        required: "tuple[str, ...]" = (),
        built_in_first: bool = True,
        strict: "bool | None" = None,
        lazy: "bool | None" = None,
        slow_after: "float | None" = None,
        judging_s: float = 0.5,
        config_directory: "str | None" = None,
        cache_directory: "str | None" = None,
        left_out: "tuple[tuple[tuple[str, ...], str], ...]" = (),
        keeps_journal: bool = True,
        journal_directory: "str | None" = None,
        is_backwards: bool = False,
        sources: "Sources | None" = None,
        only: "tuple[str, ...] | None" = None,
        commands: "str | Callable[[], str]" = "",
        offers: "Mapping[str, str] | None" = None,
        api_distribution: str = "",
    ) -> None:
        """Make settings; all but the following are described at `Host`.

        Args:
            application: The application's name.
            environ: The environment variables.
            required: As for `Host`; so are the next seven.
            built_in_first: See above.
            strict: See above.
            lazy: See above.
            slow_after: See above.
            judging_s: See above.
            config_directory: See above.
            cache_directory: See above.
            left_out: Names of plugins that are left out, and why; no names stand for all that are not built in.
            keeps_journal: Whether imports are noted, to name a plugin that kills the process at the next start.
            journal_directory: The folder of the journal if it is not beside the index; empty if there is no place.
            is_backwards: Whether plugins are imported in reverse order when they are recorded; their order stays.
            sources: Where plugins are; None for the usual places, see `sources`.
            only: The plugins that the application enables; None for all.
            commands: As for `Host`; or a function that returns it, where that depends on how the program was called.
            offers: As for `Host`.
            api_distribution: As for `Host`.
        """
        vars(self).update(
            application=application,
            environ=environ,
            prefix=application.replace(".", "_").replace("-", "_").upper(),
            required=required,
            built_in_first=built_in_first,
            strict=strict,
            lazy=lazy,
            slow_after=slow_after,
            judging_s=judging_s,
            config_directory=config_directory or user_directory("config", application, environ),
            cache_directory=cache_directory,
            left_out=left_out,
            keeps_journal=keeps_journal,
            journal_directory=journal_directory,
            is_backwards=is_backwards,
            sources=sources,
            namespace=f"{application}.plugins" if sources is None else sources.namespace,
            adapter=None if sources is None else sources.adapter,
            only=only,
            commands=commands,
            offers=offers or {},
            api_distribution=api_distribution,
        )

    if TYPE_CHECKING:
        application: str
        environ: Mapping[str, str]
        prefix: str
        """How the application's environment variables begin, e.g. `UTT`."""
        required: tuple[str, ...]
        built_in_first: bool
        strict: bool | None
        lazy: bool | None
        slow_after: float | None
        judging_s: float
        config_directory: str | None
        """Where `plugins.toml` and the plugin folder are; None when there is no place for them."""
        cache_directory: str | None
        left_out: tuple[tuple[tuple[str, ...], str], ...]
        keeps_journal: bool
        journal_directory: str | None
        is_backwards: bool
        sources: Sources | None
        namespace: str
        """The package that plugins are modules of, e.g. `utt.plugins`; empty when there is none."""
        adapter: Adapter | None
        """What makes contributions of what modules offer; see `Host.adapt`."""
        only: tuple[str, ...] | None
        commands: str | Callable[[], str]
        offers: Mapping[str, str]
        api_distribution: str

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"settings never change: use replace({name}=...)")

    def replace(self, **changes: "Any") -> "Settings":
        """Return settings that differ from these in *changes* only, by the names of the constructor's parameters."""
        given = vars(self) | changes
        for name in ("prefix", "namespace", "adapter", "_directory"):  # these follow from the others
            given.pop(name, None)
        return Settings(**given)

    def file(self, name: str) -> "str | None":
        """Return the path of a file in the configuration directory; None when there is no such directory."""
        directory = self.config_directory
        return os.path.join(directory, name) if directory else None

    @property
    def directory(self) -> "str | None":
        """The folder of the index; None when there is no place for one.

        A virtual environment that the user may write keeps its own, below `var/cache`: it goes when the environment
        goes. Otherwise it is in the user's cache.
        """
        known: str | None = vars(self).get("_directory", "")
        if known != "":
            return known
        directory = self.cache_directory or self.environ.get(f"{self.prefix}_PLUGINS_CACHE")
        if directory:
            directory = os.path.abspath(directory)
        elif sys.prefix != sys.base_prefix and os.access(sys.prefix, os.W_OK):
            directory = f"{sys.prefix}{os.sep}var{os.sep}cache{os.sep}{self.application}"
        else:
            directory = user_directory("cache", self.application, self.environ)
        vars(self)["_directory"] = directory  # a start asks for it twice
        return directory

    @property
    def journal(self) -> str:
        """The folder of the journal; empty when none is kept, or there is no place for one."""
        if not self.keeps_journal or self.journal_directory is not None:
            return (self.keeps_journal and self.journal_directory) or ""
        directory = self.directory
        return f"{directory}{os.sep}plugins-{self.application}.journal" if directory else ""

    def index_path(self, facts: "list[str] | None" = None) -> "str | None":
        """Return where the index for these settings and this import path is; None when there is no place for one.

        Args:
            facts: What `facts` returns, where that is known already.
        """
        directory = self.directory
        if not directory:
            return None
        identity = "\n".join(self.facts() if facts is None else facts).encode(*ENCODING)
        return f"{directory}{os.sep}plugins-{self.application}-{digest(identity)}.index"

    def facts(self) -> "list[str]":
        """Return what must be the same, in the same words, for an index to hold."""
        wishes = "" if self.built_in_first else "mixed|"
        for name in ("_NO_PLUGINS", "_PLUGINS", "_PLUGINS_STRICT"):
            wishes += self.environ.get(self.prefix + name, "") + "|"
        for names, _ in self.left_out:
            wishes += ",".join(names) + "|"
        if self.only is not None:
            wishes += "only " + ",".join(self.only)
        path = repr(sys.path)
        if "" in sys.path:  # stands for the current directory
            try:
                path += repr(os.getcwd())
            except OSError:  # it has been removed: then there is nothing to find in it
                path += "-"
        implementation = sys.implementation
        facts = [
            f"S python {sys.hexversion:x} {implementation.cache_tag} {implementation.name} {sys.flags.optimize}",
            f"S prefix {sys.prefix!r}",
            f"S application {self.application}{'' if self.sources is None else self.sources}",
            f"S pegboard {VERSION}",
            f"S configuration {self.config_directory or ''!r}",
            f"S policy {wishes!r}",
            f"S path {path}",
        ]
        if hasattr(sys, "_MEIPASS"):  # frozen by PyInstaller
            from pegboard.frozen import lasting

            return list(map(lasting, facts))
        return facts

    @property
    def is_lazy(self) -> bool:
        """Whether plugins wait until something of them is used."""
        for names, _ in self.left_out:
            if not names:
                return False  # safe mode: nothing that was written before is trusted
        left_out = self.environ.get(f"{self.prefix}_NO_PLUGINS", "").strip().lower()
        if left_out in YES:
            return False
        said = self.environ.get(f"{self.prefix}_PLUGINS_LAZY", "").strip().lower()
        if said:
            return said not in NO
        return self.lazy is not False


_HOMES = {
    # kind: (variable on POSIX, folder below the home on POSIX, on macOS, variable on Windows)
    "config": ("XDG_CONFIG_HOME", ".config", "Library/Application Support", "APPDATA"),
    "cache": ("XDG_CACHE_HOME", ".cache", "Library/Caches", "LOCALAPPDATA"),
}


def user_directory(
    kind: str, application: str, environ: "Mapping[str, str]", platform: str = sys.platform
) -> "str | None":
    """Return the user's folder of that *kind* for *application*; it need not exist.

    Args:
        kind: `config` or `cache`.
        application: The last part of the path.
        environ: Where the variables are looked up; a relative path in one is ignored, as the specification asks.
        platform: As `sys.platform`.

    Returns:
        An absolute path, or None when the user has no home: then there is nothing to read or to keep.

    Source:
        XDG Base Directory Specification 0.8 (Linux and other POSIX), Apple's File System Programming Guide
        ("Library directory"), Microsoft's Known Folders (`FOLDERID_RoamingAppData`, `FOLDERID_LocalAppData`).
    """
    variable, below_home, on_mac, on_windows = _HOMES[kind]
    if platform == "win32":
        base = environ.get(on_windows, "")
    elif platform == "darwin":
        base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), on_mac)
    else:
        base = environ.get(variable, "")
        if not os.path.isabs(base):
            base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), below_home)
    return f"{base}{os.sep}{application}" if os.path.isabs(base) else None
