"""What have the imports of a few plugins changed, one after the other?

In: observations. Out: their effects. To compare all objects takes longer than most imports, so several plugins share
one comparison, as long as nobody else's code runs between them, and up to the first one that may have changed
something: the next could undo it. If something has changed, and it cannot be told which of them did it, all of them
are doubtful: they are judged again, each by itself.
"""

from __future__ import annotations

import gc
from itertools import chain, islice
from types import FunctionType, ModuleType

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects.changes import Judge
from pegboard.startup.recording.effects.storing import may_store

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any, Protocol

    from pegboard.ledger import Plugin
    from pegboard.startup.recording.effects.calls import Call
    from pegboard.startup.recording.effects.effect import Effect
    from pegboard.startup.recording.effects.heap import Heap
    from pegboard.startup.recording.effects.snapshots import Change
    from pegboard.startup.recording.effects.undoing import Undoable

    class Member(Protocol):
        """An observation; `Observation` is one."""

        plugin: Plugin
        effects: list[Effect]
        changed: Undoable
        loaded: set[str]
        own_objects: list[Any]

        @property
        def calls(self) -> Collection[Call]: ...
        @property
        def origin(self) -> str: ...
        def is_own(self, module: str, /) -> bool: ...
        def files(self) -> set[str]: ...


class Comparison:
    """The comparison of all objects before and after some imports."""

    def __init__(self, heap: Heap, application: str, most: int) -> None:
        """Compare nothing yet.

        Args:
            heap: The objects of the process, as they were last seen.
            application: The application's top-level package.
            most: How many plugins may share one comparison.
        """
        self._heap = heap
        self._application = application
        self._most = most
        self._members: list[Member] = []
        self._may: dict[int, tuple[int, bool]] = {}
        """By the identity of a member: of how many of its calls it is known whether they may change something."""
        self.doubtful: set[Plugin] = set()
        """Plugins of which it is not known what they have changed."""
        self.is_up_to_date: bool = True
        """Whether no code of others has run since everything was compared."""

    def begin(self, observation: Member) -> None:
        """Take everything as it is now for given, unless a comparison is going on."""
        if not self._members:
            heap = self._heap
            if not self.is_up_to_date:
                heap.changes()
            heap.add(heap.new_objects())
            heap.settle()
        if observation not in self._members:
            self._members.append(observation)

    def leave(self, observation: Member) -> bool:
        """Take out an observation of which nothing has to be compared; return whether it was the only one."""
        if self._members != [observation]:
            return False
        self._members = []
        self._may.clear()
        return True

    @property
    def is_full(self) -> bool:
        """Whether no other plugin may share it: the next one could undo what the last one may have changed."""
        return len(self._members) >= self._most or any(map(self._may_store, self._members))

    def _may_store(self, member: Member) -> bool:
        """Return whether the plugin may have changed something so far."""
        calls = member.calls
        seen, may = self._may.get(id(member), (0, False))
        if not may and seen < len(calls):
            new = list(islice(calls, seen, None))  # what is called meanwhile is added to the calls
            may = may_store(new, member.is_own)
            self._may[id(member)] = (seen + len(new), may)
        return may

    def is_left_to_others(self) -> bool:
        """Note that other code is going to run, and return whether nothing has been observed that is not compared."""
        self.is_up_to_date = False
        return not (self._members or self.doubtful)

    def end_before_others(self) -> None:
        """End it before code runs that nobody observes."""
        members = self._members
        try:
            self.end()
        except Exception:  # objects of strangers are looked at; the import goes on
            self.doubtful.update(member.plugin for member in members)
        self.is_up_to_date = False

    def end(self, *loading: str) -> None:
        """Give each effect to the observation whose plugin has caused it; *loading* are modules about to run."""
        members, self._members = self._members, []
        if not members:
            return
        storing = [member for member in members if self._may_store(member)] if len(members) > 1 else []
        self._may.clear()  # an identity may be another member's later
        heap = self._heap
        heap.settle()
        changes = heap.changes()
        self.is_up_to_date = True
        leaked = _leaked(changes, set(map(id, chain.from_iterable(each.own_objects for each in members))))
        heap.add_later(leaked)
        judge = Judge(
            heap,
            lambda module: any(member.is_own(module) for member in members),
            self._application,
            calls=chain.from_iterable(member.calls for member in members),
            loaded=set(loading).union(*(member.loaded for member in members)),
            origin=members[-1].origin if len(members) == 1 else "",
            is_shared=len(members) > 1,
        )
        if len(members) == 1:
            members[0].changed.add(judge.effects(changes), changes)
            members[0].effects += judge.effects_on_new(leaked)
            return
        if len(storing) > 1:  # one of them may have undone what another one did
            self.doubtful.update(member.plugin for member in storing)
        for effect in (*(effect for _, effect in judge.effects(changes)), *judge.effects_on_new(leaked)):
            self._give(effect, members, storing)

    def _give(self, effect: Effect, members: list[Member], storing: list[Member]) -> None:
        file = effect.location.rpartition(":")[0]
        causing = [member for member in members if file and file in member.files()]
        if len(causing) == 1 and causing == storing:
            causing[0].effects.append(effect)
        else:
            self.doubtful.update(member.plugin for member in members)


def _leaked(changes: Iterable[Change], own: set[int]) -> list[Any]:
    """Return which objects, of those with the ids *own*, others refer to now: these may change them later."""
    pending = [each for change in changes for each in change.added() if id(each) in own]
    found: dict[int, Any] = {}
    while pending:
        each = pending.pop()
        if id(each) in own and id(each) not in found and not issubclass(type(each), ModuleType):
            found[id(each)] = each
            globals_ = each.__globals__ if type(each) is FunctionType else None
            pending += [inner for inner in gc.get_referents(each) if inner is not globals_]
    # the garbage collector does not know of dictionaries that hold only texts and numbers
    tables = [each for change in changes for each in change.added() if type(each) is dict and not gc.is_tracked(each)]
    return [*found.values(), *tables]
