"""What has an import changed that it does not change back?

In: changes of objects and of the state of the process, one step of an import after the other: between two steps, a
library is loaded, as in the midst of a `with` block, or while `sys.path` has an entry more. Out: the effects of those
that are not undone in the end.
"""

from __future__ import annotations

from operator import is_

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects.process_state import differences

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from pegboard.startup.recording.effects.effect import Effect
    from pegboard.startup.recording.effects.snapshots import Change


class Undoable:
    """The changes of one import so far."""

    def __init__(self, effects: list[Effect]) -> None:
        """Add to *effects* what is found, and take out of it what has been undone."""
        self._effects = effects
        self._first: dict[int, tuple[Change, list[Effect]]] = {}  # by id of an object
        self._states: dict[str, tuple[Any, Any]] = {}  # by name, the values before and after

    def add(self, found: Iterable[tuple[Change, Effect]], changes: Iterable[Change]) -> None:
        """Add the effects of one step; *changes* are all changes that it has made, also those without an effect."""
        for change, effect in found:
            _, effects = self._first.setdefault(id(change.what), (change, []))
            effects.append(effect)
            self._effects.append(effect)
        for change in changes:
            first, effects = self._first.get(id(change.what), (change, []))
            if effects and _is_back(first, change):
                del self._first[id(change.what)]
                self._effects[:] = [each for each in self._effects if not any(each is effect for effect in effects)]

    def add_states(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Add what one step has changed of the state of the process, which was *before* and is *after*."""
        for name, value in after.items():
            if name in before and differences({name: before[name]}, {name: value}):
                old, was_then = self._states.get(name, (before[name], before[name]))
                is_continued = not differences({name: was_then}, {name: before[name]})
                self._states[name] = (old if is_continued else before[name], value)

    def state_differences(self) -> list[str]:
        """Return what has changed in the end, as predicates."""
        before = {name: old for name, (old, _) in self._states.items()}
        return differences(before, {name: new for name, (_, new) in self._states.items()})


def _is_back(first: Change, last: Change) -> bool:
    """Return whether an object refers to what it did before its *first* change, after its *last* one."""
    return (
        len(first.before) == len(last.after)
        and all(map(is_, first.before, last.after))
        and len(first.keys_before) == len(last.keys_after)
        and all(map(is_, first.keys_before, last.keys_after))
    )
