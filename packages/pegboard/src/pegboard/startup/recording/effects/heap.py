"""Which objects that had existed before does an import change?

In: all objects that the garbage collector knows at one moment. Out: those of them that refer to other objects now than
they did then. So a change is found wherever it was made: by an assignment, by a method of a container, through a
function of the application or of C. What an object holds without referring to it is compared by `hidden_state`.

What existed before is frozen, as `gc.freeze` does: so what is new is what the garbage collector lists.
"""

from __future__ import annotations

import abc
import contextvars
import gc
import types
import weakref
from collections import Counter, OrderedDict, defaultdict
from itertools import chain, compress
from operator import not_

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects.hidden_state import LRU_CACHE, default_factory, state_function
from pegboard.startup.recording.effects.snapshots import Change, Objects, States, Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

CHUNK_SIZE = 96
"""How many objects are compared at once; only where something has changed is each of them looked at."""
_OWN = "pegboard"
_NOTED_IN = ("ModuleSpec", "_ModuleLock")  # of the import system, which notes there what it is loading
_RECORDING = "pegboard.startup.recording."
_PLAIN, _FUNCTION, _TABLE, _STATE, _HOST, _SKIPPED, _TUPLE, _KEYED = range(8)
_KINDS: tuple[tuple[type, int], ...] = (
    (tuple, _TUPLE),
    (types.FunctionType, _FUNCTION),
    (dict, _TABLE),
    (OrderedDict, _KEYED),
    (defaultdict, _KEYED),
    (Counter, _KEYED),
)
_LOGGERS = frozenset(("Logger", "RootLogger", "Manager", "PlaceHolder"))
_CONTAINERS = frozenset(map(id, (dict, list, set, tuple)))
_IMMUTABLE: tuple[type, ...] = (
    types.BuiltinFunctionType,
    types.ClassMethodDescriptorType,
    types.CodeType,
    types.FrameType,
    types.GetSetDescriptorType,
    types.MappingProxyType,
    types.MemberDescriptorType,
    types.MethodDescriptorType,
    types.MethodType,
    types.MethodWrapperType,
    types.TracebackType,
    types.WrapperDescriptorType,
    classmethod,
    contextvars.Context,  # `observation` compares the values of its variables
    frozenset,
    property,
    slice,
    staticmethod,
    weakref.ReferenceType,
    type(abc.ABC._abc_impl),  # type: ignore[attr-defined]  # `calls` sees what is registered
    enumerate,
    filter,
    map,
    reversed,
    zip,
)
_ALIASES = (types.GenericAlias, types.UnionType)  # they find out their parameters when they are first asked
_USUAL = (type(None), bool, int, float, str, bytes, tuple, types.CodeType, type)
"""Types of most objects that are not tracked."""
_IMPORT_SYSTEM = ("_frozen_importlib", "_frozen_importlib_external", "importlib._bootstrap", "zipimport")


class Heap:
    """The objects that exist, and what they refer to; grows, and forgets nothing before it is dropped itself."""

    def __init__(self, ignored: Iterable[object] = ()) -> None:
        """Take all objects that there are now, but for *ignored*."""
        self._parts: list[Objects | Tables | States] = []
        self._open: dict[int, int] = {}  # by kind, the place of the part that has room
        self._kinds: dict[int, int] = {}
        self._passed: set[int] = set()  # types of which objects that are not tracked are left out
        self.modules: dict[str, Any] = {}
        """The modules that had a name when names were last looked for."""
        self.names_of_modules: dict[int, str] = {}
        """By the identity of a module, or of its namespace."""
        self._state_functions: dict[int, Callable[[Any], Any]] = {}
        self._kept: list[Any] = []  # objects whose ids are keys
        self._known: set[int] = set()
        self._ignored: set[int] = set()
        self._waiting: list[Any] = []
        self._was_frozen = gc.get_freeze_count() > 0
        for type_ in _USUAL:
            self._classify(type_)
        self.ignore(ignored)
        gc.unfreeze()
        self.add(gc.get_objects())
        self.settle()

    def close(self) -> None:
        """Let the garbage collector treat all objects as before, and hold none of them any more."""
        if not self._was_frozen:
            gc.unfreeze()
        for held in (self._parts, self._kept, self._waiting, self._state_functions):  # else until the process ends
            held.clear()

    def ignore(self, objects: Iterable[object]) -> None:
        """Leave out *objects*."""
        kept = tuple(objects)
        self._kept.append(kept)
        self._ignored.update(map(id, kept))

    # -- which objects are there? -------------------------------------------------------------------------------------

    def new_objects(self) -> list[Any]:
        """Return all objects that were made since the last call of `settle`."""
        return gc.get_objects()

    def show_all(self) -> None:
        """Let also old objects be found by others, until `settle` is called."""
        gc.unfreeze()

    def settle(self) -> None:
        """Let all objects that exist now count as old."""
        gc.freeze()

    def add_later(self, objects: Sequence[Any]) -> None:
        """Take *objects* at the next call of `add`."""
        self._waiting += objects

    def add(self, objects: Sequence[Any]) -> None:
        """Take *objects*, which the garbage collector tracks, and what it does not track in them."""
        if self._waiting:
            objects, self._waiting = [*self._waiting, *objects], []
        by_kind = self._by_kind(objects)
        for each in by_kind[_SKIPPED]:
            if type(each).__name__ in _NOTED_IN:
                self.ignore(vars(each).get(name) for name in ("_uninitialized_submodules", "count", "waiters"))
        self._add_hosts(by_kind[_HOST])
        for each in by_kind[_STATE]:
            if type(each) is LRU_CACHE:
                self._add_lru_cache(each)
        ignored, known = self._ignored, self._known
        held: list[Iterable[Any]] = []
        for kind in (_PLAIN, _FUNCTION, _TABLE, _KEYED):
            some = [each for each in by_kind[kind] if id(each) not in ignored and id(each) not in known]
            if some:
                known.update(map(id, some))
                held += [part.held() for part in self._put(kind, some)]
        if by_kind[_TUPLE]:
            ours = {id(some) for part in self._parts for some in part.tuples()}
            # A tuple that is being made has empty places, and to iterate over those crashes.
            held.append(gc.get_referents(*(each for each in by_kind[_TUPLE] if id(each) not in ours)))
        factories = [each for each in by_kind[_KEYED] if type(each) is defaultdict and id(each) not in ignored]
        states = [(each, self._state_functions[id(type(each))]) for each in by_kind[_STATE] if id(each) not in known]
        known.update(id(each) for each, _ in states)
        states += [(each, default_factory) for each in factories]
        self._add_hidden(list(chain.from_iterable(held)), states)

    def _by_kind(self, objects: Sequence[Any]) -> list[list[Any]]:
        kinds = self._kinds
        by_kind: list[list[Any]] = [[] for _ in range(_KEYED + 1)]
        ids = list(map(id, map(type, objects)))  # of all at once: there are many
        if not kinds.keys() >= set(ids):
            for each in objects:
                if id(type(each)) not in kinds:
                    self._classify(type(each))
        for each, kind in zip(objects, map(kinds.__getitem__, ids), strict=True):
            by_kind[kind].append(each)
        return by_kind

    def _put(self, kind: int, some: list[Any]) -> list[Objects | Tables]:
        """Put *some* objects into parts, of which all but the last are full."""
        place = self._open.get(kind)
        before: tuple[Any, ...] = () if place is None else self._parts[place].objects
        if len(before) + len(some) > CHUNK_SIZE:
            before, place = (), None
        made: list[Objects | Tables] = []
        for first in range(0, len(some), CHUNK_SIZE):
            chunk = (*before, *some[first : first + CHUNK_SIZE])
            if kind in (_TABLE, _KEYED):
                made.append(Tables(chunk, are_keys_compared=kind == _KEYED))
            else:
                made.append(Objects(chunk, are_functions=kind == _FUNCTION))
        if place is not None:
            self._parts[place] = made[0]
        else:
            self._parts += made
            self._open[kind] = len(self._parts) - 1
        return made

    def _add_hidden(self, held: list[Any], states: list[tuple[Any, Callable[[Any], Any]]]) -> None:
        """Take, of the objects *held*, those that the garbage collector does not track and that can change."""
        known, kinds, passed = self._known, self._kinds, self._passed
        tables = []
        is_passed = map(passed.__contains__, map(id, map(type, held)))
        for each in compress(held, map(not_, list(is_passed))):
            identity = id(each)
            if gc.is_tracked(each) or identity in known or identity in self._ignored:
                continue
            if id(type(each)) not in kinds:
                self._classify(type(each))
            if id(type(each)) in passed:
                continue
            known.add(identity)
            if kinds[id(type(each))] == _STATE:
                states.append((each, self._state_functions[id(type(each))]))
            else:
                tables.append(each)
        if tables:
            self._put(_KEYED, tables)
        if states:
            self._parts.append(States(states))

    def _classify(self, type_: type) -> None:
        self._kept.append(type_)
        identity = id(type_)
        kind = self._kinds[identity] = self._kind(type_)
        if kind == _STATE:
            self._state_functions[identity] = state_function(type_) or repr
        if kind not in (_STATE, _TABLE, _KEYED):
            self._passed.add(identity)

    def _kind(self, type_: type) -> int:
        module = type_module(type_)
        kind = _PLAIN
        if (
            any(type_ is each for each in (*_IMMUTABLE, Objects, Tables, States, Change))
            or module in _IMPORT_SYSTEM
            or issubclass(type_, (BaseException, *_ALIASES))
        ):
            kind = _SKIPPED
        elif module.partition(".")[0] == _OWN or _is_of_logging(type_):
            kind = _HOST
        elif state_function(type_) is not None:
            kind = _STATE
        elif module == "_io":  # printing is no effect; `process_state` compares how the streams are configured
            kind = _SKIPPED
        else:
            for known, of_known in _KINDS:
                if type_ is known:
                    kind = of_known
        return kind

    def _add_hosts(self, objects: Sequence[Any]) -> None:
        """Leave out the containers of objects of pegboard: what is registered is no effect."""
        observers: list[Any] = []  # what these have found is not pegboard's own
        others: list[Any] = []
        for each in objects:
            (observers if type_module(type(each)).startswith(_RECORDING) else others).append(each)
        # of a contribution: an object of the plugin or of the application
        live = {id(getattr(each, "live", None)) for each in objects}
        for some, depth in ((observers, 1), (others, 4)):
            pending = gc.get_referents(*some)
            for _ in range(depth):
                found = [inner for inner in pending if id(type(inner)) in _CONTAINERS]
                found = [inner for inner in found if id(inner) not in self._ignored and id(inner) not in live]
                found = [inner for inner in found if not (type(inner) is dict and "__builtins__" in inner)]
                self.ignore(found)
                pending = gc.get_referents(*found)

    def _add_lru_cache(self, each: Any) -> None:
        namespace = each.__dict__
        self.ignore(inner for inner in gc.get_referents(each) if type(inner) is dict and inner is not namespace)

    def holds(self, each: object) -> bool:
        """Return whether an old object refers to *each*: so that it is old, too."""
        return any(True for _ in self.holders([each]))

    def holders(self, objects: Sequence[object]) -> Iterator[tuple[Any, int]]:
        """Yield each old object that refers to one of *objects*, with the id of that one.

        It is known what old objects refer to since they were last compared: `gc.get_referrers` would go through all
        objects, and take the longer the more are looked for.
        """
        wanted = frozenset(map(id, objects))
        cells = frozenset(id(each) for each in objects if type(each) is types.CellType)
        for part in self._parts:
            yield from part.holders(wanted)
            if cells and type(part) is Objects and part.are_functions:
                yield from part.closures(cells)

    # -- what has changed? --------------------------------------------------------------------------------------------

    def changes(self) -> list[Change]:
        """Return what has changed since the last call, and go on from what is there now."""
        found: list[Change] = []
        for part in self._parts:
            found += part.update()
        if found:
            self._add_hidden(list(chain.from_iterable(change.added() for change in found)), [])
        return [change for change in found if id(change.what) not in self._ignored and not self._is_of_host(change)]

    def _is_of_host(self, change: Change) -> bool:
        """Return whether a container has got nothing but objects of pegboard: it is one of pegboard's own."""
        if id(type(change.what)) not in _CONTAINERS:
            return False
        added = change.added()
        is_host = bool(added) and all(map(_is_of_pegboard, added))
        if is_host:
            self.ignore((change.what,))
        return is_host


def _is_of_pegboard(each: object) -> bool:
    """Return whether *each* is an object of pegboard, or a list of nothing else."""
    if type(each) is list:
        return bool(each) and all(map(_is_of_pegboard, each))
    return type_module(type(each)).startswith(f"{_OWN}.")


def _is_of_logging(type_: type) -> bool:
    """Return whether *type_* is a kind of logger, or what holds loggers: `loggers` compares them."""
    bases = type.__dict__["__mro__"].__get__(type_)
    return any(base.__name__ in _LOGGERS and type_module(base) == "logging" for base in bases)


def type_module(type_: type) -> str:
    """Return the module that says to define *type_*; an empty text where it says something odd."""
    try:
        module = type.__dict__["__module__"].__get__(type_)
    except (AttributeError, TypeError):
        return ""
    return module if type(module) is str else ""
