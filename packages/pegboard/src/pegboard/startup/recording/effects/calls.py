"""Which functions does an import call, and which of those change something that nobody can look at afterwards?

In: the events of `sys.setprofile` while a plugin's own code runs, or what it calls. Out: the Python functions that
were called, each with the plugin's line that led there; and calls of functions in C that are not known to be harmless.
"""

from __future__ import annotations

import abc
import sys
import types

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects.effect import LIBRARY, NOT_SHOWN, SEEN, Effect
from pegboard.startup.recording.effects.harmless import (
    CHANGING_NAME,
    FATAL_CALLS,
    HARMLESS_CALLS,
    HARMLESS_PREFIXES,
    LOOKING_AROUND,
    names,
)
from pegboard.startup.recording.effects.heap import type_module

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CodeType, FrameType
    from typing import Any

_ABC_REGISTER = abc.ABCMeta.register.__code__
_CONNECTIONS = ("sqlite3", "_sqlite3", "_socket", "_ssl", "mmap")
_WRITING = names(
    """
    execute executemany executescript commit connect bind listen send sendall sendto sendmsg setsockopt settimeout
    setblocking shutdown close detach create_function create_aggregate create_collation set_authorizer
    set_trace_callback set_progress_handler write write_byte seek flush resize
    """
)


_IMPORT_SYSTEM = ("importlib._bootstrap", "_frozen_importlib")


class Call:
    """The first call of one Python function."""

    __slots__ = ("code", "entry", "location", "module")

    def __init__(self, code: CodeType, module: str, location: str, entry: str) -> None:
        self.code: CodeType = code
        self.module: str = module
        self.location: str = location
        """Where the plugin's own code caused it: `file:line`."""
        self.entry: str = entry
        """The name of the function that the plugin's own code called, and that led to this one, or is it; or empty."""


class Calls:
    """Notes calls between `start` and `stop`, as often as wanted."""

    def __init__(
        self,
        is_own: Callable[[str], bool],
        is_new: Callable[[object], bool],
        application: str,
        look_around: Callable[..., None],
        modules: Mapping[int, str],
    ) -> None:
        """Note nothing yet.

        Args:
            is_own: Returns whether a module is the plugin's own code.
            is_new: Returns whether an object was made by the import.
            application: The application's top-level package.
            look_around: Called before and after a function that goes through all objects.
            modules: Of code that counts as that of another module than its own: by the identity of the code.
        """
        self._modules = modules
        self._look_around = look_around
        self._looking: object = None
        self._application = application
        self._is_own = is_own
        self._is_new = is_new
        self._own_modules: dict[str, bool] = {}
        self._harmless: set[int] = set()
        self._kept: list[object] = []
        self.by_code: dict[int, Call] = {}
        self.effects: list[Effect] = []
        self.exit_handlers_of_libraries: int = 0
        """How many exit handlers libraries have registered: their own, when they were first used."""
        self.failure: str | None = None
        """Why calls were not noted any more."""
        self._is_on = False

    def start(self) -> None:
        """Note calls in this thread from now on."""
        self._is_on = True
        sys.setprofile(self._note)

    def stop(self) -> None:
        """Note no more calls; a profile function that a plugin has set stays."""
        if not self._is_on:
            return
        self._is_on = False
        now = sys.getprofile()
        if getattr(now, "__self__", None) is self:
            sys.setprofile(None)
        elif self.failure is None:
            self.failure = "sets a profile function" if now is not None else "ends the observation of its calls"

    def location(self, frame: FrameType | None) -> tuple[str, str] | None:
        """Return where the plugin's own code led to *frame*, and which function it called; None if it did not."""
        entry: CodeType | None = None
        while frame is not None:
            if self.is_own_frame(frame):
                return f"{frame.f_code.co_filename}:{frame.f_lineno}", "" if entry is None else _called(entry)
            if _module_of(frame).startswith(_IMPORT_SYSTEM):
                return None
            entry = frame.f_code
            frame = frame.f_back
        return None

    def is_own_frame(self, frame: FrameType) -> bool:
        """Return whether *frame* runs the plugin's own code."""
        if id(frame.f_code) in self._modules:
            return True
        name = dict.get(frame.f_globals, "__name__")
        if type(name) is not str:
            return False
        known = self._own_modules.get(name)
        if known is None:
            known = self._own_modules[name] = self._is_own(name)
        return known

    def _note(self, frame: FrameType, event: str, what: Any) -> None:
        if event == "call":
            code = frame.f_code
            if id(code) not in self.by_code:
                name = self._modules.get(id(code)) or dict.get(frame.f_globals, "__name__")
                found = self.location(frame.f_back)
                location, entry = ("", "") if found is None else (found[0], found[1] or _called(code))
                self.by_code[id(code)] = Call(code, name if type(name) is str else "", location, entry)
            if code is _ABC_REGISTER:
                self._note_abc(frame)
            elif code.co_name in ("seed", "setstate"):
                self._note_seed(frame)
        elif event == "c_call" and type(what) is types.BuiltinFunctionType:
            defined_in: Any = what.__module__
            if defined_in is None:
                if what.__name__ in _WRITING:
                    self._note_method(frame, what)
            elif id(what) not in self._harmless:
                self._note_function(frame, defined_in, what)
        elif self._looking is not None and what is self._looking and event in ("c_return", "c_exception"):
            self._looking = None
            self._look_around(begins=False)

    def _note_abc(self, frame: FrameType) -> None:
        base = frame.f_locals.get("cls")
        module = type_module(base) if base is not None else ""
        if base is not None and not self._is_own(module) and not self._is_new(base):
            package = module.partition(".")[0]
            is_library = package not in sys.stdlib_module_names and package != self._application
            self._add(frame, LIBRARY if is_library else SEEN, f"registers a class with {module}.{base.__name__}")

    def _note_seed(self, frame: FrameType) -> None:
        if dict.get(frame.f_globals, "__name__") == "random" and not self._is_new(frame.f_locals.get("self")):
            self._add(frame, SEEN, "seeds random numbers that others use, too")

    def _note_method(self, frame: FrameType, method: Any) -> None:
        owner = method.__self__
        for base in type.__dict__["__mro__"].__get__(type(owner)):
            module = type.__dict__["__module__"].__get__(base)
            if module in _CONNECTIONS and not self._is_new(owner):
                self._add(frame, SEEN, f"calls {method.__name__}() of a {base.__name__} that is not its own")
                return

    def _note_function(self, frame: FrameType, module: Any, function: Any) -> None:
        name = function.__name__
        caller = _module_of(frame)
        if type(module) is not str or caller.startswith("pegboard."):
            return
        if module == "atexit" and name == "register" and self._is_of_library(caller):
            self.exit_handlers_of_libraries += 1
            return
        if (known := HARMLESS_CALLS.get(module)) is not None:
            is_harmless = name in known or name.startswith(HARMLESS_PREFIXES)
            if module == "gc" and name in LOOKING_AROUND:
                self._looking = function
                self._look_around(begins=True)
                if name == "get_freeze_count":
                    return
                is_harmless = False
            if not is_harmless:
                kind = SEEN if f"{module}.{name}" in FATAL_CALLS else NOT_SHOWN
                self._add(frame, kind, FATAL_CALLS.get(f"{module}.{name}", f"calls {module}.{name}()"))
                return
        elif module.partition(".")[0] not in sys.stdlib_module_names and CHANGING_NAME.match(name):
            self._add(frame, NOT_SHOWN, f"calls {module}.{name}(), of which the code cannot be seen")
            return
        self._harmless.add(id(function))
        self._kept.append(function)

    def _is_of_library(self, module: str) -> bool:
        package = module.partition(".")[0]
        return not (self._is_own(module) or package in sys.stdlib_module_names or package == self._application)

    def _add(self, frame: FrameType, kind: str, words: str) -> None:
        found = self.location(frame)
        if found is not None:
            self.effects.append(Effect(kind, words, found[0]))


def _called(code: CodeType) -> str:
    """Return the name of a function; of one that another function has returned, as decorators do, that one's name."""
    outer, inner, _ = code.co_qualname.partition(".<locals>.")
    return outer.rpartition(".")[2] if inner else code.co_name


def _module_of(frame: FrameType) -> str:
    name = dict.get(frame.f_globals, "__name__")
    return name if type(name) is str else ""
