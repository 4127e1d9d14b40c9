"""The ledger: one ordered table of everything that plugins added, under registries, hooks and container.

Every row has an owner. All rows of an owner can be revoked, or replaced in one step by what it registers now.
A row is either live, or *primed*: known from its owner's record, with its live object fetched at first use.
Who reads the ledger asks `live(row)` and cannot tell the two apart.
"""

import _thread

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping
    from typing import Any, Final

    from pegboard._typing import Records
    from pegboard.plugin import Plugin

PRIMED: "Final" = object()
"""Stands where the live object of a primed contribution will be."""


class Contribution:
    """One thing that one plugin adds: who, what kind, under which id, how it is described, and the live object."""

    __slots__ = ("id", "is_ephemeral", "kind", "live", "metadata", "override", "owner", "sequence", "text")

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
        """The object itself, or `PRIMED`."""
        self.metadata: Mapping[str, Any] = {} if metadata is None else metadata
        """Plain data that describes it; known without importing the owner."""
        self.override: bool = override
        """Whether its owner says that it replaces one of the same id."""
        self.sequence: int = 0
        """Its place among its owner's rows; set by the ledger."""
        self.is_ephemeral: bool = False
        """Whether it was registered outside its owner's import, so that no record can know it."""

    @property
    def is_primed(self) -> bool:
        """Whether its live object is still to be fetched by importing the owner."""
        return self.live is PRIMED

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id!r} by {self.owner.who()}{' (primed)' if self.is_primed else ''}>"


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
            return self._records.texts(kind)
        return tuple(dict.fromkeys(row.text for row in self.rows(kind)))

    def live(self, row: "Contribution") -> "Any":
        """Return the live object of *row*, importing its owner first if the row is primed.

        Raises:
            PluginWithdrewError: If the owner, once imported, no longer registers it.
            PluginError: If the owner cannot be imported.
        """
        if row.live is not PRIMED:
            return row.live
        self._wake(row.owner)
        for fresh in reversed(self.find(row.kind, row.text)):
            if fresh.owner is row.owner and fresh.live is not PRIMED:
                return fresh.live
        from pegboard.errors import PluginWithdrewError

        owner = row.owner
        raise PluginWithdrewError(owner.name, str(owner.distribution or ""), row.kind, row.text)
