"""The ledger: one ordered table of everything that plugins added, under registries, hooks and container.

Every row has an owner. All rows of an owner can be revoked, or replaced in one step by what it registers now.
A row is either live, or *primed*: known from its owner's record, with its live object fetched at first use.
Who reads the ledger asks `live(row)` and cannot tell the two apart.
"""

from __future__ import annotations

import _thread

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping
    from typing import Any, Final

    from pegboard.plugins.plugin import Plugin

PRIMED: Final = object()
"""Stands where the live object of a primed contribution will be."""


class Contribution:
    """One thing that one plugin adds: who, what kind, under which id, how it is described, and the live object."""

    __slots__ = ("id", "is_ephemeral", "kind", "live", "metadata", "override", "owner", "sequence")

    def __init__(
        self,
        owner: Plugin,
        kind: str,
        id: Hashable,  # noqa: A002 -- the word that records and messages use, too
        live: Any,
        *,
        metadata: Mapping[str, Any] | None = None,
        override: bool = False,
    ) -> None:
        self.owner: Plugin = owner
        self.kind: str = kind
        """Which table it belongs to: a registry's name, `component`, `decorator`."""
        self.id: Hashable = id
        """What it is looked up by; one owner may have several rows of one id, the last counts."""
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


def _place(row: Contribution) -> tuple[int, int]:
    return row.owner.rank, row.sequence


class Ledger:
    """All contributions of one host, ordered by their owner's rank and then as they were registered.

    Any thread may read and write. The lock guards single steps and is never held while a plugin is imported.
    """

    __slots__ = ("_batches", "_lock", "_registering", "_rows", "_sequence", "_sorted", "_wake", "generation")

    def __init__(self, registering: Callable[[], tuple[Plugin, bool]], wake: Callable[[Plugin], None]) -> None:
        """Make an empty ledger.

        Args:
            registering: Returns whose code is registering right now, and whether this thread is importing it.
            wake: Imports a plugin so that its primed rows become live; raises what keeps it from that.
        """
        self._registering = registering
        self._wake = wake
        self._lock = _thread.RLock()
        self._rows: dict[str, list[Contribution]] = {}
        self._sorted: dict[str, tuple[Contribution, ...]] = {}
        self._batches: dict[Plugin, list[Contribution]] = {}
        self._sequence = 0
        self.generation: int = 0
        """Grows with every change; whoever keeps something derived from rows compares it."""

    # -- writing ------------------------------------------------------------------------------------------------------

    def add(
        self,
        kind: str,
        id: Hashable,  # noqa: A002 -- see Contribution
        live: Any,
        *,
        metadata: Mapping[str, Any] | None = None,
        override: bool = False,
    ) -> Contribution:
        """Add one row for whoever is registering right now, and return it.

        While its owner is being imported by this thread the row waits for `commit`: an import that fails
        leaves nothing behind. Otherwise it counts at once, and is ephemeral if its owner is a plugin.
        """
        owner, importing = self._registering()
        row = Contribution(owner, kind, id, live, metadata=metadata, override=override)
        with self._lock:
            self._sequence += 1
            row.sequence = self._sequence
            if importing:
                self._batches[owner].append(row)
            else:
                row.is_ephemeral = bool(owner.name)  # the application's own rows are made anew at every start
                self._insert((row,))
        return row

    def begin(self, owner: Plugin) -> None:
        """Open a batch: what *owner* registers from now on counts only after `commit`."""
        with self._lock:
            self._batches[owner] = []

    def commit(self, owner: Plugin) -> tuple[Contribution, ...]:
        """Replace every recorded row of *owner* by its batch, in one step, and return the batch."""
        with self._lock:
            batch = tuple(self._batches.pop(owner))
            self._remove(owner, ephemeral=False)
            self._insert(batch)
            return batch

    def discard(self, owner: Plugin) -> None:
        """Drop the batch of *owner*; what it had before stays."""
        with self._lock:
            self._batches.pop(owner, None)

    def revoke(self, owner: Plugin) -> None:
        """Remove every row of *owner*, ephemeral ones included."""
        with self._lock:
            self._remove(owner, ephemeral=True)

    def remove(self, row: Contribution) -> None:
        """Remove one row; nothing happens if it is not there."""
        with self._lock:
            rows = self._rows.get(row.kind, [])
            if any(other is row for other in rows):
                self._rows[row.kind] = [other for other in rows if other is not row]
                self._changed(row.kind)

    def reorder(self) -> None:
        """Take notice that owners' ranks have changed."""
        with self._lock:
            for kind in self._rows:
                self._changed(kind)

    def _insert(self, rows: Iterable[Contribution]) -> None:
        for row in rows:
            self._rows.setdefault(row.kind, []).append(row)
            self._changed(row.kind)

    def _remove(self, owner: Plugin, *, ephemeral: bool) -> None:
        for kind, rows in self._rows.items():
            kept = [row for row in rows if row.owner is not owner or (row.is_ephemeral and not ephemeral)]
            if len(kept) != len(rows):
                self._rows[kind] = kept
                self._changed(kind)

    def _changed(self, kind: str) -> None:
        self._sorted.pop(kind, None)
        self.generation += 1

    # -- reading ------------------------------------------------------------------------------------------------------

    def rows(self, kind: str) -> tuple[Contribution, ...]:
        """Return every row of *kind* in order."""
        try:
            return self._sorted[kind]
        except KeyError:
            with self._lock:
                ordered = tuple(sorted(self._rows.get(kind, ()), key=_place))
                self._sorted[kind] = ordered
                return ordered

    def rows_of(self, owner: Plugin) -> tuple[Contribution, ...]:
        """Return every row of *owner*, of all kinds, as they were registered."""
        with self._lock:
            return tuple(
                sorted((row for rows in self._rows.values() for row in rows if row.owner is owner), key=_place)
            )

    def live(self, row: Contribution) -> Any:
        """Return the live object of *row*, importing its owner first if the row is primed.

        Raises:
            PluginWithdrewError: If the owner, once imported, no longer registers it.
            PluginError: If the owner cannot be imported.
        """
        if row.live is not PRIMED:
            return row.live
        self._wake(row.owner)
        for fresh in reversed(self.rows(row.kind)):
            if fresh.owner is row.owner and fresh.id == row.id and fresh.live is not PRIMED:
                return fresh.live
        from pegboard.errors import PluginWithdrewError

        owner = row.owner
        raise PluginWithdrewError(owner.name, str(owner.distribution or ""), row.kind, str(row.id))
