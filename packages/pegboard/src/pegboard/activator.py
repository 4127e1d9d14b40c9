"""The activator: imports plugins, so that what they register is theirs, wholly or not at all.

Python's import system stays the only gate: it runs a module once, whichever thread asks, and unwinds on failure. A
finder only brackets the execution of each plugin's module, so that what the module registers has an owner even when
plugins import one another.

Source: PEP 451 (module specs), PEP 302 (meta path finders).
"""

import _thread
import sys

from pegboard.plugin import ACTIVE, BROKEN, DISABLED, PRIMED, QUARANTINED, application

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import FrameType, ModuleType
    from typing import Any

    from pegboard.errors import PegboardError, PluginError
    from pegboard.plugin import Plugin
    from pegboard.roster import Roster

    Bracket = Callable[[Plugin, Callable[[], None]], None]


class Activator:
    """Runs plugins' code and keeps count of whose code is running.

    An import that fails in any way leaves no contribution and no half-imported module of the plugin behind.
    Anything a plugin raises is contained, `SystemExit` and its own `BaseException` included; only
    `KeyboardInterrupt` passes, since that is the user speaking.
    """

    __slots__ = ("_application", "_finder", "_is_ready", "_local", "_roster")

    def __init__(self, roster: "Roster") -> None:
        """Make an activator for the plugins of *roster*."""
        self._roster = roster
        self._application = application(roster.application)
        self._local = _thread._local()
        self._finder = PluginFinder(self._run, self._look_up)
        self._is_ready = False

    def _look_up(self, module: str) -> "Plugin | None":
        index = self._roster.index
        return None if index is None else index.plugin(module)

    def watch(self, plugins: "Iterable[Plugin]") -> None:
        """Take notice when one of *plugins* is imported, whoever imports it."""
        for plugin in plugins:
            self._finder.watch(plugin)

    def retire(self) -> None:
        """Stop taking notice; for a host that is thrown away."""
        self._finder.retire()

    # -- whose code is running ----------------------------------------------------------------------------------------

    def registering(self) -> "tuple[Plugin, bool]":
        """Return whose code is registering right now, and whether this thread is importing it.

        While a plugin is imported all it does in this thread is its own, also through other modules. Later the
        nearest frame of a plugin's module tells; code of no plugin is the application's.
        """
        stack = self._stack()
        if stack:
            return stack[-1], True
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            module = frame.f_globals.get("__name__")
            if isinstance(module, str) and (plugin := self._finder.owner(module)):
                return plugin, False
            frame = frame.f_back
        return self._application, False

    def importing(self) -> "Plugin | None":
        """Return the plugin that this thread is importing; the innermost when plugins import one another."""
        stack = self._stack()
        return stack[-1] if stack else None

    def owner(self, module: str) -> "Plugin | None":
        """Return the plugin that a module is, or is a part of; None when it belongs to no plugin."""
        return self._finder.owner(module)

    def _stack(self) -> "list[Plugin]":
        try:
            stack: list[Plugin] = self._local.stack
        except AttributeError:
            stack = self._local.stack = []
        return stack

    # -- running it ---------------------------------------------------------------------------------------------------

    def activate(self, plugin: "Plugin") -> None:
        """Import *plugin*, unless it is active already.

        Several threads may ask at once: the import system runs the module once and lets the others wait.

        Raises:
            PluginError: If it cannot be imported, or is not to be; the error is on `plugin.error`, too, and has been
                reported the first time.
        """
        if plugin.state == ACTIVE:
            return
        if not plugin.is_usable:
            raise self._refusal(plugin)
        if not self._is_ready:
            self.get_ready()
        try:
            __import__(plugin.module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if plugin.state == BROKEN and plugin.error is not None:  # the bracket has seen it fail
                if error is plugin.error:  # strict mode raises it where it is reported
                    raise
                raise plugin.error from error
            failure = self._failure(plugin, error)
            self._mark_broken(plugin, failure)
            raise failure from error
        # A module that was imported before the host knew it, or that has no code (a bare directory), had no bracket.
        if plugin.state != BROKEN:
            plugin.state = ACTIVE

    def get_ready(self) -> "PluginFinder":
        """Make the plugins of the index importable, as a search does, and notice when they are imported."""
        index = self._roster.index
        if not self._is_ready and index is not None and self._roster.found is None:
            from pegboard.namespace import extend_namespace

            extend_namespace(self._roster.application, *index.namespace())
        if self._roster.doorman in sys.meta_path:
            sys.meta_path.remove(self._roster.doorman)
        self._finder.install()
        self._is_ready = True
        return self._finder

    def _run(self, plugin: "Plugin", execute: "Callable[[], None]") -> None:
        """Execute a plugin's module: the bracket that the finder puts around every import of one."""
        if not plugin.is_usable:
            raise ImportError(self._refusal(plugin).summary(), name=plugin.module)
        ledger = self._roster.ledger
        stack = self._stack()
        ledger.begin(plugin)
        stack.append(plugin)
        started = _now()
        try:
            execute()
        except BaseException as error:
            ledger.discard(plugin)
            _forget_parts(plugin.module)
            if not isinstance(error, KeyboardInterrupt):
                self._mark_broken(plugin, self._failure(plugin, error))
            raise
        finally:
            stack.pop()
        plugin.cost_ms = (_now() - started) * 1000
        batch = ledger.commit(plugin)
        plugin.state = ACTIVE
        plugin.error = None
        self._roster.activated(plugin, batch)

    def _mark_broken(self, plugin: "Plugin", failure: "PegboardError") -> None:
        plugin.fail(failure)
        self._roster.report(failure)

    def _refusal(self, plugin: "Plugin") -> "PegboardError":
        if plugin.error is not None:
            return plugin.error
        from pegboard.errors import PluginImportError

        state = {DISABLED: "disabled", QUARANTINED: "quarantined"}.get(plugin.state, plugin.state)
        return PluginImportError(
            plugin.name,
            str(plugin.distribution or ""),
            f"it is {state}: {plugin.reason}" if plugin.reason else f"it is {state}",
            plugin.origin,
            "enable it to use it",
        )

    def _failure(self, plugin: "Plugin", error: "BaseException") -> "PluginError":
        from pegboard.boundary import place_in
        from pegboard.errors import PluginImportError, PluginNotImportableError, describe_exception

        owner = str(plugin.distribution or "")
        if isinstance(error, ModuleNotFoundError) and error.name == plugin.module:
            return PluginNotImportableError(plugin.name, owner, describe_exception(error), plugin.origin)
        leave_out = f"leave it out with {self._roster.prefix}_NO_PLUGINS={plugin.name}"
        if isinstance(error, ModuleNotFoundError) and error.name and "." not in error.name:
            advice = f"install {error.name!r}, or {leave_out}"
        else:
            advice = f"update it, report the cause to its author, or {leave_out}"
        return PluginImportError(plugin.name, owner, describe_exception(error), place_in(plugin, error), advice)


def _now() -> float:
    from time import perf_counter

    return perf_counter()


def _forget_parts(module: str) -> None:
    """Drop the sub-modules of *module*: Python drops only the module itself when its import fails."""
    inside = module + "."
    for name in [name for name in sys.modules if name.startswith(inside)]:
        del sys.modules[name]


# -- noticing imports --------------------------------------------------------------------------------------------------


class PluginFinder:
    """Finds exactly the modules of one host's plugins, by asking all other finders, and brackets their execution."""

    __slots__ = ("_bracket", "_by_module", "_look_up")

    def __init__(self, bracket: "Bracket", look_up: "Callable[[str], Plugin | None]") -> None:
        """Make a finder that is not in use yet.

        Args:
            bracket: Runs a plugin's code, given the plugin and the code.
            look_up: Returns the plugin that is a module, among those that nobody told `watch` of: an index knows
                thousands without making them.
        """
        self._by_module: dict[str, Plugin] = {}
        self._look_up = look_up
        self._bracket = bracket

    def watch(self, plugin: "Plugin") -> None:
        """Bracket the import of *plugin* from now on."""
        self._by_module[plugin.module] = plugin
        self.install()

    def install(self) -> None:
        """Be asked before all other finders."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def plugin(self, module: str) -> "Plugin | None":
        """Return the plugin whose module is exactly *module*; None when there is none."""
        return self._by_module.get(module) or self._look_up(module)

    def owner(self, module: str) -> "Plugin | None":
        """Return the plugin that *module* is, or is a part of; None when it belongs to no plugin."""
        while module:
            if plugin := self.plugin(module):
                return plugin
            module = module.rpartition(".")[0]
        return None

    def retire(self) -> None:
        """Stop bracketing; what is imported stays."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        """Return the spec that the other finders have for a plugin, with its loader bracketed; None for the rest."""
        plugin = self.plugin(fullname)
        if plugin is None:
            return _spec_of_loaded(fullname) if fullname in sys.modules else None
        if plugin.state == PRIMED and (direct := _spec_from_record(plugin)) is not None:
            direct.loader = _BracketedLoader(direct.loader, plugin, self._bracket)  # type: ignore[assignment]
            return direct
        for finder in sys.meta_path:
            if finder is self:
                continue
            find: Any = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(fullname, path, target) if find else None
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _BracketedLoader(spec.loader, plugin, self._bracket)  # type: ignore[assignment]
                return spec
        return None


def _spec_from_record(plugin: "Plugin") -> "ModuleSpec | None":
    """Return the spec of a plugin whose file is on record, without searching for it; None when that is not plain.

    That the record still holds says that a search would find the same; and in a directory of a thousand plugins the
    search alone would take longer than importing one of them.
    """
    origin = plugin.origin
    if origin is None or not plugin.is_plain:
        return None
    from _frozen_importlib_external import SourceFileLoader, spec_from_file_location

    spec: ModuleSpec | None = spec_from_file_location(
        plugin.module, origin, loader=SourceFileLoader(plugin.module, origin)
    )
    return spec


def _spec_of_loaded(fullname: str) -> "ModuleSpec | None":
    """Return a spec by which an import gets the module that is there: the namespace, made while it was asked for."""
    from _frozen_importlib import ModuleSpec

    module = sys.modules[fullname]
    spec = ModuleSpec(fullname, _Loaded(module), is_package=True)  # type: ignore[arg-type]  # all of a loader that is used
    spec.submodule_search_locations = list(module.__path__)
    return spec


class _Loaded:
    """Loads a module that is loaded already."""

    __slots__ = ("_module",)

    def __init__(self, module: "ModuleType") -> None:
        self._module = module

    def create_module(self, spec: "ModuleSpec") -> "ModuleType":
        del spec
        return self._module

    def exec_module(self, module: "ModuleType") -> None:
        """Do nothing: its code has run."""


class _BracketedLoader:
    """Stands before a module's own loader until the module's code runs, then steps aside for good."""

    __slots__ = ("_bracket", "_loader", "_plugin")

    def __init__(self, loader: "Any", plugin: "Plugin", bracket: "Bracket") -> None:
        self._loader = loader
        self._plugin = plugin
        self._bracket = bracket

    def create_module(self, spec: "ModuleSpec") -> "ModuleType | None":
        create = getattr(self._loader, "create_module", None)
        module: ModuleType | None = create(spec) if create else None
        return module

    def exec_module(self, module: "ModuleType") -> None:
        loader = self._loader
        # resources, inspect and linecache ask the loader who it is: from here on it is the module's own
        module.__loader__ = loader
        if module.__spec__ is not None:
            module.__spec__.loader = loader
        self._bracket(self._plugin, lambda: loader.exec_module(module))

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._loader, name)
