"""What have the imports of a few plugins changed, one after the other?

In: observations. Out: their effects. To compare all objects takes longer than most imports, so several plugins share
one comparison, as long as nobody else's code runs between them. If something has changed, and it cannot be told which
of them did it, all of them are doubtful: they are judged again, each by itself.
"""

from __future__ import annotations

import gc
import sys
from dis import opmap
from itertools import chain
from types import FunctionType, ModuleType

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects.changes import Judge
from pegboard.startup.recording.effects.harmless import CHANGING_METHODS, names

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


_KINDS_OF_STORES = ("_ATTR", "_DEREF", "_GLOBAL", "_SLICE", "_SUBSCR")
_STORING = frozenset(
    opcode
    for name, opcode in opmap.items()
    if name.startswith(("STORE_", "DELETE_")) and name.endswith(_KINDS_OF_STORES)
)
_CHANGING = CHANGING_METHODS | names(
    """
    __dict__ add append appendleft cache_clear clear delattr difference_update discard eval exec extend extendleft
    globals heappop heappush insert intersection_update move_to_end next pop popitem popleft remove reverse rotate send
    setattr setdefault sort subtract symmetric_difference_update update vars
    """
)
_HARMLESS_PACKAGES = frozenset((*sys.stdlib_module_names, "pegboard"))


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
        self.doubtful: set[Plugin] = set()
        """Plugins of which it is not known what they have changed."""
        self.is_up_to_date: bool = True
        """Whether no code of others has run since everything was compared."""
        self.loaded: set[str] = set()
        """Modules that were loaded meanwhile for plugins that do not share it, since all they did was inert."""

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

    def end_before_library(self, name: str) -> None:
        """End it, if one is going on, before others' code runs: the body of the module *name*."""
        members = self._members
        try:
            self.end()
        except Exception:  # objects of strangers are looked at; the import goes on
            self.doubtful.update(member.plugin for member in members)
        self.is_up_to_date = False
        self.loaded.add(name)

    @property
    def own_ids(self) -> set[int]:
        """The ids of what the plugins that share it have made."""
        return set(map(id, chain.from_iterable(each.own_objects for each in self._members)))

    @property
    def is_full(self) -> bool:
        """Whether no other plugin may share it: the next one could undo what the last one may have changed."""
        return len(self._members) >= self._most or any(map(_may_store, self._members[-1:]))

    def end(self, *loading: str) -> None:
        """Give each effect to the observation whose plugin has caused it; *loading* are modules about to run."""
        members, self._members = self._members, []
        if not members:
            return
        loaded, self.loaded = self.loaded.union(loading), set()
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
            loaded=loaded.union(*(member.loaded for member in members)),
            origin=members[-1].origin if len(members) == 1 else "",
        )
        if len(members) == 1:
            members[0].changed.add(judge.effects(changes), changes)
            members[0].effects += judge.effects_on_new(leaked)
            return
        storing = [member.plugin for member in members if _may_store(member)]
        if len(storing) > 1:  # one of them has called others' code later, and may have undone what another one did
            self.doubtful.update(storing)
        for effect in (*(effect for _, effect in judge.effects(changes)), *judge.effects_on_new(leaked)):
            self._give(effect, members)

    def _give(self, effect: Effect, members: list[Member]) -> None:
        file = effect.location.rpartition(":")[0]
        causing = [member for member in members if file and file in member.files()]
        if len(causing) == 1:
            causing[0].effects.append(effect)
        else:
            self.doubtful.update(member.plugin for member in members)


def _may_store(member: Member) -> bool:
    """Return whether code that ran for *member*, other than Python's and pegboard's, can change or undo something."""
    codes = (
        call.code
        for call in member.calls
        if member.is_own(call.module) or call.module.partition(".")[0] not in _HARMLESS_PACKAGES
    )
    return any(_STORING.intersection(code.co_code[::2]) or _CHANGING.intersection(code.co_names) for code in codes)


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
