"""The activator: imports plugins, so that what they register is theirs, wholly or not at all.

Python's import system stays the only gate: it runs a module once, whichever thread asks, and unwinds on failure. A
finder only brackets the execution of each plugin's module, so that what the module registers has an owner even when
plugins import one another.

Source: PEP 451 (module specs), PEP 302 (meta path finders), PEP 420 (namespace packages).
"""

import _thread
import os
import sys

from pegboard.ledger import ACTIVE, BROKEN, PRIMED, application

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import FrameType, ModuleType
    from typing import Any

    from pegboard.errors import PegboardError
    from pegboard.host import Roster
    from pegboard.ledger import Plugin


class Activator:
    """Runs plugins' code and keeps count of whose code is running.

    An import that fails in any way leaves no contribution and no half-imported module of the plugin behind.
    Anything a plugin raises is contained, `SystemExit` and its own `BaseException` included; only
    `KeyboardInterrupt` passes, since that is the user speaking.

    The roster's finder asks it for every import: it finds exactly the modules of its plugins, by asking all other
    finders.
    """

    __slots__ = ("_application", "_by_module", "_is_ready", "_local", "_roster", "is_watching")

    def __init__(self, roster: "Roster") -> None:
        """Make an activator for the plugins of *roster*."""
        self._roster = roster
        self._application = application(roster.application)
        self._local = _thread._local()
        self._by_module: dict[str, Plugin] = {}
        self._is_ready = False
        self.is_watching: bool = False
        """Whether it is to be asked for every import."""

    def watch(self, plugins: "Iterable[Plugin]") -> None:
        """Take notice when one of *plugins* is imported, whoever imports it; those of an index need not be told."""
        for plugin in plugins:
            self._by_module[plugin.module] = plugin
        self.is_watching = True
        if self._roster.finder not in sys.meta_path:
            sys.meta_path.insert(0, self._roster.finder)

    # -- whose code is running ----------------------------------------------------------------------------------------

    def registering(self) -> "tuple[Plugin, bool]":
        """Return whose code is registering right now, and whether this thread is importing it.

        While a plugin is imported all it does in this thread is its own, also through other modules. Later the
        nearest frame of a plugin's module tells; code of no plugin is the application's.
        """
        stack = self.stack()
        if stack:
            return stack[-1], True
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            module = frame.f_globals.get("__name__")
            if isinstance(module, str) and (plugin := self.owner(module)):
                return plugin, False
            frame = frame.f_back
        return self._application, False

    def stack(self) -> "list[Plugin]":
        """Return the plugins that this thread is importing, the innermost last: they import one another."""
        try:
            stack: list[Plugin] = self._local.stack
        except AttributeError:
            stack = self._local.stack = []
        return stack

    def plugin(self, module: str) -> "Plugin | None":
        """Return the plugin whose module is exactly *module*; None when there is none."""
        records = self._roster.records
        return self._by_module.get(module) or (None if records is None else records.plugin(module))

    def owner(self, module: str) -> "Plugin | None":
        """Return the plugin that *module* is, or is a part of; None when it belongs to no plugin."""
        while module:
            if plugin := self.plugin(module):
                return plugin
            module = module.rpartition(".")[0]
        return None

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
            from pegboard.boundary import refusal

            raise refusal(plugin)
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
            raise self._fail(plugin, error) from error
        # A module that was imported before the host knew it, or that has no code (a bare directory), had no bracket.
        if plugin.state != BROKEN:
            plugin.state = ACTIVE

    def get_ready(self) -> None:
        """Make the plugins of the index importable, as a search does, and notice when they are imported."""
        roster = self._roster
        with roster.lock:  # several threads may wake the first plugins
            if not self._is_ready and roster.records is not None and roster.found is None:
                extend_namespace(roster.application, *roster.records.namespace())
            self.watch(())
            self._is_ready = True

    def run(self, plugin: "Plugin", execute: "Callable[[], None]") -> None:
        """Execute a plugin's module: the bracket around every import of one.

        Args:
            plugin: Whose module it is.
            execute: Runs the module's code.
        """
        if not plugin.is_usable:
            from pegboard.boundary import failed_before

            raise failed_before(plugin)
        from time import perf_counter

        ledger = self._roster.ledger
        stack = self.stack()
        ledger.begin(plugin)
        stack.append(plugin)
        entry = None if plugin.is_built_in else begin_entry(self._roster, plugin, len(stack))
        started = perf_counter()
        try:
            execute()
        except BaseException as error:
            from pegboard.boundary import forget_parts
            from pegboard.revision import discard

            discard(ledger, plugin)
            forget_parts(plugin.module)
            if plugin in self._roster.unloads:
                self._roster.end_failed(plugin)
            if not isinstance(error, KeyboardInterrupt):
                self._fail(plugin, error)
            else:
                from pegboard.startup.journal.quarantine import interrupted

                interrupted(self._roster, plugin, error, perf_counter() - started)
            raise
        finally:
            stack.pop()
            if entry is not None:
                end_entry(*entry)
        plugin.cost_ms = (perf_counter() - started) * 1000
        batch = ledger.commit(plugin)
        plugin.state = ACTIVE
        plugin.error = None
        roster = self._roster
        if roster.suspects or (roster.slow_after is not None and plugin.cost_ms > roster.slow_after * 1000):
            from pegboard.startup.journal.quarantine import survived

            survived(roster, plugin)
        roster.activated(plugin, batch)

    def _fail(self, plugin: "Plugin", error: "BaseException") -> "PegboardError":
        from pegboard.boundary import import_failure

        failure = import_failure(plugin, error, self._roster.prefix, self.owner)
        failure.__cause__ = error
        plugin.fail(failure)
        self._roster.report(failure)
        return failure

    # -- noticing imports ---------------------------------------------------------------------------------------------

    def find_spec(
        self, fullname: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        """Return the spec that the other finders have for a plugin, with its loader bracketed; None for the rest."""
        plugin = self.plugin(fullname)
        if plugin is None:
            if fullname not in sys.modules:
                return None
            from pegboard.namespace_package import spec_of_loaded

            return spec_of_loaded(fullname)
        spec: ModuleSpec | None = None
        if plugin.state == PRIMED and plugin.is_plain and plugin.origin:
            # That the record still holds says that a search would find the same; and in a directory of a thousand
            # plugins the search alone would take longer than importing one of them.
            from _frozen_importlib_external import SourceFileLoader, spec_from_file_location

            loader = SourceFileLoader(fullname, plugin.origin)
            spec = spec_from_file_location(fullname, plugin.origin, loader=loader)
        for finder in () if spec else sys.meta_path:
            find: Any = None if finder is self._roster.finder else getattr(finder, "find_spec", None)
            if find and (spec := find(fullname, path, target)) is not None:
                break
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _BracketedLoader(spec.loader, plugin, self)  # type: ignore[assignment]
        return spec


class _BracketedLoader:
    """Stands before a module's own loader until the module's code runs, then steps aside for good."""

    __slots__ = ("_activator", "_loader", "_plugin")

    def __init__(self, loader: "Any", plugin: "Plugin", activator: "Activator") -> None:
        self._loader = loader
        self._plugin = plugin
        self._activator = activator

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
        self._activator.run(self._plugin, lambda: loader.exec_module(module))

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._loader, name)


# -- the journal: what is being imported right now, for whoever comes after a process that died of it ------------------


def begin_entry(roster: "Roster", plugin: "Plugin | None", depth: int) -> "tuple[str, int] | None":
    """Note in the journal that this thread begins to import *plugin*, or, if that is None, to make all of them ready.

    The file is locked: the system drops the lock when the process ends, however it ends. See `incidents.examination`.

    Args:
        roster: Whose journal it is.
        plugin: What is imported.
        depth: How many imports of plugins this thread is in.

    Returns:
        What `end_entry` wants; None where no journal can be kept, which keeps nobody from importing.
    """
    journal = roster.journal
    if not journal:
        return None
    path = f"{journal}{os.sep}{os.getpid()}-{_thread.get_ident()}-{depth}"
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    try:
        try:
            descriptor = os.open(path, flags, 0o600)
        except FileNotFoundError:
            os.makedirs(journal, 0o700, exist_ok=True)
            descriptor = os.open(path, flags, 0o600)
    except OSError:
        return None
    try:
        if hasattr(os, "lockf"):
            os.lockf(descriptor, os.F_TLOCK, 0)
        about: tuple[str, ...] = ("", "", "", "", "")
        if plugin is not None:
            owner = plugin.distribution
            names = (owner.name, owner.version) if owner else ("", "")
            about = (plugin.module, plugin.name, plugin.origin or "", *names)
        text = "\n".join((*about, "1" if roster.starting else ""))
        os.write(descriptor, text.encode("utf-8", "surrogateescape"))
    except OSError:
        end_entry(path, descriptor)
        return None
    return path, descriptor


def end_entry(path: str, descriptor: int) -> None:
    """Take back what `begin_entry` noted; the folder stays, since making one takes longer than all the rest."""
    is_windows = os.name == "nt"
    try:
        if is_windows:  # which removes no file that is open
            os.close(descriptor)
        os.unlink(path)  # elsewhere before the lock is dropped, so that nobody takes it for a dead one's
    except OSError:
        pass
    if not is_windows:
        os.close(descriptor)


# -- the package that plugins are in ----------------------------------------------------------------------------------


def extend_namespace(application: str, portions: "Iterable[str]", init: "str | None" = None) -> "tuple[str, ...]":
    """Make `<application>.plugins` a package whose modules are searched for in *portions*, in that order.

    The application is imported in the ordinary way, unless it is already, or is the script that runs. Its `plugins`
    package is not: whichever `__init__` Python meets first may have been shipped by some plugin. Only *init* is run,
    and without it the package is made out of nothing, like a namespace package (PEP 420). A `plugins` package that was
    imported before only gets the new search path.

    Args:
        application: The package that the host was made for; may be dotted.
        portions: Directories, and directories inside zip archives; see `Discovery.portions`.
        init: The application's own `plugins/__init__` file, see `Discovery.init`.

    Returns:
        The search path as it is now. It is longer than *portions* when the application's own `__init__` appended to
        its `__path__`; whoever wants the plugins in there too discovers once more.

    Raises:
        Exception: Whatever importing the application, or running *init*, raises.
    """
    search_path = list(portions)
    if application not in sys.modules:
        from pegboard.namespace_package import import_application

        import_application(application)
    name = f"{application}.plugins"
    module = sys.modules.get(name) or _create(name, search_path, init)
    for path in list(getattr(module, "__path__", ())):
        if path not in search_path:
            search_path.append(path)
    module.__path__ = search_path
    spec: ModuleSpec | None = getattr(module, "__spec__", None)
    if spec is not None:
        spec.submodule_search_locations = search_path
    vars(sys.modules[application]).setdefault("plugins", module)
    return tuple(search_path)


def _create(name: str, search_path: "list[str]", init: "str | None") -> "ModuleType":
    # The import system's own module, frozen into the interpreter: `importlib.util`, its public name, costs 5 ms.
    from _frozen_importlib import ModuleSpec, module_from_spec

    spec = None
    if init is not None:
        from pegboard.namespace_package import spec_from_init

        spec = spec_from_init(name, init)
    if spec is None or spec.loader is None:
        spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = list(search_path)
    module = module_from_spec(spec)
    sys.modules[name] = module
    if spec.loader is not None:
        try:
            spec.loader.exec_module(module)
        except BaseException:
            sys.modules.pop(name, None)
            raise
    return sys.modules[name]
