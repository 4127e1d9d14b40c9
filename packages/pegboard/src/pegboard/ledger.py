"""Plugins, what they added the last time, and the ledger: one ordered table of everything that they add.

Every row has an owner. All rows of an owner can be revoked, or replaced in one step by what it registers now.
A row is either live, or *primed*: known from its owner's record, with its live object fetched at first use.
Who reads the ledger asks `live(row)` and cannot tell the two apart.
"""

import _thread

from pegboard.index import BELOW, ENCODING, SEPARATOR, digest, field, fields, unusable

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from typing import Any, ClassVar, Final

    from pegboard.errors import PegboardError
    from pegboard.index import Index

# -- in what state is each plugin? ------------------------------------------------------------------------------------

# Plain text, since importing `enum` costs a third of a bare interpreter start.
FOUND = "found"
"""Discovered, and not imported yet."""
PRIMED = "primed"
"""Known from its record; imported at first use."""
ACTIVE = "active"
"""Imported; its contributions are live."""
DISABLED = "disabled"
"""Left out by the user, by the environment, or by safe mode."""
BROKEN = "broken"
"""Its import failed, or Python cannot import it; `Plugin.error` says why."""
QUARANTINED = "quarantined"
"""Left out because it took the whole process down before."""

BUILT_IN = "built-in"
"""The source of the application's own plugins."""


class Distribution:
    """What a user installs: a name and a version, as its metadata has them (core metadata 2.1, `Name`, `Version`)."""

    __slots__ = ("name", "version")

    def __init__(self, name: str, version: str) -> None:
        self.name: str = name
        self.version: str = version

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    def __repr__(self) -> str:
        return f"Distribution({self.name!r}, {self.version!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Distribution):
            return NotImplemented
        return (self.name, self.version) == (other.name, other.version)

    def __hash__(self) -> int:
        return hash((self.name, self.version))


class Plugin:
    """One module or package that the host found, and its state.

    Compared by identity: two hosts never share a plugin.
    """

    __slots__ = (
        "after",
        "before",
        "cost_ms",
        "distribution",
        "eager",
        "error",
        "inputs",
        "is_eager_by_user",
        "is_plain",
        "module",
        "name",
        "origin",
        "rank",
        "reason",
        "required",
        "source",
        "state",
    )

    STATES: "ClassVar[tuple[str, ...]]" = (FOUND, PRIMED, ACTIVE, DISABLED, BROKEN, QUARANTINED)

    def __init__(
        self,
        name: str,
        module: str,
        *,
        origin: "str | None" = None,
        source: str = "namespace",
        distribution: "Distribution | None" = None,
    ) -> None:
        self.name: str = name
        """What users and other plugins call it, e.g. `balance`; unique in its host."""
        self.module: str = module
        """The full name to import, e.g. `utt.plugins.balance`."""
        self.origin: str | None = origin
        """The file it would be imported from; None when only an import hook knows."""
        self.source: str = source
        """How it was found: built-in, namespace, entry point, or folder."""
        self.distribution: Distribution | None = distribution
        """What the user installed to get it; None when nothing owns the file."""
        self.state: str = FOUND
        self.reason: str | None = None
        """Why it is in this state, in words: who disabled it, why it is eager."""
        self.error: PegboardError | None = None
        self.rank: int = 0
        """Its place in the host's order; 0 comes first."""
        self.after: tuple[str, ...] = ()
        self.before: tuple[str, ...] = ()
        self.eager: bool = False
        """Whether it is imported at every start; `reason` says why."""
        self.is_eager_by_user: bool = False
        self.is_plain: bool = False
        """Whether its module is a source file that Python's own loader loads, so that no search for it is needed."""
        self.inputs: tuple[str, ...] = ()
        """What its import depends on besides its code, as its author declares: paths, and `env:NAME`."""
        self.required: bool = False
        self.cost_ms: float | None = None
        """Milliseconds its import took; None while it has not been imported."""

    @property
    def is_built_in(self) -> bool:
        """Whether the application itself brings it."""
        return self.source == BUILT_IN

    @property
    def is_usable(self) -> bool:
        """Whether its code may run."""
        return self.state in (FOUND, PRIMED, ACTIVE)

    def fail(self, error: "PegboardError") -> None:
        """Mark it broken, because of *error*."""
        self.state = BROKEN
        self.error = error
        self.reason = error.summary()

    def disable(self, reason: str) -> None:
        """Mark it disabled; *reason* is shown to the user."""
        self.state = DISABLED
        self.reason = reason

    def who(self) -> str:
        """Return it as messages name it, e.g. `plugin 'csv' of acme-csv 1.2.0`."""
        return f"plugin {self.name!r} of {self.distribution}" if self.distribution else f"plugin {self.name!r}"

    def as_dict(self) -> "Mapping[str, object]":
        """Return what a list of plugins shows, as plain data."""
        return {
            "name": self.name,
            "state": self.state,
            "source": self.source,
            "module": self.module,
            "origin": self.origin,
            "distribution": self.distribution and self.distribution.name,
            "version": self.distribution and self.distribution.version,
            "reason": self.reason,
            "cost_ms": self.cost_ms,
        }

    def __repr__(self) -> str:
        return f"<{self.who()}: {self.state}>"


def application(name: str) -> "Plugin":
    """Return the owner of what the application registers itself, outside any plugin; it comes before all plugins."""
    owner = Plugin("", name, source=BUILT_IN)
    owner.state = ACTIVE
    owner.rank = -1
    return owner


# -- what did they add? -----------------------------------------------------------------------------------------------

COMPONENT: "Final" = "component"
"""The kind of rows that provide a component."""
DECORATOR: "Final" = "decorator"
"""The kind of rows that wrap a component."""
MIDDLEWARE: "Final" = "middleware"
"""The kind of rows that are called around the making of every component."""

SINGLETON: "Final" = "singleton"
"""The scope of a component that has one instance for the container's life."""
TRANSIENT: "Final" = "transient"
"""The scope of a component of which everyone who asks gets a new instance."""

DORMANT: "Final" = object()
"""Stands where the live object of a primed contribution will be."""


class Contribution:
    """One thing that one plugin adds: who, what kind, under which id, how it is described, and the live object."""

    __slots__ = ("failure", "id", "is_ephemeral", "kind", "live", "metadata", "override", "owner", "sequence", "text")

    def __init__(
        self,
        owner: "Plugin",
        kind: str,
        id: "Hashable",  # noqa: A002 -- the word that records and messages use, too
        live: "Any",
        *,
        text: "str | None" = None,
        metadata: "Mapping[str, Any] | None" = None,
        override: bool = False,
    ) -> None:
        self.owner: Plugin = owner
        self.kind: str = kind
        """Which table it belongs to: a registry's name, `component`, `decorator`."""
        self.id: Hashable = id
        """What it is looked up by; one owner may have several rows of one id, the last counts."""
        self.text: str = str(id) if text is None else text
        """The id as records have it: equal ids have equal texts. A primed row knows only this."""
        self.live: Any = live
        """The object itself, or `DORMANT`."""
        self.metadata: Mapping[str, Any] = {} if metadata is None else metadata
        """Plain data that describes it; known without importing the owner."""
        self.override: bool = override
        """Whether its owner says that it replaces one of the same id."""
        self.sequence: int = 0
        """Its place among its owner's rows; set by the ledger."""
        self.is_ephemeral: bool = False
        """Whether it was registered outside its owner's import, so that no record can know it."""
        self.failure: str | None = None
        """Why its provider failed when the container last called it, in one line; None if it did not fail."""

    @property
    def is_primed(self) -> bool:
        """Whether its live object is still to be fetched by importing the owner."""
        return self.live is DORMANT

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id!r} by {self.owner.who()}{' (primed)' if self.is_primed else ''}>"


# -- what did they add the last time? ---------------------------------------------------------------------------------


class Records:
    """What plugins registered when they were last imported: plugins and primed rows, made of an index when asked for.

    Where the index turns out to be damaged, it is another one afterwards, and so are these; see `Index.rescue`.
    """

    __slots__ = ("_places", "_rows", "index", "plugins_so_far")

    def __init__(self, index: "Index") -> None:
        """Look nothing up yet."""
        self.index: Index = index
        self.plugins_so_far: dict[str, Plugin] = {}
        """Those that have been asked for, by module."""
        self._places: dict[str, str] = {}  # of their blocks, likewise
        self._rows: dict[tuple[str, str], list[Contribution]] = {}

    def become(self, other: "Records") -> None:
        """Be *other* from now on."""
        for name in self.__slots__:
            setattr(self, name, getattr(other, name))

    def plugin(self, module: str) -> "Plugin | None":
        """Return the plugin that is *module*, always the same object; None when there is none."""
        plugin = self.plugins_so_far.get(module)
        packages = self.index.packages
        if plugin is None and (module in packages or module.rpartition(".")[0] in packages):
            names = self.index.section("names")
            key = (SEPARATOR + field(module)).encode(*ENCODING)
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

    def plugin_named(self, name: str) -> "Plugin | None":
        """Return the plugin of that name; None when there is none."""
        for module, place in self.index.lines("names", name):
            return self._plugin(module, place)
        return None

    def namespace(self) -> "tuple[list[str], str | None]":
        """Return the search path of `app.plugins`, and its own `__init__` file if it has one."""
        for init, *portions in self.index.head.get("A", ()):
            return portions, init or None
        return [], None

    def find(self, kind: str, text: str) -> "Sequence[Contribution]":
        """Return the primed rows of *kind* whose text is *text*, in order."""
        rows = self._rows.get((kind, text))
        if rows is None:
            rows = []
            places = self.index.section(f"parts {kind}").split()
            if places:
                block = self._block(f"rows {kind}", places[part(text, len(places))].decode())
                if block is None:
                    return self.find(kind, text)  # in the index that this one is by now
                sought = field(text)
                for line in block:
                    if line.startswith(sought):
                        rows.append(self._row(kind, fields(line)))
            rows = self._rows.setdefault((kind, text), rows)
        return rows

    def rows(self, kind: str) -> "Sequence[Contribution]":
        """Return every primed row of *kind*, in any order."""
        return [self._row(kind, line) for line in self.index.lines(f"rows {kind}")]

    def _row(self, kind: str, about: "list[str]") -> "Contribution":
        text, module, place, override, sequence, metadata = about
        owner = self._plugin(module, place)
        if owner is None:
            raise unusable(f"the index has no plugin {module!r}")
        row = Contribution(
            owner, kind, text, DORMANT, text=text, metadata=decode_metadata(metadata), override=override == "1"
        )
        row.sequence = int(sequence)
        return row

    def is_as_recorded(self, plugin: "Plugin", batch: "Sequence[Contribution]") -> bool:
        """Return whether *batch*, what *plugin* registered just now, is what its record says."""
        place = self._places.get(plugin.module)
        if place is None:  # it was known before this index was there
            for module, known in self.index.lines("names", plugin.name):
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

    def _block(self, section: str, place: str) -> "list[str] | None":
        """Return the lines of a block; None if it was damaged, and the index is another one by now."""
        start, length, hash_ = place.split(":")
        data = self.index.whole(int(length), self.index.sections[section][0] + int(start), hash_)
        if not data and length != "0":
            return None
        return data.decode(*ENCODING).split("\n")[:-1]


def part(text: str, parts: int) -> int:
    """Return in which of *parts* blocks the rows of *text* are."""
    return int(digest(text.encode(*ENCODING))[:4], 16) % parts


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


# -- the table of everything ------------------------------------------------------------------------------------------


def _place(row: "Contribution") -> "tuple[int, int]":
    return row.owner.rank, row.sequence


class Ledger:
    """All contributions of one host, ordered by their owner's rank and then as they were registered.

    Any thread may read and write. The lock guards single steps and is never held while a plugin is imported.
    """

    __slots__ = (
        "_batches",
        "_begun",
        "_diverged",
        "_has_drifted",
        "_lock",
        "_owned",
        "_records",
        "_registering",
        "_replaced",
        "_rows",
        "_sequence",
        "_sorted",
        "_wake",
        "generation",
    )

    def __init__(self, registering: "Callable[[], tuple[Plugin, bool]]", wake: "Callable[[Plugin], None]") -> None:
        """Make an empty ledger.

        Args:
            registering: Returns whose code is registering right now, and whether this thread is importing it.
            wake: Imports a plugin so that its primed rows become live; raises what keeps it from that.
        """
        self._registering = registering
        self._wake = wake
        self._lock = _thread.RLock()
        self._rows: dict[str, dict[str, list[Contribution]]] = {}
        self._sorted: dict[str, tuple[Contribution, ...]] = {}
        self._owned: dict[Plugin, list[Contribution]] = {}
        self._batches: dict[Plugin, list[Contribution]] = {}
        self._begun: dict[Plugin, int] = {}
        self._sequence = 0
        self._records: Records | None = None
        self._replaced: set[Plugin] = set()  # owners whose records no longer count, since their rows are known
        self._diverged: set[str] = set()  # kinds that have rows which the records do not
        self._has_drifted = False  # an owner has committed something else than the records say
        self.generation: int = 0
        """Grows with every change; whoever keeps something derived from rows compares it."""

    # -- writing ------------------------------------------------------------------------------------------------------

    def add(
        self,
        kind: str,
        id: "Hashable",  # noqa: A002 -- see Contribution
        live: "Any",
        *,
        text: "str | None" = None,
        metadata: "Mapping[str, Any] | None" = None,
        override: bool = False,
    ) -> "Contribution":
        """Add one row for whoever is registering right now, and return it.

        While its owner is being imported by this thread the row waits for `commit`: an import that fails
        leaves nothing behind. Otherwise it counts at once, and is ephemeral if its owner is a plugin.
        """
        owner, importing = self._registering()
        row = Contribution(owner, kind, id, live, text=text, metadata=metadata, override=override)
        with self._lock:
            self._sequence += 1
            row.sequence = self._sequence
            if importing:
                self._batches[owner].append(row)
            else:
                row.is_ephemeral = bool(owner.name)  # the application's own rows are made anew at every start
                self._insert((row,))
        return row

    def begin(self, owner: "Plugin") -> None:
        """Open a batch: what *owner* registers from now on counts only after `commit`."""
        with self._lock:
            self._batches[owner] = []
            self._begun[owner] = self._sequence

    def prime(self, records: "Records") -> None:
        """Take *records* for the rows of every owner that has not committed rows of its own."""
        with self._lock:
            self._records = records
            self._sorted.clear()
            self.generation += 1

    def commit(self, owner: "Plugin") -> "tuple[Contribution, ...]":
        """Replace every recorded or primed row of *owner* by its batch, in one step, and return the batch."""
        with self._lock:
            batch = tuple(self._batches.pop(owner))
            self._replaced.add(owner)
            if owner in self._owned:
                from pegboard.revision import drop

                drop(self, owner)
            self._insert(batch)
            return batch

    def _insert(self, rows: "Iterable[Contribution]") -> None:
        for row in rows:
            self._rows.setdefault(row.kind, {}).setdefault(row.text, []).append(row)
            self._owned.setdefault(row.owner, []).append(row)
            if row.is_ephemeral or not row.owner.name:
                self._diverged.add(row.kind)
            self._changed(row.kind)

    def _changed(self, kind: str) -> None:
        self._sorted.pop(kind, None)
        self.generation += 1

    # -- reading ------------------------------------------------------------------------------------------------------

    def rows(self, kind: str) -> "tuple[Contribution, ...]":
        """Return every row of *kind* in order, primed ones included."""
        try:
            return self._sorted[kind]
        except KeyError:
            recorded = () if self._records is None else self._records.rows(kind)
            with self._lock:
                rows = [row for rows in self._rows.get(kind, {}).values() for row in rows]
                rows += [row for row in recorded if row.owner not in self._replaced]
                ordered = tuple(sorted(rows, key=_place))
                self._sorted[kind] = ordered
                return ordered

    def find(self, kind: str, text: str) -> "tuple[Contribution, ...]":
        """Return the rows of *kind* whose text is *text*, in order, without looking at the others."""
        recorded = () if self._records is None else self._records.find(kind, text)
        with self._lock:
            rows = self._rows.get(kind, {}).get(text, [])
            rows = rows + [row for row in recorded if row.owner not in self._replaced]
            return tuple(sorted(rows, key=_place))

    def texts(self, kind: str) -> "tuple[str, ...]":
        """Return the text of every row of *kind* once, in the order of first appearance."""
        if self._records is not None and kind not in self._diverged and not self._has_drifted:
            return self._records.index.texts(kind)
        return tuple(dict.fromkeys(row.text for row in self.rows(kind)))

    def live(self, row: "Contribution") -> "Any":
        """Return the live object of *row*, importing its owner first if the row is primed.

        Raises:
            PluginWithdrewError: If the owner, once imported, no longer registers it.
            PluginError: If the owner cannot be imported.
        """
        if row.live is not DORMANT:
            return row.live
        self._wake(row.owner)
        for fresh in reversed(self.find(row.kind, row.text)):
            if fresh.owner is row.owner and fresh.live is not DORMANT:
                return fresh.live
        from pegboard.errors import PluginWithdrewError

        owner = row.owner
        raise PluginWithdrewError(owner.name, str(owner.distribution or ""), row.kind, row.text, owner.origin)
