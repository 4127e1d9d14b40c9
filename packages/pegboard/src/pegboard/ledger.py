"""The ledger: which plugins are there, what do they contribute, and what did they contribute the last time?

In: contributions, as plugins register them, and the index of an earlier start. Out: contributions by kind and text, in
the order of their plugins. A contribution is either live, or primed: known from its owner's record, and without its
object until the owner is imported.

Hot: each start that uses a contribution loads this file. It holds plugins, records and the ledger, since a file of its
own for each would cost a run two percent: see `benchmarks/README.md`.
"""

import _thread
import sys

from pegboard.index import ENCODING, SEPARATOR, digest, field, fields

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from os import PathLike
    from typing import Any, ClassVar, Concatenate, Final, ParamSpec, TypeVar

    from pegboard.errors import PegboardError
    from pegboard.index import Index

    P = ParamSpec("P")
    R = TypeVar("R")

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

DISTRIBUTION = "distribution "
"""How the module of a plugin begins that is a distribution: its entry points are contributions, and it has no code."""

BUILT_IN = "built-in"
"""The source of the application's own plugins."""
ISOLATED = "isolated"
"""The source of plugins that have an environment and a process of their own."""


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
        "entry_points",
        "error",
        "inputs",
        "is_eager_by_user",
        "is_in_order",
        "is_lazy_by_author",
        "is_plain",
        "is_used",
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
        """How it was found: built-in, namespace, entry point, folder, or isolated."""
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
        self.is_in_order: bool = False
        """Whether its import works only after those that come before it have been imported, as was seen once."""
        self.is_lazy_by_author: bool = False
        """Whether its author says that what could not be shown of its import does not matter; see `Host.declare`."""
        self.is_plain: bool = False
        """Whether its module is a source file that Python's own loader loads, so that no search for it is needed."""
        self.inputs: tuple[str, ...] = ()
        """What its import depends on besides its code, as its author declares: paths, and `env:NAME`."""
        self.is_used: bool = False
        """Whether something of it has been asked for in this process."""
        self.required: bool = False
        self.entry_points: tuple[tuple[str, str, str, str], ...] | None = None
        """Name, group, value and distribution of each that names its module; None until somebody has looked."""
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

    def declare(
        self,
        after: "Sequence[str]",
        before: "Sequence[str]",
        *,
        eager: "bool | None",
        depends_on: "Sequence[str | PathLike[str]]",
    ) -> None:
        """Add what its author declares while it is imported; see `Host.declare`."""
        from pegboard.plain_data import plain_inputs, plain_names

        wishes, inputs = (plain_names(after), plain_names(before)), plain_inputs(depends_on)
        self.after += wishes[0]
        self.before += wishes[1]
        self.inputs += inputs
        if eager:
            self.eager, self.is_eager_by_user = True, False
        if eager is not None:
            self.is_lazy_by_author = not eager

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
"""The kind of contributions that provide a component."""
DECORATOR: "Final" = "decorator"
"""The kind of contributions that wrap a component."""
MIDDLEWARE: "Final" = "middleware"
"""The kind of contributions that are called around the making of every component."""

FIRST: "Final" = "first"
"""The rule of precedence by which the first contribution keeps the name; a later one takes it with `override=True`."""
LAST: "Final" = "last"
"""The rule by which the last contribution is used, and overrides the others."""
ALL: "Final" = "all"
"""The rule by which every contribution is used, one around the other."""
RULES: "Final" = {COMPONENT: LAST, DECORATOR: ALL, MIDDLEWARE: ALL}
"""The kinds that are no registry's, each with its rule. A registry has its name as its kind, and the rule `FIRST`;
those of hooks begin with `HOOK`."""

HOOK: "Final" = "hook "
"""How the kind of contributions begins that implement a hook; its name follows, and the rule is `ALL`."""

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
        """What it is looked up by; one owner may have several contributions of one id, the last counts."""
        self.text: str = str(id) if text is None else text
        """The id as records have it: equal ids have equal texts. A primed contribution knows only this."""
        self.live: Any = live
        """The object itself, or `DORMANT`."""
        self.metadata: Mapping[str, Any] = {} if metadata is None else metadata
        """Plain data that describes it; known without importing the owner."""
        self.override: bool = bool(override)
        """Whether its owner says that it replaces one of the same id."""
        self.sequence: int = 0
        """Its place among its owner's contributions; set by the ledger."""
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


# -- what did they contribute the last time? --------------------------------------------------------------------------


def retried(question: "Callable[Concatenate[Records, P], R]") -> "Callable[Concatenate[Records, P], R]":
    """Let records ask *question* once more if the index does not fit; this is where that is noticed.

    Then it is damaged, or whole and not what this version writes.
    """

    def ask(records: "Records", /, *about: "P.args", **options: "P.kwargs") -> "R":
        index = records.index
        try:
            return question(records, *about, **options)
        except Exception:
            if records._manager is None:  # noqa: SLF001 -- a decorator of its methods
                raise
            records._manager.recover(index)  # noqa: SLF001
            return question(records, *about, **options)

    return ask


class Records:
    """What plugins registered when they were last imported: plugins and primed contributions, made on demand.

    A damaged index shows only when the damaged part is read. Then the index is replaced, and read once more.
    """

    __slots__ = ("_locations", "_manager", "_rows", "index", "known_plugins")

    def __init__(self, index: "Index", manager: "Any" = None) -> None:
        """Start with empty caches.

        Args:
            index: What the records are made from.
            manager: Has `recover`, which is called with *index* when it is damaged, and calls `replace`. None raises
                `UnusableIndexError`.
        """
        self._manager = manager
        self.replace(index)

    def replace(self, index: "Index", plugins: "Iterable[Plugin]" = ()) -> None:
        """Answer from *index* from now on; *plugins* are the objects that its plugins have in this process."""
        self.index: Index = index
        self.known_plugins: dict[str, Plugin] = {plugin.module: plugin for plugin in plugins}
        """The plugins that have been asked for, by module."""
        self._locations: dict[str, str] = {}  # of their blocks, by module
        self._rows: dict[str, dict[str, list[Contribution]]] = {}  # by kind, then by text

    # -- plugins ------------------------------------------------------------------------------------------------------

    def plugin(self, module: str) -> "Plugin | None":
        """Return the plugin that is *module*, always the same object; None when there is none."""
        plugin = self.known_plugins.get(module)
        packages = self.index.packages
        if plugin is None and (module in packages or module.rpartition(".")[0] in packages):
            return self._find_plugin(module)
        return plugin

    @retried
    def _find_plugin(self, module: str) -> "Plugin | None":
        names = self.index.section("names")
        key = (SEPARATOR + field(module)).encode(*ENCODING)
        at = names.find(key)
        if at < 0:
            return None
        at += len(key)
        return self._plugin(module, names[at : names.find(b"\n", at)].decode())

    @retried
    def plugin_named(self, name: str) -> "Plugin | None":
        """Return the plugin of that name; None when there is none."""
        for module, location in self.index.lines("names", name):
            return self._plugin(module, location)
        return None

    @retried
    def plugins(self) -> "tuple[Plugin, ...]":
        """Return every plugin, in order."""
        return tuple([self._plugin(module, location) for _, module, location in self.index.lines("names")])

    def _plugin(self, module: str, location: str) -> "Plugin":
        plugin = self.known_plugins.get(module)
        if plugin is not None:
            return plugin
        line = self._block("plugins", location)[0]
        _, name, portion, origin, source, distribution, version, state, reason, eager, plain, in_order, rank, _ = (
            fields(line)
        )
        if portion:
            origin = self.namespace()[0][int(portion)] + origin
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
        plugin.is_in_order = bool(in_order)
        plugin.rank = int(rank)
        self._locations[module] = location
        return self.known_plugins.setdefault(module, plugin)  # another thread may have been faster

    def namespace(self) -> "tuple[list[str], str | None]":
        """Return the search path of `app.plugins`, and its own `__init__` file if it has one."""
        for init, *portions in self.index.head.get("A", ()):
            return portions, init or None
        return [], None

    # -- contributions ------------------------------------------------------------------------------------------------

    @retried
    def find(self, kind: str, text: str) -> "Sequence[Contribution]":
        """Return the primed contributions of *kind* whose text is *text*, in order."""
        known = self._rows.get(kind, {}).get(text)
        if known is not None:
            return known
        contributions: list[Contribution] = []
        parts = self.index.section(f"parts {kind}").split()
        if parts:
            sought = field(text)
            block = self._block(f"rows {kind}", parts[part(text, len(parts))].decode())
            contributions = [self._contribution(kind, fields(line)) for line in block if line.startswith(sought)]
        return self._rows.setdefault(kind, {}).setdefault(text, contributions)

    @retried
    def contributions(self, kind: str) -> "Sequence[Contribution]":
        """Return every primed contribution of *kind*, in any order."""
        found: dict[str, list[Contribution]] = {}
        for line in self.index.lines(f"rows {kind}"):
            found.setdefault(line[0], []).append(self._contribution(kind, line))
        known = self._rows.setdefault(kind, {})
        return [
            contribution
            for text, contributions in found.items()
            for contribution in known.setdefault(text, contributions)
        ]

    @retried
    def texts(self, kind: str) -> "tuple[str, ...]":
        """Return the text of every contribution of *kind* once, in order."""
        return self.index.texts(kind)

    def kinds(self) -> "list[str]":
        """Return every kind of which there is a primed contribution."""
        return [name[len("rows ") :] for name in self.index.sections if name.startswith("rows ")]

    def _contribution(self, kind: str, about: "list[str]") -> "Contribution":
        text, module, location, override, sequence, metadata = about
        contribution = Contribution(
            self._plugin(module, location),
            kind,
            text,
            DORMANT,
            text=text,
            metadata=decode_metadata(metadata),
            override=override == "1",
        )
        contribution.sequence = int(sequence)
        return contribution

    def is_as_recorded(self, plugin: "Plugin", batch: "Sequence[Contribution]") -> bool:
        """Return whether *batch*, what *plugin* registered just now, is what its record says."""
        lines = self.lines_of(plugin)
        if len(lines) != len(batch) + 1 or not fields(lines[0])[-1]:
            return False
        for contribution, line in zip(batch, lines[1:], strict=True):
            kind, text, override, metadata = fields(line)
            if (contribution.kind, contribution.text, contribution.override) != (kind, text, override == "1"):
                return False
            if contribution.metadata != decode_metadata(metadata):
                return False
        return True

    @retried
    def lines_of(self, plugin: "Plugin") -> "list[str]":
        """Return the lines of a plugin's block: what is known of it, then its contributions; none if it has none."""
        location = self._locations.get(plugin.module)
        if location is None:  # the plugin was known before this index was there
            for known, location_of_known in self.index.lines("names", plugin.name):
                location = location_of_known if known == plugin.module else location
        return [] if location is None else self._block("plugins", location)

    def _block(self, section: str, location: str) -> "list[str]":
        start, length, hash_ = location.split(":")
        data = self.index.read_whole(int(length), self.index.sections[section][0] + int(start), hash_)
        return data.decode(*ENCODING).split("\n")[:-1]


def part(text: str, parts: int) -> int:
    """Return in which of *parts* blocks the contributions of *text* are."""
    return int(digest(text.encode("utf-8", "surrogatepass"))[:4], 16) % parts


def decode_metadata(text: str) -> "dict[str, Any]":
    """Return what `encode_metadata` was given; tuples come back as lists."""
    if not text:
        return {}
    if text.startswith("\x1e\x1e"):
        from json import JSONDecoder  # and not `loads`, which a plugin may have replaced

        decoded: dict[str, Any] = JSONDecoder().decode(text[2:])
        return decoded
    parts = text.split("\x1e")
    return dict(zip(parts[::2], parts[1::2], strict=True))


# -- the table of all contributions -----------------------------------------------------------------------------------


def _sort_key(contribution: "Contribution") -> "tuple[int, int]":
    return contribution.owner.rank, contribution.sequence


class Ledger:
    """All contributions of one host, sorted by their owner's rank and then as they were registered.

    Any thread may read and write. The lock guards single steps and is never held while a plugin is imported.
    """

    __slots__ = (
        "_begun",
        "_by_owner",
        "_has_diverged",
        "_kinds_beyond_records",
        "_lock",
        "_owners_beyond_records",
        "_records",
        "_registering",
        "_rows",
        "_sequence",
        "_sorted",
        "_stacks",
        "batches",
        "generation",
        "has_names_of_application",
        "readers",
        "started_by",
    )

    def __init__(
        self,
        registering: "Callable[[], tuple[Plugin, bool]]",
        stacks: "Mapping[int, Sequence[Plugin]] | None" = None,
    ) -> None:
        """Start empty.

        Args:
            registering: Returns whose code is registering now, and whether this thread is importing it.
            stacks: The plugins that each thread is importing, the innermost last, by the thread's identifier.
        """
        self._registering = registering
        self._stacks = {} if stacks is None else stacks
        self.readers: set[Plugin] = set()
        """Plugins that have read contributions while they were imported."""
        self.started_by: set[Plugin] = set()
        """Plugins whose import has made the others ready: they see them all."""
        self._lock = _thread.RLock()
        self._rows: dict[str, dict[str, list[Contribution]]] = {}  # by kind, then by text
        self._sorted: dict[str, tuple[Contribution, ...]] = {}
        self._by_owner: dict[Plugin, list[Contribution]] = {}
        self.batches: dict[Plugin, list[Contribution]] = {}
        """What each plugin that is being imported has registered so far."""
        self._begun: dict[Plugin, int] = {}
        self._sequence = 0
        self._records: Records | None = None
        self._owners_beyond_records: set[Plugin] = set()  # their live contributions count, and not their records
        self._kinds_beyond_records: set[str] = set()  # they have contributions that no record has
        self._has_diverged = False  # some owner has committed something else than its record says
        self.has_names_of_application: bool = False
        """Whether the application has registered something itself, outside any plugin, in a registry."""
        self.generation: int = 0
        """Grows with every change; a cache of something derived from contributions compares it."""

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
        """Add and return a contribution of whoever is registering now.

        While this thread imports the owner, the contribution waits for `commit`. Otherwise it counts at once, and is
        ephemeral if its owner is a plugin.
        """
        owner, importing = self._registering()
        contribution = Contribution(owner, kind, id, live, text=text, metadata=metadata, override=override)
        with self._lock:
            self._sequence += 1
            contribution.sequence = self._sequence
            if importing:
                self.batches[owner].append(contribution)
            else:
                contribution.is_ephemeral = bool(owner.name)  # the application registers its own anew at every start
                self._insert((contribution,))
        return contribution

    def begin(self, owner: "Plugin", kept: "Iterable[Contribution]" = ()) -> None:
        """Open a batch with *kept* in it: what *owner* registers from now on counts only after `commit`."""
        with self._lock:
            self.batches[owner] = list(kept)
            self.generation += 1  # what is kept from now on is not for this thread
            self._begun[owner] = self._sequence

    def commit(self, owner: "Plugin") -> "tuple[Contribution, ...]":
        """Replace the contributions of *owner*, but for ephemeral ones, by its batch in one step; return the batch."""
        with self._lock:
            batch = tuple(self.batches.pop(owner))
            self._owners_beyond_records.add(owner)
            if owner in self._by_owner:
                self._drop(owner, [contribution for contribution in self._by_owner[owner] if contribution.is_ephemeral])
            self._insert(batch)
            return batch

    def discard(self, owner: "Plugin") -> None:
        """Drop the batch of *owner*, and what its threads have added meanwhile; what it had before stays."""
        with self._lock:
            self.batches.pop(owner, None)
            begun = self._begun.pop(owner, self._sequence)
            self._drop(
                owner,
                [contribution for contribution in self._by_owner.get(owner, ()) if contribution.sequence <= begun],
            )

    def revoke(self, owner: "Plugin") -> None:
        """Remove every contribution of *owner*, primed and ephemeral ones included."""
        with self._lock:
            self._drop(owner, [])
            self.ignore_record(owner)

    def transfer(self, giver: "Plugin", taker: "Plugin") -> None:
        """Make every live contribution of *giver* one of *taker*."""
        with self._lock:
            given = self._by_owner.get(giver, [])
            self._drop(giver, [])
            for contribution in given:
                contribution.owner = taker
            self._owners_beyond_records.add(taker)
            self._insert(given)

    def insert(self, contribution: "Contribution") -> None:
        """Add a contribution that is nobody's registration: a test puts it in the place of others."""
        with self._lock:
            self._insert((contribution,))

    def remove(self, contribution: "Contribution") -> None:
        """Remove a live contribution, if it is there."""
        with self._lock:
            self._drop(
                contribution.owner,
                [other for other in self._by_owner.get(contribution.owner, ()) if other is not contribution],
            )

    def _insert(self, contributions: "Iterable[Contribution]") -> None:
        for contribution in contributions:
            self._rows.setdefault(contribution.kind, {}).setdefault(contribution.text, []).append(contribution)
            self._by_owner.setdefault(contribution.owner, []).append(contribution)
            if contribution.is_ephemeral or not contribution.owner.name:
                self._kinds_beyond_records.add(contribution.kind)
                if not contribution.owner.name and contribution.kind not in RULES and contribution.kind[:5] != HOOK:
                    self.has_names_of_application = True
            self._sorted.pop(contribution.kind, None)
        self.generation += 1

    def _drop(self, owner: "Plugin", kept: "list[Contribution]") -> None:
        """Remove the live contributions of *owner* but *kept*; the caller holds the lock."""
        dropped = [contribution for contribution in self._by_owner.get(owner, ()) if contribution not in kept]
        for contribution in dropped:
            self._rows[contribution.kind][contribution.text].remove(contribution)
            self._sorted.pop(contribution.kind, None)
        if dropped:
            self._by_owner[owner] = kept
            self.generation += 1

    # -- what is on record --------------------------------------------------------------------------------------------

    def prime(self, records: "Records | None") -> None:
        """Use *records* for the contributions of every owner that has not committed any."""
        with self._lock:
            self._records = records
            self.invalidate()

    def ignore_record(self, owner: "Plugin") -> None:
        """Use only the live contributions of *owner* from now on."""
        with self._lock:
            self._owners_beyond_records.add(owner)
            self.mark_diverged()

    def mark_diverged(self) -> None:
        """Mark the ledger as diverged from its records: names are computed from contributions from now on."""
        with self._lock:
            self._has_diverged = True
            self.invalidate()

    def invalidate(self) -> None:
        """Forget what was derived: plugins' ranks or states have changed."""
        with self._lock:
            self._sorted.clear()
            self.generation += 1

    # -- reading ------------------------------------------------------------------------------------------------------

    def contributions(self, kind: str) -> "tuple[Contribution, ...]":
        """Return every contribution of *kind* in order, primed ones included."""
        is_importing = self.is_importing()
        if kind in self._sorted and not is_importing:
            return self._sorted[kind]
        recorded = () if self._records is None else self._records.contributions(kind)
        with self._lock:
            live = [
                contribution for contributions in self._rows.get(kind, {}).values() for contribution in contributions
            ]
            ordered = self._in_order(live, recorded)
            if not is_importing:
                self._sorted[kind] = ordered
            return ordered

    def find(self, kind: str, text: str) -> "tuple[Contribution, ...]":
        """Return the contributions of *kind* whose text is *text*, in order, without looking at the others."""
        recorded = () if self._records is None else self._records.find(kind, text)
        with self._lock:
            return self._in_order(self._rows.get(kind, {}).get(text, []), recorded)

    def _in_order(self, live: "list[Contribution]", recorded: "Iterable[Contribution]") -> "tuple[Contribution, ...]":
        beyond = self._owners_beyond_records
        rows = [*live, *[contribution for contribution in recorded if contribution.owner not in beyond]]
        if self.is_importing():
            # An eager start would have imported those before it, not itself, and none after it.
            stack = self._stacks[_thread.get_ident()]
            self.readers.update(stack)
            last = stack[0].rank if stack[0] not in self.started_by else sys.maxsize
            rows = [each for each in rows if not each.is_primed or (each.owner.rank < last and each.owner not in stack)]
        return tuple(sorted(rows, key=_sort_key))

    def is_importing(self) -> bool:
        """Return whether this thread is importing a plugin: then it sees what that would see at an eager start."""
        return bool(self.batches) and bool(self._stacks.get(_thread.get_ident()))

    def successor(self, contribution: "Contribution") -> "Contribution":
        """Return the live contribution that has replaced the primed *contribution*, since its owner has been imported.

        Raises:
            PluginWithdrewError: If the owner no longer registers it.
        """
        for live in reversed(self.find(contribution.kind, contribution.text)):
            if live.owner is contribution.owner and not live.is_primed:
                return live
        from pegboard.errors import PluginWithdrewError

        owner = contribution.owner
        raise PluginWithdrewError(
            owner.name, str(owner.distribution or ""), contribution.kind, contribution.text, owner.origin
        )

    def texts(self, kind: str) -> "tuple[str, ...]":
        """Return the text of every contribution of *kind* once, in the order of first appearance.

        What plugins had that have failed since is left out.
        """
        records = self._records
        is_as_recorded = kind not in self._kinds_beyond_records and not self._has_diverged
        if records is not None and is_as_recorded and not self.is_importing():
            texts = records.texts(kind)
            if records is self._records:  # else the index was damaged, and there are other records now
                return texts
        return tuple(dict.fromkeys([each.text for each in self.contributions(kind) if each.owner.is_usable]))

    def contributions_of(self, owner: "Plugin") -> "tuple[Contribution, ...]":
        """Return every live contribution of *owner*, of all kinds, as they were registered."""
        with self._lock:
            return tuple(self._by_owner.get(owner, ()))

    def kinds(self) -> "tuple[str, ...]":
        """Return every kind of which there is a contribution, primed or live."""
        with self._lock:
            live = [kind for kind, by_text in self._rows.items() if any(by_text.values())]
        recorded = () if self._records is None else self._records.kinds()
        return tuple(dict.fromkeys([*live, *recorded]))
