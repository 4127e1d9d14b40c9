"""What survives an unloading, and who holds it: the chain from something old to whatever keeps it alive."""

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
"""How many links a chain may have; longer ones, as through a linked list, say nothing."""
_WIDEST = 200
"""How many things at one distance are followed further."""


class _Mark:
    """Lies among a module's global variables, and lives as long as they do: functions hold these, not the module."""

    __slots__ = ("__weakref__",)


class Watch:
    """Remembers what there is of some modules, without holding it."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take notice of the modules of these *names*, and of the functions and classes that were defined there."""
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
        """Return what is still there of all that, each with the chain of what holds it, one line a link.

        Collects garbage first. Of things that hold one another only one is told of: the rest goes with it.
        """
        gc.collect()
        alive = [(what, reference) for what, reference in self._things if reference() is not None]
        # classes and functions first: they are what others hold, and what holds their module
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
    """Return how often something is held by what the garbage collector does not know of, such as C code."""
    thing = reference()
    return sys.getrefcount(thing) - len(gc.get_referrers(thing))


def _variables_of(mark: _Mark) -> object:
    return next((each for each in gc.get_referrers(mark) if isinstance(each, dict)), mark)


def _chain(start: object, own: list[object]) -> list[str] | None:
    """Return the shortest chain from *start* to something that lives by itself; None when none is found."""
    ignored = {id(each) for each in own} | {id(own), id(start)}
    frame: FrameType | None = sys._getframe()
    while frame is not None:  # what the search itself holds, and whoever asked for it
        ignored.add(id(frame))
        frame = frame.f_back
    before: dict[int, tuple[Any, Any]] = {}  # an object: what it holds, on the way to `start`
    layer: list[Any] = [start]
    seen = ignored | {id(layer), id(before)}
    for _ in range(_LONGEST):
        # one search through everything for the whole layer: each takes as long as a garbage collection
        holders = [each for each in gc.get_referrers(*layer) if id(each) not in seen and each is not layer]
        of = {id(each): each for each in layer}
        following: list[Any] = []
        for holder in holders:
            if isinstance(holder, FrameType) and not _runs(holder):
                continue
            held = next((of[id(each)] for each in gc.get_referents(holder) if id(each) in of), None)
            if held is None:
                continue
            seen.add(id(holder))
            before[id(holder)] = holder, held
            if _is_root(holder):
                return list(_told(holder, start, before))
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


def _runs(frame: FrameType) -> bool:
    """Whether some thread, and not only a traceback or a generator, is in *frame*."""
    for top in sys._current_frames().values():
        running: FrameType | None = top
        while running is not None:
            if running is frame:
                return True
            running = running.f_back
    return False


def _told(root: object, start: object, before: dict[int, tuple[Any, Any]]) -> Iterator[str]:
    links = []
    holder: Any = root
    while holder is not start:
        _, held = before[id(holder)]
        links.append((holder, held))
        holder = held
    for holder, held in reversed(links):
        yield _link(holder, held)


def _link(holder: Any, held: Any) -> str:  # noqa: PLR0911 -- one for each kind of thing that holds others
    if isinstance(holder, FrameType):
        names = [name for name, value in holder.f_locals.items() if value is held]
        code = holder.f_code
        thread = next((each.name for each in threading.enumerate() if _is_in(holder, each)), "?")
        local = f"local variable {names[0]!r}" if names else "a value"
        return f"held by {local} of {code.co_qualname}(), {code.co_filename}:{holder.f_lineno}, in thread {thread!r}"
    if isinstance(holder, dict):
        key = next((key for key, value in holder.items() if value is held), None)
        # a class shows only a view of its dictionary
        owners = [each for each in gc.get_referrers(holder) if isinstance(each, type) or hasattr(each, "__dict__")]
        where = next((each for each in owners if isinstance(each, type) or each.__dict__ is holder), None)
        if isinstance(where, ModuleType):
            return f"held by {key!r} of module {where.__name__}"
        if isinstance(holder.get("__name__"), str) and "__builtins__" in holder:
            return f"held by {key!r} of module {holder['__name__']}"
        if where is not None:
            return f"held by attribute {key!r} of {_name(where)}"
        return f"held by a dictionary{'' if key is None else f', under {_short(key)}'}"
    if isinstance(holder, ModuleType):
        return f"held by module {holder.__name__}"
    if isinstance(holder, list | tuple):
        return f"held by a {type(holder).__name__} of {len(holder)}"
    if isinstance(holder, CellType):
        return "held by a variable of a function around it"
    return f"held by {_name(holder)}"


def _is_in(frame: FrameType, thread: threading.Thread) -> bool:
    running = sys._current_frames().get(thread.ident or 0)
    while running is not None:
        if running is frame:
            return True
        running = running.f_back
    return False


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
