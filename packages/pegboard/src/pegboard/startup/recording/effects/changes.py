"""What does a change of an object mean: an effect of the plugin, or nobody's?

In: objects that have changed while a plugin's own code ran, and which functions it called. Out: effects. A change
counts unless it is known to be harmless: the import system's own, a cache, a first use, what is the plugin's.
"""

from __future__ import annotations

import re
import sys
import types
import weakref
from functools import cache
from importlib.machinery import ModuleSpec
from itertools import count
from operator import is_

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects import harmless
from pegboard.startup.recording.effects.effect import LIBRARY, NOT_SHOWN, SEEN, Effect
from pegboard.startup.recording.effects.heap import type_module
from pegboard.startup.recording.effects.hidden_state import ITERATORS, LRU_CACHE
from pegboard.startup.recording.effects.naming import Name, Names, attributes_of, namespace_of
from pegboard.startup.recording.effects.own_code import OwnCode, line_of
from pegboard.startup.recording.effects.reach import HOSTS, Reach, last_part
from pegboard.startup.recording.effects.snapshots import ABSENT, Change

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping
    from typing import Any

    from pegboard.startup.recording.effects.calls import Call
    from pegboard.startup.recording.effects.heap import Heap

_LAZY = re.compile(r"(?i)_?(init|load|ready|done|setup|cach|populat|register_defaults|finali[sz]e|built|warned|seen)")


_TEXTS = ("__doc__", "__module__", "__name__", "__qualname__")
_COUNTERS = {
    "threading": ("_counter",),
    "concurrent.futures.thread": ("ThreadPoolExecutor", "_counter"),
    "asyncio.tasks": ("_task_name_counter",),
}


class Judge:
    """Judges the changes of one import."""

    def __init__(
        self,
        heap: Heap,
        is_own: Callable[[str], bool],
        application: str,
        *,
        calls: Iterable[Call],
        loaded: Container[str],
        origin: str,
        is_shared: bool = False,
    ) -> None:
        """Make a judge.

        Args:
            heap: The objects that had existed before.
            is_own: Returns whether a module is the plugin's own code.
            application: The application's top-level package.
            calls: The functions that the import called.
            loaded: Modules that the import system has loaded meanwhile.
            origin: The plugin's file.
            is_shared: Whether several plugins may have made the changes.
        """
        self._is_own = is_own = cache(is_own)
        self._application = application
        self._calls = list(calls)
        self._loaded = loaded
        self._origin = origin
        self._is_shared = is_shared
        self._is_reached = Reach(self._calls, is_own, application)
        self._names = Names(heap, is_own, self._is_reached)
        self._own = [call for call in self._calls if is_own(call.module)]
        self._code = OwnCode(call.code for call in self._own)
        self._looking_up = frozenset(call.module for call in self._calls if call.code.co_name == "__getattr__")

    def effects(self, changes: Iterable[Change]) -> Iterator[tuple[Change, Effect]]:
        """Yield what *changes* are besides harmless ones, each with its change."""
        some = [
            change
            for change in changes
            if not (
                _is_of_interpreter(change) if change.is_table else type(change.what) is LRU_CACHE and _is_used(change)
            )
        ]
        self._names.look_for(change.what for change in some if change.what is not sys.modules)
        for change in some:
            for effect in self._effects(change):
                yield change, effect

    def effects_on_new(self, objects: Iterable[object]) -> Iterator[Effect]:
        """Yield what may have happened to *objects*, which a library has made and keeps: nobody knows how they were."""
        if not objects:
            return
        assigned = list(self._code.assigned_in_others())
        for each in objects:
            module = type_module(type(each))
            if type(each) is dict and each and self._code.stores_item(next(reversed(each))):
                yield Effect(NOT_SHOWN, "may change a table that a library has just made", self._origin)
            elif module not in ("builtins", "") and not self._is_own(module) and not issubclass(type(each), type):
                attributes = attributes_of(each)
                for key in {key for key, value in assigned if key in attributes and _may_be(value, attributes[key])}:
                    words = f"may change the attribute {key} of a {type(each).__name__} that {module} keeps"
                    yield Effect(NOT_SHOWN, words, self.location(key))

    def _effects(self, change: Change) -> Iterator[Effect]:
        what = change.what
        if what is sys.modules:
            yield from self._modules(change)
            return
        module = self._names.module_of_namespace(what)
        name = Name(module, module) if module is not None else self._names.name(what)
        home = name.module.partition(".")[0]
        is_stored = change.is_table and (module is not None or home in HOSTS) and self._is_stored(change)
        if home in HOSTS and not (is_stored or (type(what) is list and self._code.mentions(last_part(name.text)))):
            return
        if (name.module and self._is_own(name.module)) or name.text.endswith("._abc_impl"):
            return
        if ".__spec__." in name.text:
            return
        if name.is_certain and not (is_stored or self._is_reached(name)):
            return
        if change.is_table:
            yield from self._table(change, name, is_namespace=module is not None)
        else:
            yield from self._object(change, name)

    def _is_stored(self, change: Change) -> bool:
        """Return whether own code assigns to a name in a module, which it need not call as it is called there."""
        return any(type(key) is str and self._code.may_assign(key) for key, _, _ in change.table_changes())

    # -- modules ------------------------------------------------------------------------------------------------------

    def _modules(self, change: Change) -> Iterator[Effect]:
        for key, old, new in change.table_changes():
            if type(key) is not str:
                yield Effect(SEEN, f"puts {type(key).__name__} into sys.modules", self.location("modules"))
            elif self._is_own(key) or (old is ABSENT and (key in self._loaded or _is_being_loaded(key, new))):
                continue
            elif new is ABSENT:
                yield Effect(SEEN, f"removes {key!r} from sys.modules", self.location("modules"))
            else:
                doing = "puts" if old is ABSENT else "replaces"
                yield Effect(SEEN, f"{doing} {key!r} in sys.modules", self.location("modules"))

    # -- dictionaries -------------------------------------------------------------------------------------------------

    def _table(self, change: Change, name: Name, *, is_namespace: bool) -> Iterator[Effect]:
        for key, old, new in () if is_namespace else change.table_changes():
            if self._code.stores_item(key):
                yield self._effect(name, f"{_verb(old, new)} {name.text}[{key!r}]", key)
                return
        parts = name.text.removeprefix(name.module).split(".")
        is_told = self._is_of_library(name) and self._is_told_to(name, *parts, is_registering=True)
        if not is_told and (self._is_cache(name.text, is_grown=change.is_grown()) or self._is_weak(change, name)):
            return
        for key, old, new in change.table_changes():
            text = f"{name.text}.{key}" if type(key) is str and key.isidentifier() else f"{name.text}[...]"
            if type(key) is str and self._is_of_import_system(name.text, key, new, is_namespace=is_namespace):
                continue
            if type(key) is str and (
                (not is_told and self._is_cache(text, is_grown=True) and not self._is_told_to(name, key))
                or self._is_first_use(name, key, old, new)
                or self._is_counter(name, key, old, new)
            ):
                continue
            yield self._effect(name, f"{_verb(old, new)} {text}", key if type(key) is str else "")
            return  # one of a table is enough

    def _is_of_import_system(self, holder: str, key: str, new: object, *, is_namespace: bool) -> bool:
        if key in harmless.IMPORT_NAMES:
            return key not in self._code.assigned()
        if is_namespace and holder in self._looking_up:
            return True  # a module's own function has kept what it looked up (PEP 562)
        module = f"{holder}.{key}"
        is_loaded = module in self._loaded or self._is_own(module) or sys.modules.get(module, ABSENT) is new
        return is_namespace and new is not ABSENT and is_loaded

    def _is_cache(self, text: str, *, is_grown: bool, is_container: bool = True) -> bool:
        """Return whether *text* names a cache that the plugin's own code does not touch."""
        parts = [part.partition("[")[0] for part in text.split(".")]
        for end in range(1, min(len(parts), 6) + 1):
            if ".".join(parts[:end]) in harmless.CACHES:
                return not self._code.mentions(parts[end - 1], parts[end - 2])
        for place, part in enumerate(parts[1:], 2):
            if is_container and (is_grown or place < len(parts)) and harmless.CACHE_NAME.match(part):
                return not self._code.mentions(part)
        return False

    def _is_first_use(self, name: Name, key: str, old: object, new: object) -> bool:
        """Return whether a library has set itself up: what was not there is there now, by its own function."""
        if not (old is None or old is ABSENT or (old is False and new is True and _LAZY.search(key))):
            return False
        if self._code.mentions(key):
            return False
        package = name.module.partition(".")[0]
        makers = [
            call
            for call in self._calls
            if key in call.code.co_names
            and call.module.partition(".")[0] == package
            and call.code.co_name != "<module>"  # a text that was executed there
        ]
        return bool(makers) and not any(
            self._is_changing(call.entry) or harmless.REGISTERING_NAME.match(call.code.co_name) for call in makers
        )

    def _is_changing(self, entry: str) -> bool:
        """Return whether the plugin's own code changes something by calling *entry*, or by an assignment that does."""
        return bool(
            entry in self._code.assigned() or entry in harmless.CHANGING_METHODS or harmless.CHANGING_NAME.match(entry)
        )

    def _is_weak(self, change: Change, name: Name) -> bool:
        """Return whether a library has noted objects without keeping them alive, or Python has."""
        if name.is_certain and not self._is_of_library(name):
            return False
        items = [item for key, _, new in change.table_changes() for item in (key, new)]
        return any(issubclass(type(item), weakref.ReferenceType) for item in items)

    def _has_filled_in(self, change: Change, name: Name) -> bool:
        """Return whether a table has made what was not there when somebody asked it, as `__missing__` does."""
        is_asked = any(
            call.code.co_name == "__missing__" and call.module.partition(".")[0] == name.module.partition(".")[0]
            for call in self._calls
        )
        return is_asked and change.is_grown() and not self._code.mentions(last_part(name.text))

    def _is_told_to(self, name: Name, *keys: str, is_registering: bool = False) -> bool:
        """Return whether a module has set itself up, or noted something, because it was told to change something."""
        package = name.module.partition(".")[0]
        makers = [
            call
            for call in self._calls
            if any(key in call.code.co_names and key != call.entry for key in keys)
            and (call.module == name.module or (self._is_of_library(name) and call.module.partition(".")[0] == package))
        ]
        if is_registering:  # `connect` may mean that something is opened, unless it does the noting itself
            return any(
                harmless.REGISTERING_NAME.match(call.entry) and (call.entry != "connect" or _does_it_itself(call))
                for call in makers
            )
        return any(self._is_changing(call.entry) for call in makers)

    def _is_counter(self, name: Name, key: str, old: object, new: object) -> bool:
        """Return whether a library has counted how often it was used."""
        is_number = type(old) is int and type(new) is int and new > old
        return is_number and self._is_of_library(name) and bool(harmless.COUNTER_NAME.match(key))

    def _is_of_library(self, name: Name) -> bool:
        package = name.module.partition(".")[0]
        return package not in sys.stdlib_module_names and package not in (self._application, "__main__", "")

    # -- other objects ------------------------------------------------------------------------------------------------

    def _object(self, change: Change, name: Name) -> Iterator[Effect]:
        type_ = type(change.what)
        module, type_name = type_module(type_), type_.__name__
        is_container = type_ in (list, set) or module == "collections" or "cache" in type_name.lower()
        if self._is_of_use(change, name, is_container=is_container):
            return
        if issubclass(type_, type):
            yield self._effect(name, f"changes the class {name.text}", type_name)
        elif type_ is LRU_CACHE:
            yield self._effect(name, f"clears the cache of {name.text}", "cache_clear")
        elif type_ is types.FunctionType:
            is_renamed = self._is_renamed(change, name)
            if not is_renamed and (not _is_annotated(change) or "__annotations__" in self._code.assigned()):
                yield self._effect(name, f"changes the function {name.text}", name.text.rpartition(".")[2])
        elif _is_inner(change, name):
            return
        elif is_container or type_ is types.CellType:
            yield self._effect(name, f"changes {name.text}", last_part(name.text))
        else:
            yield from self._instance(change, name)

    def _is_renamed(self, change: Change, name: Name) -> bool:
        """Return whether a library, or Python, has given one of its own functions another name or another text."""
        if name.module.partition(".")[0] in (self._application, "__main__", ""):
            return False
        return all(type(each) is str for each in change.added()) and self._code.assigned().isdisjoint(_TEXTS)

    def _is_of_use(self, change: Change, name: Name, *, is_container: bool) -> bool:
        """Return whether an object is one that changes whenever its library is used: a counter, a cache, a note."""
        type_ = type(change.what)
        if type_ is count and (self._is_of_library(name) or _is_of_python(change.what)):
            return True
        if type_ in ITERATORS and not name.is_certain:  # a loop that goes on meanwhile
            return True
        is_grown = is_container and change.is_grown()
        if self._is_cache(name.text, is_grown=is_grown, is_container=is_container):
            return True
        return issubclass(type_, dict) and self._is_of_library(name) and self._has_filled_in(change, name)

    def _instance(self, change: Change, name: Name) -> Iterator[Effect]:
        what = change.what
        before, after = _expanded(what, change.before), _expanded(what, change.after)
        if len(before) == len(after) and all(map(is_, before, after)):
            return
        attributes = attributes_of(what)
        replaced = _replaced(attributes, before, after)
        for key, old in replaced:
            is_added = old is ABSENT
            if is_added and _is_computed_once(type(what), key) and not self._code.stores_item(key):
                continue
            is_possible = is_added or name.module != "__main__"  # what a program has called a cache is known to nobody
            if is_possible and self._is_cache(f"{name.text}.{key}", is_grown=True):
                continue
            if self._is_counter(name, key, old, attributes[key]) or self._is_first_use(name, key, old, attributes[key]):
                continue
            yield self._effect(name, f"changes {name.text}.{key}", key)
            return
        if not replaced and sorted(map(id, before)) != sorted(map(id, after)):
            yield self._effect(name, f"changes {name.text}", last_part(name.text))

    # -- words --------------------------------------------------------------------------------------------------------

    def _effect(self, name: Name, words: str, key: str) -> Effect:
        home = name.module.partition(".")[0]
        if not name.module:
            kind = NOT_SHOWN
        elif home in sys.stdlib_module_names or home in (self._application, "__main__", "pegboard"):
            kind = SEEN
        else:
            kind = LIBRARY
        return Effect(kind, words, self.location(key, last_part(name.text), module=name.module))

    def location(self, *names: str, module: str = "") -> str:
        """Return the line of the plugin's own code that most probably caused a change of what has *names*.

        Where several plugins share a comparison it is empty, unless all lines that come into question are in one file.
        """
        own = self._own
        if self._is_shared:
            return self._certain_location(own, names, module)
        for name in names:
            for call in own:
                if name and name in call.code.co_names:
                    return f"{call.code.co_filename}:{line_of(call.code, name)}"
        for call in self._calls:
            if module and call.module == module and call.location:
                return call.location
        for call in self._calls:
            if call.location and call not in own:
                return call.location
        return self._origin

    def _certain_location(self, own: list[Call], names: Iterable[str], module: str) -> str:
        """Return the line that has the first of *names* that there is, or has called something in *module*."""
        found = []
        for name in filter(None, names):
            naming = [call.code for call in own if name in call.code.co_names]
            found.append([f"{code.co_filename}:{line_of(code, name)}" for code in naming])
        found.append([call.location for call in self._calls if module and call.module == module and call.location])
        lines = next(filter(None, found), [])
        return lines[0] if len({line.rpartition(":")[0] for line in lines}) == 1 else ""


def _is_used(change: Change) -> bool:
    """Return whether a cache of `functools` was asked, and not cleared: its state is how often it was asked."""
    return bool(change.after >= change.before)


def _is_of_interpreter(change: Change) -> bool:
    """Return whether a table that nobody has is of the interpreter: the subclasses of a class, the codecs in use."""
    changes = change.table_changes()
    return bool(changes) and all(
        _is_subclass(key, old if new is ABSENT else new)
        or type(new).__name__ in ("CodecInfo", "_localdummy", "ZoneInfo")
        for key, old, new in changes
    )


def _does_it_itself(call: Call) -> bool:
    """Return whether own code has called this very function."""
    return call.code.co_name == call.entry and "<locals>" not in call.code.co_qualname


def _is_subclass(key: object, value: object) -> bool:
    """Return whether an item is what a class has for each of its subclasses."""
    if type(key) is not int or type(value) is not weakref.ReferenceType:
        return False
    what = value()
    return what is None or id(what) == key


def _verb(old: object, new: object) -> str:
    return "adds" if old is ABSENT else "removes" if new is ABSENT else "replaces"


def _are_weak(change: Change) -> bool:
    return all(type(each) is weakref.ReferenceType for each in (*change.before, *change.after))


def _is_of_python(counter: object) -> bool:
    """Return whether *counter* numbers the standard library's threads or tasks, which need not have been started."""
    for module, names in _COUNTERS.items():
        holder: Any = sys.modules.get(module)
        for name in names:
            holder = getattr(holder, name, None)
        if getattr(holder, "__self__", None) is counter:
            return True
    return False


def _is_being_loaded(name: str, module: Any) -> bool:
    """Return whether the import system is loading *module* as *name* just now: the next plugin, or what holds it."""
    if not issubclass(type(module), types.ModuleType):
        return False
    spec = namespace_of(module).get("__spec__")
    if type(spec) is not ModuleSpec:
        return False
    noted = vars(spec)
    return noted.get("name") == name and bool(noted.get("_initializing"))


def _is_inner(change: Change, name: Name) -> bool:
    """Return whether a module in C has made what it needs, or an abstract base class has noted who asked it.

    What is registered with the latter, `calls` sees.
    """
    type_ = type(change.what)
    return (type_ is types.ModuleType and change.is_grown()) or (
        type_ is set and not name.is_certain and _are_weak(change)
    )


def _may_be(assigned: object, now: object) -> bool:
    """Return whether a value that was *assigned*, a constant or `ABSENT`, may be what is there *now*."""
    return assigned is ABSENT or assigned is now or (type(assigned) is type(now) and assigned == now)


def _is_annotated(change: Change) -> bool:
    """Return whether a function got only what Python makes when it is asked for: annotations, an empty namespace."""
    old, new = set(map(id, change.before)), set(map(id, change.after))
    added = [each for each in change.after if id(each) not in old]
    removed = [each for each in change.before if id(each) not in new]
    annotations = change.what.__annotations__
    return all(type(each) is tuple for each in removed) and all(
        each is annotations or (type(each) is dict and not each) for each in added
    )


def _replaced(attributes: Mapping[str, Any], before: list[Any], after: list[Any]) -> list[tuple[str, Any]]:
    """Return the attributes that have changed, each with its value before, as far as that can be told.

    What an instance refers to are the values of its attributes, in their order, and then its class.
    """
    values = list(attributes.values())
    if len(before) == len(after) and all(map(is_, values, after)):
        return [(key, old) for (key, value), old in zip(attributes.items(), before, strict=False) if value is not old]
    number = len(before) - 1
    if 0 <= number < len(values) and all(map(is_, values, before[:number])):  # some are new, perhaps with known values
        return [(key, ABSENT) for key in list(attributes)[number:]]
    old_ids, new_ids = set(map(id, before)), set(map(id, after))
    return [(key, ABSENT) for key, value in attributes.items() if id(value) not in old_ids and id(value) in new_ids]


def _expanded(what: object, referents: tuple[Any, ...]) -> list[Any]:
    """Return *referents* with the values of the instance's namespace instead of the namespace."""
    try:
        namespace = object.__getattribute__(what, "__dict__")
    except Exception:
        return list(referents)
    found: list[Any] = []
    for each in referents:
        if each is namespace and type(each) is dict:
            found += each.values()
        else:
            found.append(each)
    return found


def _is_computed_once(type_: type, name: str) -> bool:
    """Return whether *name* is a descriptor that is replaced by its value at the first access."""
    for base in type.__dict__["__mro__"].__get__(type_):
        member = type.__dict__["__dict__"].__get__(base).get(name)
        if member is not None:
            has = {each for kind in type.__dict__["__mro__"].__get__(type(member)) for each in kind.__dict__}
            return "__get__" in has and "__set__" not in has and type(member) is not types.FunctionType
    return False
