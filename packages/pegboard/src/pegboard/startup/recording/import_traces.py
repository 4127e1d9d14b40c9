"""What does the import of each plugin read: variables, packages, modules of other plugins, modules that are not there?

In: the environment and the import system, while plugins are imported. Out: a trace of each plugin.
"""

from __future__ import annotations

import builtins
import importlib.util
import os
import sys
from functools import partial
from types import ModuleType

from pegboard._typing import TYPE_CHECKING
from pegboard.index import WHOLE_ENVIRONMENT
from pegboard.left_out import is_library
from pegboard.startup.recording.effects.naming import namespace_of
from pegboard.startup.recording.variables import Variables, bodies

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pegboard.ledger import Plugin
    from pegboard.sources import Adapter
    from pegboard.startup.recording.effects.effect import Effect
    from pegboard.startup.recording.ownership import Ownership
    from pegboard.startup.recording.replaced_functions import ReplacedFunctions

_NOT_OBSERVED = ("pegboard.", "importlib._bootstrap", "_frozen_importlib")
"""How the names of modules begin of which no import counts; what the import system needs is in Python itself."""


class ImportTrace:
    """What the import of one plugin, or of one package, read and did."""

    __slots__ = ("adapter", "borrowed", "effects", "is_judged", "missing", "packages", "uses", "variables")

    def __init__(self, adapter: Adapter | None = None) -> None:
        self.adapter: Adapter | None = adapter
        """The application's, which is called in the course of an import: its code counts as the plugin's."""
        self.variables: set[str] = set()
        """Environment variables that were read."""
        self.packages: set[str] = set()
        """Top-level packages that were imported, including those that were loaded already."""
        self.missing: set[str] = set()
        """Modules that were to be imported and not found."""
        self.uses: set[str] = set()
        """Modules of other plugins that were imported."""
        self.borrowed: set[str] = set()
        """If it imports plugins that the application does not enable: the modules of all such that are loaded."""
        self.effects: list[Effect] = []
        """What it did besides registering, as far as it was observed."""
        self.is_judged: bool = False
        """Whether it was observed whole, so that `effects` says whether it does more than register."""


class ImportTraces:
    """The traces of all plugins, and of the packages that they import."""

    def __init__(
        self,
        importing: Callable[[], Plugin | None],
        ownership: Ownership,
        application: str,
        *,
        adapter: Adapter | None,
        used: Callable[[Plugin], None],
    ) -> None:
        """Start with none.

        Args:
            importing: Returns the plugin that this thread is importing, or what is observed instead; or None.
            ownership: Says whether a module is the plugin's own code, and which plugin it is a part of.
            application: The top-level package of the application.
            adapter: The application's.
            used: Called with each plugin that another one imports.
        """
        self._importing = importing
        self._is_own = ownership.is_own
        self._owner = ownership.owner
        self._of_nobody = ownership.of_nobody
        self._adapter = adapter
        self._used = used
        self._not_traced = {"pegboard", application}
        self._packages: dict[str, ImportTrace] = {}
        """The trace of each top-level package: only the first of several plugins that import one runs its code."""
        self._traces: dict[Plugin, ImportTrace] = {}
        self._borrowed: set[str] = set()
        self._dropped = ImportTrace()
        self.variables: Variables = Variables()
        """The environment before the first import, and who has changed it since."""

    def watch(self, functions: ReplacedFunctions) -> None:
        """Trace from now on what is read, until *functions* are restored."""
        self._watch_environment(functions)
        self._watch_imports(functions)

    def forget(self) -> None:
        """Forget the traces; who wanted one has it."""
        self._traces.clear()

    def trace(self, plugin: Plugin) -> ImportTrace:
        """Return the trace of *plugin* so far."""
        try:
            return self._traces[plugin]
        except KeyError:
            trace = self._traces[plugin] = ImportTrace(self._adapter)
            return trace

    def add_package_traces(self, trace: ImportTrace) -> None:
        """Add the traces of all packages that were imported, whichever plugin caused their code to run."""
        pending = list(trace.packages)
        while pending:
            package_trace = self._packages.get(pending.pop())
            if package_trace is not None:
                pending += package_trace.packages - trace.packages
                trace.packages |= package_trace.packages
                trace.variables |= package_trace.variables
                trace.missing |= package_trace.missing

    def _watch_environment(self, functions: ReplacedFunctions) -> None:
        environment = type(os.environ)
        functions.watch(environment, "__getitem__", lambda _, name: self._add_variable(name))
        functions.watch(environment, "__iter__", lambda _: self._add_variable(WHOLE_ENVIRONMENT))

    def _add_variable(self, name: str | bytes) -> None:
        """Add a variable to the trace of the imported plugin, and to those of the packages whose bodies read it."""
        plugin = self._importing()
        if plugin is None:
            return
        frame = sys._getframe(1)
        names = self.variables.bound(name, frame)
        self.trace(plugin).variables |= names
        self.trace(plugin).uses |= self.variables.setters(names, plugin)
        for module in bodies(frame, partial(self._is_own, plugin)):
            self._package_trace(module).variables |= names

    def _package_trace(self, module: str) -> ImportTrace:
        """Return the trace of the package of *module*; for Python, pegboard and the application one nobody reads."""
        package = module.partition(".")[0]
        if package in sys.stdlib_module_names or package in self._not_traced:
            return self._dropped
        return self._packages.setdefault(package, ImportTrace())

    def _add_import(self, plugin: Plugin, importer: str, name: str, attributes: Sequence[str]) -> None:
        trace = self.trace(plugin)
        package = name.partition(".")[0]
        trace.packages.add(package)
        self._package_trace(importer).packages.add(package)
        if name not in self._of_nobody:
            self._add_use(plugin, trace, name)
        for attribute in attributes:
            module = f"{name}.{attribute}"
            if module not in self._of_nobody:
                self._add_use(plugin, trace, module)

    def _add_use(self, plugin: Plugin, trace: ImportTrace, module: str) -> None:
        owner = self._owner(module)
        if owner is not None and is_library(owner):
            self._borrowed.add(owner.module)
            trace.borrowed = self._borrowed
        elif owner is not None and owner is not plugin:
            trace.uses.add(owner.module)
            self._used(owner)

    def _add_missing(self, plugin: Plugin, importer: str, name: str) -> None:
        self.trace(plugin).missing.add(name)
        self._package_trace(importer).missing.add(name)

    def _add_missing_attributes(
        self, plugin: Plugin, importer: str, name: str, module: ModuleType, attributes: Sequence[Any]
    ) -> None:
        """Add those *attributes* of a package, imported as *name*, that are not there: they might be modules of it."""
        namespace = namespace_of(module) if issubclass(type(module), ModuleType) else {}
        if "__path__" in namespace and name.partition(".")[0] not in sys.stdlib_module_names:
            for attribute in attributes:
                if type(attribute) is str and attribute.isidentifier() and attribute not in namespace:
                    self._add_missing(plugin, importer, f"{name}.{attribute}")

    def _watch_imports(self, functions: ReplacedFunctions) -> None:
        def importing(original: Callable[..., ModuleType]) -> Callable[..., ModuleType]:
            def import_(
                name: str,
                globals: Any = None,  # noqa: A002
                locals: Any = None,  # noqa: A002
                fromlist: Any = (),
                level: int = 0,
            ) -> ModuleType:
                importer = globals.get("__name__") if type(globals) is dict else None
                if type(importer) is not str:
                    importer = ""
                elif importer.startswith(_NOT_OBSERVED) or importer == "pegboard":
                    return original(name, globals, locals, fromlist, level)
                if type(name) is not str or (plugin := self._importing()) is None:
                    return original(name, globals, locals, fromlist, level)
                attributes = fromlist or ()
                full_name = _absolute(name, globals, level) if level else name
                self._add_import(plugin, importer, full_name, attributes)
                try:
                    module = original(name, globals, locals, fromlist, level)
                except ModuleNotFoundError as error:
                    if error.name:
                        self._add_missing(plugin, importer, error.name)
                    raise
                if attributes:
                    self._add_missing_attributes(plugin, importer, full_name, module, attributes)
                return module

            return import_

        functions.replace(builtins, "__import__", importing)
        functions.replace(importlib.util, "find_spec", self._watch_find_spec)
        functions.replace(importlib, "import_module", _watch_import_module)

    def _watch_find_spec(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def find_spec(name: str, *rest: Any, **options: Any) -> Any:
            found = original(name, *rest, **options)
            plugin = self._importing()
            if plugin is not None:
                importer = name_in(sys._getframe(1).f_globals)
                if found is None:
                    self._add_missing(plugin, importer, name)
                else:
                    self._add_import(plugin, importer, name, ())
            return found

        return find_spec


def name_in(namespace: Any) -> str:
    """Return the `__name__` in a module's namespace; an empty text where it is none."""
    name = namespace.get("__name__") if type(namespace) is dict else None
    return name if type(name) is str else ""


def _absolute(name: str, importer: Any, level: int) -> str:
    """Return the full name of the module that is imported as *name* by a module with the globals *importer*.

    Source: Python's language reference, section 5.7, "Package Relative Imports".
    """
    if not level or type(importer) is not dict:
        return name
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
