"""The recorder: what a plugin's import reads, and whether it does more than register.

Cold: it is in place only while plugins are imported in order to be recorded. What an import read decides how long
its record is good for; what it did beyond registering decides whether it may wait at all. An effect counts against a
plugin only when a frame of its own code is behind it: a library that registers an exit handler of its own when it is
first imported is no reason to import the plugin at every start.
"""

from __future__ import annotations

import _thread
import atexit
import builtins
import importlib.util
import os
import signal
import sys
import threading

from pegboard._typing import TYPE_CHECKING
from pegboard.index import WHOLE_ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType, ModuleType
    from typing import Any, Self

    from pegboard.ledger import Plugin

_HOOKS = ("excepthook", "displayhook", "unraisablehook", "stdin", "stdout", "stderr", "breakpointhook")
_THREAD_STARTERS = ("start_new_thread", "start_joinable_thread", "_start_new_thread", "_start_joinable_thread")


class Observation:
    """What was seen of one plugin's import."""

    __slots__ = ("effects", "imported", "missing", "uses", "variables")

    def __init__(self) -> None:
        self.variables: set[str] = set()
        """Environment variables that were read."""
        self.imported: set[str] = set()
        """Top-level packages that were imported, loaded before or not."""
        self.missing: set[str] = set()
        """Modules that were looked for and not found."""
        self.uses: set[str] = set()
        """Modules of other plugins that were imported."""
        self.effects: list[str] = []
        """What it did beyond registering, in words, with the place."""


class Recorder:
    """Observes imports of plugins, in a `with` block; what runs in other threads is not a plugin's import."""

    def __init__(
        self,
        importing: Callable[[], Plugin | None],
        is_own: Callable[[Plugin, str], bool],
        owner: Callable[[str], Plugin | None],
        application: str,
    ) -> None:
        """Make a recorder.

        Args:
            importing: Returns the plugin that this thread is importing, or None.
            is_own: Tells whether a module is the plugin's own code.
            owner: Returns the plugin that a module is, or is a part of; None when it belongs to no plugin.
            application: The host's name.
        """
        self._not_shared = {"pegboard", application.partition(".")[0]}
        self._importing = importing
        self._is_own = is_own
        self._owner = owner
        self._shared: dict[str, Observation] = {}
        """What was seen of packages that several plugins import, by top-level name: only the first one loads them."""
        self._seen: dict[Plugin, Observation] = {}
        self._direct: dict[Plugin, set[str]] = {}
        self._looked_at: dict[str, tuple[int, ...]] = {}
        self._undo: list[Callable[[], None]] = []

    def observed(self, plugin: Plugin) -> Observation:
        """Return what was seen of *plugin* so far."""
        return self._seen.setdefault(plugin, Observation())

    def __enter__(self) -> Self:
        self._watch_environment()
        self._watch_imports()
        self._watch_calls()
        return self

    def __exit__(self, *_: object) -> None:
        while self._undo:
            self._undo.pop()()

    def _replace(self, holder: Any, name: str, make: Callable[[Any], Any]) -> None:
        original = getattr(holder, name, None)
        if original is None:
            return
        replacement = make(original)
        setattr(holder, name, replacement)

        def undo() -> None:
            if getattr(holder, name, None) is replacement:  # a plugin's own patch stays: it was reported
                setattr(holder, name, original)

        self._undo.append(undo)

    # -- what is read -------------------------------------------------------------------------------------------------

    def _watch_environment(self) -> None:
        environment = type(os.environ)

        def reading(original: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
            def getitem(environ: Any, name: Any) -> Any:
                plugin = self._importing()
                if plugin is not None:
                    self._note_variable(plugin, os.fsdecode(name))
                return original(environ, name)

            return getitem

        def listing(original: Callable[[Any], Iterator[Any]]) -> Callable[[Any], Iterator[Any]]:
            def iterate(environ: Any) -> Iterator[Any]:
                plugin = self._importing()
                if plugin is not None:
                    self._note_variable(plugin, WHOLE_ENVIRONMENT)
                return original(environ)

            return iterate

        def writing(original: Callable[..., None]) -> Callable[..., None]:
            def change(environ: Any, name: Any, *value: Any) -> None:
                self._effect(f"changes the environment variable {os.fsdecode(name)}")
                original(environ, name, *value)

            return change

        self._replace(environment, "__getitem__", reading)
        self._replace(environment, "__iter__", listing)
        self._replace(environment, "__setitem__", writing)
        self._replace(environment, "__delitem__", writing)

    def _note_variable(self, plugin: Plugin, name: str) -> None:
        """Note that *plugin* has read a variable, and every package through which it did."""
        self.observed(plugin).variables.add(name)
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            module = frame.f_globals.get("__name__", "")
            if module == plugin.module:
                return
            self._of(module).variables.add(name)
            frame = frame.f_back

    def _of(self, module: str) -> Observation:
        """Return where to note what *module* does; nothing is kept of what all share."""
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names or top in self._not_shared:
            return Observation()
        return self._shared.setdefault(top, Observation())

    def _note_import(self, plugin: Plugin, importer: str, name: str, items: Sequence[str]) -> None:
        top = name.partition(".")[0]
        self.observed(plugin).imported.add(top)
        self._of(importer).imported.add(top)
        modules = (name, *(f"{name}.{item}" for item in items))
        for module in modules:
            owner = self._owner(module)
            if owner is not None and owner is not plugin:
                self.observed(plugin).uses.add(owner.module)
        if self._is_own(plugin, importer):
            self._direct.setdefault(plugin, set()).update(modules)

    def _note_missing(self, plugin: Plugin, importer: str, name: str) -> None:
        self.observed(plugin).missing.add(name)
        self._of(importer).missing.add(name)

    def _watch_imports(self) -> None:
        def importing(original: Callable[..., ModuleType]) -> Callable[..., ModuleType]:
            def import_(name: str, globals: Any = None, *rest: Any, **options: Any) -> ModuleType:  # noqa: A002
                plugin = self._importing()
                importer = str((globals or {}).get("__name__"))
                if plugin is None or importer.partition(".")[0] == "pegboard":
                    return original(name, globals, *rest, **options)
                items = options.get("fromlist", rest[1] if len(rest) > 1 else ()) or ()
                level = options.get("level", rest[2] if len(rest) > 2 else 0)  # noqa: PLR2004 -- __import__'s fifth
                full_name = _absolute(name, globals, level)
                self._note_import(plugin, importer, full_name, items)
                try:
                    module = original(name, globals, *rest, **options)
                except ModuleNotFoundError as error:
                    if error.name:
                        self._note_missing(plugin, importer, error.name)
                    raise
                if items and hasattr(module, "__path__") and full_name.partition(".")[0] not in sys.stdlib_module_names:
                    for part in items:
                        if str(part).isidentifier() and part not in vars(module):
                            self._note_missing(plugin, importer, f"{full_name}.{part}")
                return module

            return import_

        self._replace(builtins, "__import__", importing)
        self._replace(importlib.util, "find_spec", self._finding)
        self._replace(importlib, "import_module", _by_name)

    def _finding(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def find_spec(name: str, *rest: Any, **options: Any) -> Any:
            found = original(name, *rest, **options)
            plugin = self._importing()
            if plugin is not None:
                importer = str(sys._getframe(1).f_globals.get("__name__"))
                if found is None:
                    self._note_missing(plugin, importer, name)
                else:
                    self._note_import(plugin, importer, name, ())
            return found

        return find_spec

    # -- what is done -------------------------------------------------------------------------------------------------

    def _watch_calls(self) -> None:
        def noticing(doing: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
            def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
                def call(*arguments: Any, **options: Any) -> Any:
                    self._effect(doing)
                    return original(*arguments, **options)

                return call

            return wrap

        for name in _THREAD_STARTERS:
            self._replace(_thread, name, noticing("starts a thread"))
            self._replace(threading, name, noticing("starts a thread"))
        self._replace(atexit, "register", noticing("registers an exit handler"))
        self._replace(signal, "signal", noticing("installs a signal handler"))

    def _effect(self, doing: str) -> None:
        plugin = self._importing()
        if plugin is None:
            return
        place = self._place_of_blame(plugin)
        if place is not None:
            self.observed(plugin).effects.append(f"{doing} ({place})")

    def _place_of_blame(self, plugin: Plugin) -> str | None:
        """Return where the plugin's own code is behind what happens now; None when a library's own import is."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            name = frame.f_globals.get("__name__", "")
            if name != __name__:
                code = frame.f_code
                if self._is_own(plugin, name):
                    return f"{code.co_filename}:{frame.f_lineno}"
                if code.co_name == "<module>":
                    return None
            frame = frame.f_back
        return None

    # -- around one import --------------------------------------------------------------------------------------------

    def before(self) -> _Before:
        """Return how the interpreter is before an import, for `after`."""
        return _Before()

    def after(self, plugin: Plugin, before: _Before) -> Observation:
        """Return what was seen of *plugin* since *before*, its changes to the interpreter included."""
        seen = self.observed(plugin)
        self._follow_imports(seen)
        for list_name, known in before.lists.items():
            for item in getattr(sys, list_name):
                if not any(item is other for other in known) and self._made_by(plugin, item):
                    seen.effects.append(f"adds {item!r} to sys.{list_name}")
        for name, value in before.hooks.items():
            now = getattr(sys, name, None)
            if now is not value and self._made_by(plugin, now):
                seen.effects.append(f"replaces sys.{name}")
        for name in sorted(self._direct.get(plugin, ())):
            module = sys.modules.get(name)
            if module is not None and not self._is_own(plugin, name):
                seen.effects += [f"replaces {patched}" for patched in self._patches(plugin, module)]
        return seen

    def _follow_imports(self, seen: Observation) -> None:
        """Add what the packages do that were imported, whichever plugin loaded them first."""
        pending = list(seen.imported)
        while pending:
            shared = self._shared.get(pending.pop())
            if shared is not None:
                pending += shared.imported - seen.imported
                seen.imported |= shared.imported
                seen.variables |= shared.variables
                seen.missing |= shared.missing

    def _made_by(self, plugin: Plugin, value: object) -> bool:
        """Return whether *value*, or its type, is defined in the plugin's own code."""
        for definer in (value, type(value)):
            module = getattr(definer, "__module__", None)
            if isinstance(module, str) and module in sys.modules:
                return self._is_own(plugin, module)
        return False

    def _patches(self, plugin: Plugin, module: ModuleType) -> Iterator[str]:
        """Yield the names in a foreign module, and in its classes, that the plugin's own code has taken over."""
        name = module.__name__
        values = tuple(map(id, vars(module).values()))
        for value in list(vars(module).values()):
            if isinstance(value, type) and value.__module__ == name:
                values += tuple(map(id, vars(value).values()))
        if self._looked_at.get(name) == values:  # nothing in it has changed since the last plugin
            return
        self._looked_at[name] = values
        for attribute, value in list(vars(module).items()):
            definer = getattr(value, "__module__", None)
            if definer == name and isinstance(value, type):
                for inner, function in list(vars(value).items()):
                    if self._is_foreign_definition(plugin, function, name):
                        yield f"{name}.{value.__name__}.{inner}"
            elif self._is_foreign_definition(plugin, value, name):
                yield f"{name}.{attribute}"

    def _is_foreign_definition(self, plugin: Plugin, value: object, home: str) -> bool:
        definer = getattr(value, "__module__", None)
        if not isinstance(definer, str) or definer == home or definer not in sys.modules:
            return False
        if not isinstance(value, type) and not callable(value):
            return False
        return self._is_own(plugin, definer)


class _Before:
    """The parts of the interpreter that an import could change without calling anything that is watched."""

    __slots__ = ("hooks", "lists")

    def __init__(self) -> None:
        self.lists = {name: list(getattr(sys, name)) for name in ("meta_path", "path_hooks")}
        self.hooks = {name: getattr(sys, name, None) for name in _HOOKS}


def _absolute(name: str, importer: Any, level: int) -> str:
    """Return the full name of the module that is imported as *name* by a module with the globals *importer*.

    Source: Python's language reference, section 5.7, "Package Relative Imports".
    """
    if not level:
        return name
    importer = importer or {}
    package = str(importer.get("__package__") or importer.get("__name__"))
    for _ in range(level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{name}" if name else package


def _by_name(original: Callable[..., ModuleType]) -> Callable[..., ModuleType]:
    def import_module(name: str, package: str | None = None) -> ModuleType:
        if not name.startswith("."):
            # through __import__, which is watched; it returns the top-level package
            caller = sys._getframe(1).f_globals
            __import__(name, caller, None, (), 0)
            return sys.modules[name]
        return original(name, package)

    return import_module
