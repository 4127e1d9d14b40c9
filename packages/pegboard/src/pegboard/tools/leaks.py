"""Leaks: which modules, functions and classes survive when a plugin is unloaded, and what holds them?

In: the names of modules. Out: for one survivor, the chain of objects that keeps it alive, as text.
"""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from types import CellType, FrameType, FunctionType, MethodType, ModuleType

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_LONGEST = 40
"""The most links of a chain; longer ones, as through a linked list, are of no use."""
_WIDEST = 200
"""The most objects at the same distance that are followed further."""


class _Mark:
    """A global variable of a module, to observe its globals: functions hold these, and not the module."""

    __slots__ = ("__weakref__",)


class LeakDetector:
    """Observes modules without holding them."""

    def __init__(self, names: Iterable[str]) -> None:
        """Observe the modules of these *names*, and the functions and classes that are defined in them."""
        self._things: list[tuple[str, weakref.ref[Any]]] = []
        for name in names:
            module = sys.modules.get(name)
            if module is None:
                continue
            self._things.append((f"module {name}", weakref.ref(module)))
            for variable, value in list(vars(module).items()):
                if isinstance(value, type | FunctionType) and value.__module__ == name:
                    kind = "class" if isinstance(value, type) else "function"
                    self._things.append((f"{kind} {name}.{variable}", weakref.ref(value)))
            mark = _Mark()
            vars(module)["__watched_by_pegboard__"] = mark
            self._things.append((f"the global variables of {name}", weakref.ref(mark)))

    def survivors(self) -> list[str]:
        """Return what is still alive, with the chain of what holds it, a line for each link.

        Garbage is collected first. Only one survivor is reported: usually the others are held by it.
        """
        gc.collect()
        alive = [(what, reference) for what, reference in self._things if reference() is not None]
        # classes and functions first: others hold them, and they hold their module
        alive.sort(key=lambda each: isinstance(each[1](), ModuleType | _Mark))
        for what, reference in alive:
            thing = reference()
            start = _variables_of(thing) if isinstance(thing, _Mark) else thing
            chain = _chain(start, [self, alive, thing])
            if chain is not None:
                return ["\n    ".join([what, *chain])]
        if not alive:
            return []
        solid = [each for each in alive if not isinstance(each[1](), _Mark)] or alive
        what = max(solid, key=lambda each: _hidden_references(each[1]))[0]
        return [f"{what}\n    held by something that Python's garbage collector does not know, e.g. `atexit`"]


def _hidden_references(reference: weakref.ref[Any]) -> int:
    """Return the number of references that the garbage collector does not know, such as those of C code."""
    thing = reference()
    return sys.getrefcount(thing) - len(gc.get_referrers(thing))


def _variables_of(mark: _Mark) -> object:
    return next((each for each in gc.get_referrers(mark) if isinstance(each, dict)), mark)


def _chain(start: object, own: list[object]) -> list[str] | None:
    """Return the shortest chain from *start* to a root, which nothing has to hold; None when none is found."""
    ignored = {id(each) for each in own} | {id(own), id(start)}
    ignored |= {id(frame) for frame in _stack(sys._getframe())}  # the search itself, and its callers
    before: dict[int, tuple[Any, Any]] = {}  # object id to the object, and what it holds on the way to `start`
    layer: list[Any] = [start]
    seen = ignored | {id(layer), id(before)}
    for _ in range(_LONGEST):
        # one search for the whole layer, since each takes as long as a garbage collection
        holders = [each for each in gc.get_referrers(*layer) if id(each) not in seen and each is not layer]
        of = {id(each): each for each in layer}
        following: list[Any] = []
        for holder in holders:
            if isinstance(holder, FrameType) and not _is_running(holder):
                continue
            held = next((of[id(each)] for each in gc.get_referents(holder) if id(each) in of), None)
            if held is None:
                continue
            seen.add(id(holder))
            before[id(holder)] = holder, held
            if _is_root(holder):
                return _links(holder, start, before)
            following.append(holder)
        layer = following[:_WIDEST]
        seen |= {id(layer), id(following), id(holders), id(of)}
        if not layer:
            break
    return None


def _is_root(thing: object) -> bool:
    if isinstance(thing, ModuleType):
        return sys.modules.get(thing.__name__) is thing
    if isinstance(thing, type):
        return vars(sys.modules.get(thing.__module__, sys)).get(thing.__qualname__) is thing
    if isinstance(thing, dict):
        name = thing.get("__name__")
        module = sys.modules.get(name) if isinstance(name, str) else None
        return module is not None and vars(module) is thing
    return isinstance(thing, FrameType) or thing is sys.modules


def _is_running(frame: FrameType) -> bool:
    """Whether a thread executes *frame*: a traceback or a generator may hold others."""
    return any(frame in _stack(top) for top in sys._current_frames().values())


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _links(root: object, start: object, before: dict[int, tuple[Any, Any]]) -> list[str]:
    """Return the chain from *start* to *root*, a line for each link."""
    links: list[str] = []
    holder: Any = root
    while holder is not start:
        _, held = before[id(holder)]
        links.insert(0, _link(holder, held))
        holder = held
    return links


def _link(holder: Any, held: Any) -> str:
    match holder:
        case FrameType():
            return _frame_link(holder, held)
        case dict():
            return _dict_link(holder, held)
        case ModuleType():
            return f"held by module {holder.__name__}"
        case list() | tuple():
            return f"held by a {type(holder).__name__} of {len(holder)}"
        case CellType():
            return "held by a variable of a function around it"
        case _:
            return f"held by {_name(holder)}"


def _frame_link(frame: FrameType, held: Any) -> str:
    names = [name for name, value in frame.f_locals.items() if value is held]
    local = f"local variable {names[0]!r}" if names else "a value"
    tops = sys._current_frames()
    threads = (each.name for each in threading.enumerate() if frame in _stack(tops.get(each.ident or 0)))
    code = frame.f_code
    where = f"{code.co_qualname}(), {code.co_filename}:{frame.f_lineno}"
    return f"held by {local} of {where}, in thread {next(threads, '?')!r}"


def _dict_link(holder: dict[Any, Any], held: Any) -> str:
    key = next((key for key, value in holder.items() if value is held), None)
    # a class shows only a view of its dictionary
    owners = [each for each in gc.get_referrers(holder) if isinstance(each, type) or hasattr(each, "__dict__")]
    owner = next((each for each in owners if isinstance(each, type) or each.__dict__ is holder), None)
    if isinstance(owner, ModuleType):
        return f"held by {key!r} of module {owner.__name__}"
    if isinstance(holder.get("__name__"), str) and "__builtins__" in holder:
        return f"held by {key!r} of module {holder['__name__']}"
    if owner is not None:
        return f"held by attribute {key!r} of {_name(owner)}"
    return f"held by a dictionary{'' if key is None else f', under {_short(key)}'}"


def _name(thing: Any) -> str:
    if isinstance(thing, type):
        return f"class {thing.__module__}.{thing.__qualname__}"
    if isinstance(thing, FunctionType | MethodType):
        return f"function {thing.__module__}.{thing.__qualname__}"
    kind = type(thing)
    home = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"an instance of {home}{kind.__qualname__}"


def _short(key: object) -> str:
    from reprlib import repr as short

    return short(key)
