"""What is an object called, and whose is it?

In: objects that have changed. Out: for each a dotted name by which a person finds it, as `app.model.HOOKS`, and the
module that it belongs to. Whatever refers to an object is asked of the garbage collector; no code of the objects runs.
"""

from __future__ import annotations

import _thread
import sys
import types

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects.heap import Heap, type_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

_NAMESPACE: Any = vars(types.ModuleType)["__dict__"]  # a descriptor: the module's class has no say
_DEPTH = 5
_WIDTH = 20
"""How many holders of an object are followed that have no name themselves."""


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

    def __init__(self, heap: Heap, is_own: Callable[[str], bool], is_reached: Callable[[Name], bool]) -> None:
        """Take the modules that are loaded now.

        Args:
            heap: The objects among which holders are looked for.
            is_own: Returns whether a module is the plugin's own code; a name in such a one is the last to be taken.
            is_reached: Returns whether code that ran may have got at what has this name. Others may hold the same
                object by chance, as a program that keeps what an application's function has returned.
        """
        self._heap = heap
        self._is_own = is_own
        self._is_reached = is_reached
        self._modules = heap.names_of_modules
        for name, module in list(sys.modules.items()):
            if (
                type(name) is str
                and issubclass(type(module), types.ModuleType)
                and heap.modules.get(name) is not module
            ):
                heap.modules[name] = module
                self._modules.setdefault(id(namespace_of(module)), name)
                self._modules.setdefault(id(module), name)
        self._found: dict[int, Name | None] = {}
        self._holders: dict[int, list[Any]] = {}

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
        elif type_ is types.FunctionType:  # its `__module__` and `__qualname__` may have been changed just now
            module, name = each.__globals__.get("__name__"), each.__code__.co_qualname
        else:
            return None
        if type(module) is not str or type(name) is not str:
            return None
        return Name(f"{module}.{name}", module)

    def _through_holders(self, each: Any, depth: int, seen: set[int]) -> Name | None:
        best: Name | None = None  # none of these says much
        for holder in sorted(self._holders.get(id(each), ()), key=self._is_private):
            if id(holder) in seen:
                continue
            name = self._name(holder, depth - 1, seen)
            if name is None:
                continue
            found = Name(f"{name.text}{_step(holder, each)}", name.module)
            if not self._is_weak(name):
                return found
            if best is None or (self._is_own(best.module) and not self._is_own(found.module)):
                best = found
        return best

    def _is_private(self, holder: Any) -> bool:
        """Return whether *holder* is of a private module: what `_warnings` makes is known as that of `warnings`."""
        return self._modules.get(id(holder), "").startswith("_")

    # -- who holds what? ----------------------------------------------------------------------------------------------

    def look_for(self, objects: Iterable[Any]) -> None:
        """Find out who holds *objects*, all at once: that goes through all objects of the process."""
        frontier = {id(each): each for each in objects if not self._is_named(each)}
        for _ in range(_DEPTH):
            if not frontier:
                return
            is_found: set[int] = set()  # those that something with a name holds
            beyond: list[tuple[int, Any]] = []
            for holder, identity in self._heap.holders(list(frontier.values())):
                known = self._holders.setdefault(identity, [])
                if not self._is_named(holder):
                    if len(known) < _WIDTH:
                        known.append(holder)
                        beyond.append((identity, holder))
                elif not self._is_weak(self._name(holder, 0, set())):
                    is_found.add(identity)
                    known.insert(0, holder)
                else:
                    known.append(holder)
            frontier = {
                id(holder): holder
                for identity, holder in beyond
                if identity not in is_found and id(holder) not in self._holders
            }

    def _is_named(self, each: Any) -> bool:
        type_ = type(each)
        return id(each) in self._modules or issubclass(type_, type) or type_ is types.FunctionType

    def _is_weak(self, name: Name | None) -> bool:
        """Return whether a better name than *name* is to be looked for."""
        return name is not None and (self._is_own(name.module) or not self._is_reached(name))


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
    if type_ is types.FunctionType:
        return ".__closure__"
    for name, value in attributes_of(holder).items():
        if value is each:
            return f".{name}"
    return ""


def attributes_of(each: object) -> dict[str, Any]:
    """Return the attributes of an instance, of its namespace and its slots, without running code of its own."""
    found: dict[str, Any] = {}
    is_local = issubclass(type(each), _thread._local)
    try:
        namespace = (_thread._local if is_local else object).__getattribute__(each, "__dict__")
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
