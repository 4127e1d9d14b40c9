"""What is an object called, and whose is it?

In: objects that have changed. Out: for each a dotted name by which a person finds it, as `app.model.HOOKS`, and the
module that it belongs to. Whatever refers to an object is asked of the garbage collector; no code of the objects runs.
"""

from __future__ import annotations

import gc
import sys
import types

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects.heap import Heap, type_module
from pegboard.startup.recording.effects.snapshots import Change

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_NAMESPACE: Any = vars(types.ModuleType)["__dict__"]  # a descriptor: the module's class has no say
_DEPTH = 5
_WIDTH = 200
"""How many objects are followed at each step; an object to which more refer is named by its type."""


class Name:
    """What an object is called."""

    __slots__ = ("is_certain", "module", "text")

    def __init__(self, text: str, module: str, *, is_certain: bool = True) -> None:
        self.text: str = text
        self.module: str = module
        """The module that it belongs to; empty where that is not known."""
        self.is_certain: bool = is_certain
        """Whether a way from a module to it was found."""


class Names:
    """Finds names; a snapshot, to be dropped soon."""

    def __init__(self, is_own: Callable[[str], bool]) -> None:
        """Take the modules that are loaded now; a name in one that *is_own* is the last to be taken."""
        self._is_own = is_own
        self._modules: dict[int, str] = {}
        for name, module in list(sys.modules.items()):
            if type(name) is str and issubclass(type(module), types.ModuleType):
                self._modules.setdefault(id(namespace_of(module)), name)
                self._modules.setdefault(id(module), name)
        self._found: dict[int, Name | None] = {}

    def module_of_namespace(self, table: object) -> str | None:
        """Return the name of the module whose namespace *table* is; None if it is not one's."""
        return self._modules.get(id(table)) if type(table) is dict else None

    def name(self, each: object) -> Name:
        """Return what *each* is called."""
        found = self._name(each, _DEPTH, set())
        if found is not None:
            return found
        type_ = type(each)
        module = type_module(type_)
        return Name(
            f"an object of type {module}.{type_.__name__}", "" if module == "builtins" else module, is_certain=False
        )

    def _name(self, each: Any, depth: int, seen: set[int]) -> Name | None:
        identity = id(each)
        if identity in self._modules:
            return Name(self._modules[identity], self._modules[identity])
        if identity in self._found:
            return self._found[identity]
        found = self._direct(each)
        if found is None and depth and identity not in seen:
            seen.add(identity)
            found = self._through_holders(each, depth, seen)
        self._found[identity] = found
        return found

    def _direct(self, each: Any) -> Name | None:
        """Return the name of a class or a function, which says it itself."""
        type_ = type(each)
        if issubclass(type_, type):
            module, name = type_module(each), type.__dict__["__qualname__"].__get__(each)
        elif type_ is types.FunctionType:
            module, name = each.__module__, each.__qualname__
        else:
            return None
        if type(module) is not str or type(name) is not str:
            return None
        return Name(f"{module}.{name}", module)

    def _through_holders(self, each: Any, depth: int, seen: set[int]) -> Name | None:
        gc.unfreeze()  # what is frozen is not searched
        holders = gc.get_referrers(each)
        gc.freeze()
        best: Name | None = None
        is_cell = type(each) is types.CellType
        candidates = [holder for holder in holders if _is_holder(holder) or (is_cell and _is_closure(holder))]
        candidates.sort(key=lambda holder: (id(holder) not in self._modules, not issubclass(type(holder), type)))
        for holder in candidates[:_WIDTH]:
            if id(holder) in seen:
                continue
            name = self._name(holder, depth - 1, seen)
            if name is None:
                continue
            found = Name(f"{name.text}{_step(holder, each)}", name.module)
            if not self._is_own(name.module):
                return found
            best = best or found
        return best


def _is_holder(holder: object) -> bool:
    type_ = type(holder)
    if type_ is types.FrameType or type_ is Change or type_ is Heap or type_ is tuple:
        return False
    return type_module(type_).partition(".")[0] != "pegboard"


def _is_closure(holder: object) -> bool:
    return type(holder) is tuple and all(type(each) is types.CellType for each in holder)


def _step(holder: Any, each: object) -> str:
    """Return how *each* is reached from *holder*."""
    type_ = type(holder)
    if issubclass(type_, dict):
        keys = [key for key, value in list(dict.items(holder)) if value is each]
        key = keys[0] if keys else None
        if type(key) is str:
            return f".{key}" if key.isidentifier() else f"[{key!r}]"
        return "[...]"
    if issubclass(type_, type) or type_ in (list, set):
        return "" if issubclass(type_, type) else "[...]"
    for name, value in attributes_of(holder).items():
        if value is each:
            return f".{name}"
    return ""


def attributes_of(each: object) -> dict[str, Any]:
    """Return the attributes of an instance, of its namespace and its slots, without running code of its own."""
    found: dict[str, Any] = {}
    try:
        namespace = object.__getattribute__(each, "__dict__")
        if issubclass(type(namespace), dict):
            found.update((key, value) for key, value in dict.items(namespace) if type(key) is str)
    except Exception:  # noqa: S110 -- it has none, or an odd one
        pass
    for base in type.__dict__["__mro__"].__get__(type(each)):
        for name, member in list(type.__dict__["__dict__"].__get__(base).items()):
            if type(member) is types.MemberDescriptorType:
                try:
                    found.setdefault(name, member.__get__(each))
                except Exception:  # noqa: S112 -- it is not set
                    continue
    return found


def namespace_of(module: types.ModuleType) -> dict[str, Any]:
    """Return the namespace of *module*, whatever its class says."""
    namespace: dict[str, Any] = _NAMESPACE.__get__(module)
    return namespace
