"""What did some objects refer to, and which of them refer to something else now?

In: objects. Out: a change for each that differs from what it was when the snapshot was taken, or last updated. Objects
are compared by identity, and none of their own code runs.

Source: `gc.get_referents`, which asks the function `tp_traverse` of each type (Python/C API, "Supporting Cyclic
Garbage Collection").
"""

from __future__ import annotations

import gc
from itertools import chain, compress
from operator import is_, not_

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, Final

ABSENT: Final = object()
"""Stands where a table has no value."""


class Change:
    """One object that has changed."""

    __slots__ = (
        "_added",
        "_table_changes",
        "after",
        "before",
        "is_table",
        "keys_after",
        "keys_before",
        "what",
    )

    def __init__(
        self,
        what: object,
        before: tuple[Any, ...],
        after: tuple[Any, ...],
        keys_before: tuple[Any, ...] = (),
        keys_after: tuple[Any, ...] = (),
        *,
        is_table: bool = False,
    ) -> None:
        self.what: Any = what
        self.before: tuple[Any, ...] = before
        """What it referred to; for a table, its values; for an object with hidden state, this state."""
        self.after: tuple[Any, ...] = after
        self.keys_before: tuple[Any, ...] = keys_before
        self.keys_after: tuple[Any, ...] = keys_after
        self.is_table: bool = is_table
        """Whether it is a dictionary."""
        self._added: list[Any] | None = None
        self._table_changes: list[tuple[Any, Any, Any]] | None = None

    def added(self) -> list[Any]:
        """Return what it refers to now and did not before."""
        if self._added is None:
            old = frozenset(map(id, self.before))
            self._added = list(compress(self.after, map(not_, map(old.__contains__, map(id, self.after)))))
        return self._added

    def is_grown(self) -> bool:
        """Return whether all that it referred to before is still there, in this order."""
        remaining = iter(self.after)
        if not all(any(old is new for new in remaining) for old in self.before):
            return False
        keys = iter(self.keys_after)
        return all(any(old is new for new in keys) for old in self.keys_before)

    def table_changes(self) -> list[tuple[Any, Any, Any]]:
        """Return each key whose value is another one, with the value before and after; `ABSENT` where there is none."""
        if self._table_changes is None:
            before = dict(zip(map(id, self.keys_before), zip(self.keys_before, self.before, strict=True), strict=True))
            found = []
            for key, value in zip(self.keys_after, self.after, strict=True):
                old = before.pop(id(key), (key, ABSENT))[1]
                if old is not value:
                    found.append((key, old, value))
            self._table_changes = [*found, *((key, old, ABSENT) for key, old in before.values())]
        return self._table_changes


class _Parts:
    """Some objects, and, one after the other, what they hold."""

    __slots__ = ("_ids", "_lengths", "_referents", "objects")

    objects: tuple[Any, ...]
    _referents: tuple[Any, ...]
    _ids: frozenset[int]
    """The ids of `_referents`: to take them again for each question would touch every object."""
    _lengths: tuple[int, ...]

    def holders(self, wanted: frozenset[int]) -> Iterator[tuple[Any, int]]:
        """Yield each object that refers to one of those with the ids *wanted*, with that id."""
        if not wanted.isdisjoint(self._ids):
            yield from _holders(self.objects, wanted)

    def held(self) -> tuple[Any, ...]:
        """Return what the objects hold."""
        raise NotImplementedError


class Objects(_Parts):
    """Some objects, and what they refer to."""

    __slots__ = ("are_functions",)

    def __init__(self, objects: tuple[Any, ...], *, are_functions: bool = False) -> None:
        """Take *objects*; *are_functions* lets them be compared faster, since what functions hold has no `==`."""
        self.objects = objects
        self.are_functions = are_functions
        self._take()

    def _take(self) -> None:
        self._referents = tuple(gc.get_referents(*self.objects))
        self._ids = frozenset(map(id, self._referents))
        self._lengths = tuple(map(len, map(gc.get_referents, self.objects)))

    def held(self) -> tuple[Any, ...]:
        """Return what the objects refer to."""
        return self._referents

    def tuples(self) -> tuple[tuple[Any, ...], ...]:
        """Return what is not to be taken for somebody's own."""
        return (self.objects, self._referents)

    def closures(self, cells: frozenset[int]) -> Iterator[tuple[Any, int]]:
        """Yield each function that has one of the cells with these ids, with that id: a tuple is in between."""
        for each in self.objects:
            for cell in each.__closure__ or ():
                if id(cell) in cells:
                    yield each, id(cell)

    def update(self) -> Iterator[Change]:
        """Yield what has changed, and go on from what is there now."""
        is_same = _is_equal if self.are_functions else _is_same
        if is_same(gc.get_referents(*self.objects), self._referents):
            return
        before, old_lengths = self._referents, self._lengths
        self._take()
        old = new = 0
        for each, old_length, new_length in zip(self.objects, old_lengths, self._lengths, strict=True):
            was, now = before[old : old + old_length], self._referents[new : new + new_length]
            old, new = old + old_length, new + new_length
            if not _is_same(was, now):
                yield Change(each, was, now)


class Tables(_Parts):
    """Some dictionaries, and their keys and values."""

    __slots__ = ("_are_keys_compared", "_keys", "_values")

    def __init__(self, objects: tuple[Any, ...], *, are_keys_compared: bool = False) -> None:
        """Take *objects*.

        Args:
            objects: Dictionaries.
            are_keys_compared: Whether it counts when a value has got another key. That is slower.
        """
        self.objects = objects
        self._are_keys_compared = are_keys_compared
        self._take()

    def _take(self) -> None:
        self._referents = tuple(gc.get_referents(*self.objects))
        self._ids = frozenset(map(id, self._referents))
        self._keys = tuple(chain.from_iterable(self.objects))
        self._values = tuple(chain.from_iterable(map(dict.values, self.objects)))
        self._lengths = tuple(map(dict.__len__, self.objects))

    def held(self) -> tuple[Any, ...]:
        """Return the values."""
        return self._values

    def tuples(self) -> tuple[tuple[Any, ...], ...]:
        """Return what is not to be taken for somebody's own."""
        return (self.objects, self._referents, self._keys, self._values)

    def update(self) -> Iterator[Change]:
        """Yield what has changed, and go on from what is there now."""
        if _is_same(gc.get_referents(*self.objects), self._referents) and (
            not self._are_keys_compared or _is_equal(list(chain.from_iterable(self.objects)), self._keys)
        ):
            return
        keys, values, old_lengths = self._keys, self._values, self._lengths
        self._take()
        old = new = 0
        for each, old_length, new_length in zip(self.objects, old_lengths, self._lengths, strict=True):
            was, now = slice(old, old + old_length), slice(new, new + new_length)
            old, new = was.stop, now.stop
            if not (_is_same(values[was], self._values[now]) and _is_same(keys[was], self._keys[now])):
                yield Change(each, values[was], self._values[now], keys[was], self._keys[now], is_table=True)


class States:
    """Some objects that hold something without referring to it, and what that is."""

    __slots__ = ("_states", "objects")

    def __init__(self, objects: Sequence[tuple[Any, Callable[[Any], Any]]]) -> None:
        """Take *objects*, each with the function that reads its state."""
        self.objects = tuple(objects)
        self._states = self._read()

    def _read(self) -> tuple[Any, ...]:
        return tuple(function(each) for each, function in self.objects)

    def held(self) -> tuple[Any, ...]:
        """Return nothing: it is not known."""
        return ()

    def tuples(self) -> tuple[tuple[Any, ...], ...]:
        """Return what is not to be taken for somebody's own."""
        return (self.objects, self._states, *self.objects)

    def holders(self, wanted: frozenset[int]) -> Iterator[tuple[Any, int]]:
        """Yield each object that refers to one of those with the ids *wanted*, with that id."""
        return _holders((each for each, _ in self.objects), wanted)

    def update(self) -> Iterator[Change]:
        """Yield what has changed, and go on from what is there now."""
        before = self._states
        self._states = self._read()
        for (each, _), was, now in zip(self.objects, before, self._states, strict=True):
            if was != now:
                yield Change(each, (was,), (now,))


def _holders(objects: Iterable[Any], wanted: frozenset[int]) -> Iterator[tuple[Any, int]]:
    for each in objects:
        for identity in wanted.intersection(map(id, gc.get_referents(each))):
            yield each, identity


def _is_equal(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Return whether two sequences are equal; fast, and where they differ `==` is called."""
    try:
        return tuple(one) == tuple(other)
    except Exception:  # of a stranger's object
        return False


def _is_same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return len(one) == len(other) and all(map(is_, one, other))
