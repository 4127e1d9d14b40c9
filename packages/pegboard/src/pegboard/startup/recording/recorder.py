"""What does the import of a plugin depend on, and does it do more than register?

In: imports of plugins, while they are recorded. Out: a trace of each. Its record holds as long as what the import read
stays the same; a plugin whose import has other effects is imported at every start. An effect counts only if the
plugin's own code causes it: a library that registers an exit handler when it is first imported is no reason to import
the plugin at every start.
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
from pegboard.startup.recording.effects.effect import SEEN, Effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType, ModuleType
    from typing import Any, Self

    from pegboard.ledger import Plugin
    from pegboard.startup.recording.ownership import Ownership

_SYS_ATTRIBUTES = ("excepthook", "displayhook", "unraisablehook", "stdin", "stdout", "stderr", "breakpointhook")
_THREAD_STARTERS = ("start_new_thread", "start_joinable_thread", "_start_new_thread", "_start_joinable_thread")


class ImportTrace:
    """What the import of one plugin, or of one package, read and did."""

    __slots__ = ("effects", "is_judged", "missing", "packages", "uses", "variables")

    def __init__(self) -> None:
        self.variables: set[str] = set()
        """Environment variables that were read."""
        self.packages: set[str] = set()
        """Top-level packages that were imported, including those that were loaded already."""
        self.missing: set[str] = set()
        """Modules that were to be imported and not found."""
        self.uses: set[str] = set()
        """Modules of other plugins that were imported."""
        self.effects: list[Effect] = []
        """What it did besides registering, as far as it was observed."""
        self.is_judged: bool = False
        """Whether it was observed whole, so that `effects` says whether it does more than register."""


class Recorder:
    """Traces the imports of plugins inside a `with` block; what other threads do meanwhile does not count."""

    def __init__(
        self,
        importing: Callable[[], Plugin | None],
        ownership: Ownership,
        application: str,
    ) -> None:
        """Make a recorder.

        Args:
            importing: Returns the plugin that this thread is importing, or None.
            ownership: Says whether a module is the plugin's own code, and which plugin it is a part of.
            application: The host's name.
        """
        self._not_traced = {"pegboard", application.partition(".")[0]}
        self._importing = importing
        self._is_own = ownership.is_own
        self._owner = ownership.owner
        self._package_traces: dict[str, ImportTrace] = {}
        """The trace of each top-level package: only the first of several plugins that import one runs its code."""
        self._traces: dict[Plugin, ImportTrace] = {}
        self._own_imports: dict[Plugin, set[str]] = {}
        self._last_contents: dict[str, tuple[int, ...]] = {}
        self._undo: list[Callable[[], None]] = []
        self.environment: Mapping[str, str] = dict(os.environ)
        """The environment before the first import: what a record is bound to."""

    def trace(self, plugin: Plugin) -> ImportTrace:
        """Return the trace of *plugin* so far."""
        return self._traces.setdefault(plugin, ImportTrace())

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

    def _watch(self, holder: Any, name: str, before: Callable[..., None]) -> None:
        """Replace a function by one that calls *before* with the same arguments first."""

        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any, **options: Any) -> Any:
                before(*arguments, **options)
                return original(*arguments, **options)

            return call

        self._replace(holder, name, make)

    # -- what is read -------------------------------------------------------------------------------------------------

    def _watch_environment(self) -> None:
        def change(_: object, name: Any, *__: object) -> None:
            self._add_effect(f"changes the environment variable {os.fsdecode(name)}")

        environment = type(os.environ)
        self._watch(environment, "__getitem__", lambda _, name: self._add_variable(name))
        self._watch(environment, "__iter__", lambda _: self._add_variable(WHOLE_ENVIRONMENT))
        self._watch(environment, "__setitem__", change)
        self._watch(environment, "__delitem__", change)

    def _add_variable(self, name: str | bytes) -> None:
        """Add a variable to the traces of the imported plugin and of every package through which it is read."""
        plugin = self._importing()
        if plugin is None:
            return
        variable = os.fsdecode(name)
        self.trace(plugin).variables.add(variable)
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            module = frame.f_globals.get("__name__", "")
            if module == plugin.module:
                return
            self._package_trace(module).variables.add(variable)
            frame = frame.f_back

    def _package_trace(self, module: str) -> ImportTrace:
        """Return the trace of the package of *module*; one that is dropped for Python, pegboard and the application."""
        package = module.partition(".")[0]
        if package in sys.stdlib_module_names or package in self._not_traced:
            return ImportTrace()
        return self._package_traces.setdefault(package, ImportTrace())

    def _add_import(self, plugin: Plugin, importer: str, name: str, attributes: Sequence[str]) -> None:
        package = name.partition(".")[0]
        self.trace(plugin).packages.add(package)
        self._package_trace(importer).packages.add(package)
        modules = (name, *(f"{name}.{attribute}" for attribute in attributes))
        for module in modules:
            owner = self._owner(module)
            if owner is not None and owner is not plugin:
                self.trace(plugin).uses.add(owner.module)
        if self._is_own(plugin, importer):
            self._own_imports.setdefault(plugin, set()).update(modules)

    def _add_missing(self, plugin: Plugin, importer: str, name: str) -> None:
        self.trace(plugin).missing.add(name)
        self._package_trace(importer).missing.add(name)

    def _watch_imports(self) -> None:
        def importing(original: Callable[..., ModuleType]) -> Callable[..., ModuleType]:
            def import_(name: str, globals: Any = None, *rest: Any, **options: Any) -> ModuleType:  # noqa: A002
                plugin = self._importing()
                importer = str((globals or {}).get("__name__"))
                if plugin is None or importer.partition(".")[0] == "pegboard":
                    return original(name, globals, *rest, **options)
                attributes = options.get("fromlist", rest[1] if len(rest) > 1 else ()) or ()
                level = options.get("level", rest[2] if len(rest) > 2 else 0)  # noqa: PLR2004 -- __import__'s fifth
                full_name = _absolute(name, globals, level)
                self._add_import(plugin, importer, full_name, attributes)
                try:
                    module = original(name, globals, *rest, **options)
                except ModuleNotFoundError as error:
                    if error.name:
                        self._add_missing(plugin, importer, error.name)
                    raise
                is_package = bool(attributes) and hasattr(module, "__path__")
                if is_package and full_name.partition(".")[0] not in sys.stdlib_module_names:
                    for attribute in attributes:
                        if str(attribute).isidentifier() and attribute not in vars(module):
                            self._add_missing(plugin, importer, f"{full_name}.{attribute}")
                return module

            return import_

        self._replace(builtins, "__import__", importing)
        self._replace(importlib.util, "find_spec", self._watch_find_spec)
        self._replace(importlib, "import_module", _watch_import_module)

    def _watch_find_spec(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def find_spec(name: str, *rest: Any, **options: Any) -> Any:
            found = original(name, *rest, **options)
            plugin = self._importing()
            if plugin is not None:
                importer = str(sys._getframe(1).f_globals.get("__name__"))
                if found is None:
                    self._add_missing(plugin, importer, name)
                else:
                    self._add_import(plugin, importer, name, ())
            return found

        return find_spec

    # -- what is done -------------------------------------------------------------------------------------------------

    def _watch_calls(self) -> None:
        def effect(doing: str) -> Callable[..., None]:
            return lambda *_, **__: self._add_effect(doing)

        for name in _THREAD_STARTERS:
            self._watch(_thread, name, effect("starts a thread"))
            self._watch(threading, name, effect("starts a thread"))
        self._watch(atexit, "register", effect("registers an exit handler"))
        self._watch(signal, "signal", effect("installs a signal handler"))

    def _add_effect(self, doing: str) -> None:
        plugin = self._importing()
        if plugin is None:
            return
        location = self._own_location(plugin)
        if location is not None:
            self.trace(plugin).effects.append(Effect(SEEN, doing, location))

    def _own_location(self, plugin: Plugin) -> str | None:
        """Return where the plugin's own code causes the current call; None if the import of a library causes it."""
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

    def observe(self, plugin: Plugin) -> Observation:  # noqa: ARG002
        """Begin to observe what the import of *plugin*, which comes next, does besides registering.

        Each observation is ended by `finish`, or by `abandon` when the import has failed.
        """
        return Observation()

    def abandon(self, observation: Observation) -> None:
        """End an observation without a verdict."""

    def finish(self, plugin: Plugin, observation: Observation | None) -> ImportTrace:
        """Complete and return the trace of *plugin*, which has just been imported.

        Args:
            plugin: The plugin.
            observation: From `observe`, right before the import; None for an import that was only traced: then
                `ImportTrace.is_judged` is false.
        """
        trace = self.trace(plugin)
        self._add_package_traces(trace)
        if observation is not None:
            self._judge(plugin, observation, trace)
            trace.is_judged = True
        return trace

    def _judge(self, plugin: Plugin, before: Observation, trace: ImportTrace) -> None:
        for list_name, known in before.lists.items():
            for item in getattr(sys, list_name):
                if not any(item is other for other in known) and self._is_made_by(plugin, item):
                    trace.effects.append(Effect(SEEN, f"adds {item!r} to sys.{list_name}", ""))
        for name, value in before.attributes.items():
            now = getattr(sys, name, None)
            if now is not value and self._is_made_by(plugin, now):
                trace.effects.append(Effect(SEEN, f"replaces sys.{name}", ""))
        for name in sorted(self._own_imports.get(plugin, ())):
            module = sys.modules.get(name)
            if module is not None and not self._is_own(plugin, name):
                trace.effects += [Effect(SEEN, f"replaces {patched}", "") for patched in self._patches(plugin, module)]

    def _add_package_traces(self, trace: ImportTrace) -> None:
        """Add the traces of all packages that were imported, whichever plugin caused their code to run."""
        pending = list(trace.packages)
        while pending:
            package_trace = self._package_traces.get(pending.pop())
            if package_trace is not None:
                pending += package_trace.packages - trace.packages
                trace.packages |= package_trace.packages
                trace.variables |= package_trace.variables
                trace.missing |= package_trace.missing

    def _is_made_by(self, plugin: Plugin, value: object) -> bool:
        """Return whether the plugin's own code defines *value* or its type."""
        for each in (value, type(value)):
            module = getattr(each, "__module__", None)
            if isinstance(module, str) and module in sys.modules:
                return self._is_own(plugin, module)
        return False

    def _patches(self, plugin: Plugin, module: ModuleType) -> Iterator[str]:
        """Yield the names in *module*, and in its classes, to which the plugin's own code has assigned."""
        name = module.__name__
        values = tuple(map(id, vars(module).values()))
        for value in list(vars(module).values()):
            if isinstance(value, type) and value.__module__ == name:
                values += tuple(map(id, vars(value).values()))
        if self._last_contents.get(name) == values:  # unchanged since the last plugin
            return
        self._last_contents[name] = values
        for attribute, value in list(vars(module).items()):
            if isinstance(value, type) and getattr(value, "__module__", None) == name:
                for method, function in list(vars(value).items()):
                    if self._is_patched(plugin, function, name):
                        yield f"{name}.{value.__name__}.{method}"
            elif self._is_patched(plugin, value, name):
                yield f"{name}.{attribute}"

    def _is_patched(self, plugin: Plugin, value: object, module: str) -> bool:
        """Return whether *value*, found in *module*, is a class or function of the plugin's own code."""
        defined_in = getattr(value, "__module__", None)
        if not isinstance(defined_in, str) or defined_in == module or defined_in not in sys.modules:
            return False
        return callable(value) and self._is_own(plugin, defined_in)


class Observation:
    """The observation of one import."""

    __slots__ = ("attributes", "lists")

    def __init__(self) -> None:
        self.lists = {name: list(getattr(sys, name)) for name in ("meta_path", "path_hooks")}
        self.attributes = {name: getattr(sys, name, None) for name in _SYS_ATTRIBUTES}


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


def _watch_import_module(original: Callable[..., ModuleType]) -> Callable[..., ModuleType]:
    def import_module(name: str, package: str | None = None) -> ModuleType:
        if not name.startswith("."):
            # `__import__` is watched, and returns the top-level package
            caller = sys._getframe(1).f_globals
            __import__(name, caller, None, (), 0)
            return sys.modules[name]
        return original(name, package)

    return import_module
