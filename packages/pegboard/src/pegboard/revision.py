"""Revising the ledger: taking rows back, putting owners in another order, looking at what one owner has.

Cold: a start only adds, and reads.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.ledger import Contribution, Ledger, Plugin


def diverge(ledger: Ledger) -> None:
    """Take notice that what was just committed is not what the records say."""
    with ledger._lock:
        ledger._has_drifted = True
        ledger._sorted.clear()
        ledger.generation += 1


def supersede(ledger: Ledger, owner: Plugin) -> None:
    """Take notice that what is recorded of *owner* does not count."""
    with ledger._lock:
        ledger._replaced.add(owner)
        diverge(ledger)


def discard(ledger: Ledger, owner: Plugin) -> None:
    """Drop the batch of *owner*, and what its threads have added meanwhile; what it had before stays."""
    with ledger._lock:
        ledger._batches.pop(owner, None)
        begun = ledger._begun.pop(owner, ledger._sequence)
        late = [row for row in ledger._owned.get(owner, ()) if row.sequence > begun]
    for row in late:
        remove(ledger, row)


def revoke(ledger: Ledger, owner: Plugin) -> None:
    """Remove every row of *owner*, primed and ephemeral ones included."""
    with ledger._lock:
        ledger._replaced.add(owner)
        drop(ledger, owner, kept=())
        diverge(ledger)


def remove(ledger: Ledger, row: Contribution) -> None:
    """Remove one live row; nothing happens if it is not there."""
    with ledger._lock:
        rows = ledger._rows.get(row.kind, {}).get(row.text, [])
        kept = [other for other in rows if other is not row]
        if len(kept) != len(rows):
            ledger._rows[row.kind][row.text] = kept
            ledger._owned[row.owner] = [other for other in ledger._owned[row.owner] if other is not row]
            ledger._changed(row.kind)


def reorder(ledger: Ledger) -> None:
    """Take notice that owners' ranks have changed."""
    with ledger._lock:
        for kind in ledger._rows:
            ledger._changed(kind)


def drop(ledger: Ledger, owner: Plugin, *, kept: Sequence[Contribution] | None = None) -> None:
    """Remove the rows of *owner* but *kept*, by default those that no record knows; the caller holds the lock."""
    owned = ledger._owned.get(owner, [])
    left = [row for row in owned if row.is_ephemeral] if kept is None else list(kept)
    for row in owned:
        by_text = ledger._rows[row.kind]
        by_text[row.text] = [other for other in by_text[row.text] if other.owner is not owner or other in left]
        ledger._changed(row.kind)
    ledger._owned[owner] = left


def rows_of(ledger: Ledger, owner: Plugin) -> tuple[Contribution, ...]:
    """Return every live row of *owner*, of all kinds, as they were registered."""
    with ledger._lock:
        return tuple(ledger._owned.get(owner, ()))


def kinds(ledger: Ledger) -> tuple[str, ...]:
    """Return every kind of which some owner has a live row."""
    with ledger._lock:
        return tuple(kind for kind, by_text in ledger._rows.items() if any(by_text.values()))
