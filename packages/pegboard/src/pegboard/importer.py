"""The importer: how is a plugin imported, so that what it registers is its own, wholly or not at all?

In: a plugin, when something of it is used or anybody imports its module. Out: its contributions, committed to the
ledger, or an error that names it.

Python's import system stays the only gate: it runs a module once, whichever thread asks, and unwinds on failure. A
finder only brackets the execution of each plugin's module, so that what the module registers has an owner even when
plugins import one another.

Hot: each start that uses a contribution loads this file.

Source: PEP 451 (module specs), PEP 302 (meta path finders), PEP 420 (namespace packages).
"""

import _thread
import os
import sys

from pegboard.ledger import ACTIVE, BROKEN, DISTRIBUTION, DORMANT, ISOLATED, PRIMED, Ledger, application

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import FrameType, ModuleType
    from typing import Any, Protocol

    from pegboard.early_imports import EarlyImports
    from pegboard.errors import PegboardError
    from pegboard.ledger import Contribution, Plugin, Records
    from pegboard.sources import Adapter

    class Isolated(Protocol):
        """What finds a plugin that is in an environment of its own."""

        def spec(self) -> ModuleSpec: ...

    class Listener(Protocol):
        """What is told of each import of a plugin."""

        @property
        def early(self) -> EarlyImports:
            """What knows of plugins that are imported outside the bracket."""

        def imported(self, plugin: Plugin, batch: Sequence[Contribution]) -> None:
            """*plugin* is active, and has registered *batch*."""

        def isolated(self, plugin: Plugin) -> Isolated:
            """Return what finds *plugin*, which is in an environment of its own."""

        def import_in_order(self, plugin: Plugin, error: BaseException | None, seconds: float) -> bool:
            """Import *plugin* after those that come before it, and return whether it is active then.

            Args:
                plugin: What is being imported.
                error: What has ended its import; None if its record says that it needs those before it. If it stays
                    so, the plugin is broken, unless another thread's import has caused it.
                seconds: How long its import had lasted.
            """


# -- whose code is running? -------------------------------------------------------------------------------------------


class Attribution:
    """Tells which plugin a module belongs to, and which plugin's code registers something."""

    __slots__ = ("_by_module", "_early", "_own", "_plugins", "application", "is_complete", "parts", "records", "stacks")

    def __init__(
        self,
        name: str,
        own: str = "",
        early: "Callable[[], EarlyImports] | None" = None,
        namespace: str = "app.plugins",
    ) -> None:
        """Start with no plugins; what belongs to none of them belongs to the application called *name*.

        Args:
            name: The application's.
            own: Another package that is the application's own: the one in which the host was made.
            early: Returns what knows of plugins that are imported outside the importer's bracket.
            namespace: The package that plugins are modules of; empty when there is none.
        """
        _, dot, last = namespace.rpartition(".")
        self._plugins = f"{dot}{last}." if last else ".plugins."  # in the name of each module there
        self._own = (f"{name}.", f"{own or name}.", "__main__.", "__mp_main__.")
        self._early = early
        self.is_complete: bool = False
        """Whether the plugins are known."""
        self.application: Plugin = application(name)
        """The owner of what no plugin registers."""
        self._by_module: dict[str, Plugin] = {}
        self.parts: dict[str, Plugin] = {}
        """Modules, which are no plugins themselves, of distributions whose entry points are contributions."""
        self.stacks: dict[int, list[Plugin]] = {}
        """The plugins that each thread is importing, the innermost last, by the thread's identifier."""
        self.records: Records | None = None
        """Where plugins are found, too."""

    def use_records(self, records: "Records | None") -> None:
        """Find plugins in *records*, too."""
        self.records = records
        self.is_complete = self.is_complete or records is not None

    def add_plugins(self, plugins: "Iterable[Plugin]") -> None:
        """Find *plugins* by their modules."""
        self.is_complete = True
        for plugin in plugins:
            self._by_module[plugin.module] = plugin

    def plugin(self, module: str) -> "Plugin | None":
        """Return the plugin whose module is exactly *module*; None when there is none."""
        return self._by_module.get(module) or (None if self.records is None else self.records.plugin(module))

    def owner(self, module: str) -> "Plugin | None":
        """Return the plugin that *module* is, or is a part of; None when it belongs to no plugin."""
        while module:
            if plugin := self.plugin(module) or self.parts.get(module):
                return plugin
            module = module.rpartition(".")[0]
        return None

    def stack(self) -> "list[Plugin]":
        """Return the plugins that this thread is importing, the innermost last: they import one another."""
        me = _thread.get_ident()
        try:
            return self.stacks[me]
        except KeyError:
            stack = self.stacks[me] = []
        return stack

    def registering(self) -> "tuple[Plugin, bool]":
        """Return whose code is registering now, and whether this thread is importing it.

        While a plugin is imported, all that this thread registers is the plugin's, also through other modules. Later
        the nearest frame of a plugin's module decides; code of no plugin is the application's.
        """
        stack = self.stack()
        if stack:
            return stack[-1], True
        innermost = sys._getframe(1)
        frame: FrameType | None = innermost
        while frame is not None:
            module = frame.f_globals.get("__name__")
            if isinstance(module, str):
                is_body = frame.f_code.co_name == "<module>"
                if not self.is_complete:
                    if is_body and f"{module}.".startswith(self._own) and self._plugins not in module:
                        break
                    if is_body or self._plugins in module:  # perhaps a plugin that is imported outside the bracket
                        return self._find_out(innermost)
                elif plugin := self.owner(module):
                    return self._find_out(innermost) if is_body else (plugin, False)
                elif module in ("pegboard.boundary", "pegboard.suspended") and "plugin" in frame.f_locals:  # `Host.run`
                    return frame.f_locals["plugin"], False
            frame = frame.f_back
        return self.application, False

    def _find_out(self, frame: "FrameType") -> "tuple[Plugin, bool]":
        if self._early is None:
            return self.application, False
        owner, importing = self._early().registering(frame, self._own, is_complete=self.is_complete)
        return owner or self.application, importing


# -- how is it imported? ----------------------------------------------------------------------------------------------


class Importer:
    """Imports plugins.

    An import that fails in any way leaves no contribution and no half-imported module of the plugin behind. Anything
    that a plugin raises is contained, `SystemExit` and other `BaseException` included; only `KeyboardInterrupt` passes.
    """

    __slots__ = (
        "_application",
        "_finder",
        "_is_ready",
        "_lock",
        "_namespace",
        "_searches",
        "adapter",
        "around",
        "attribution",
        "gate",
        "imports",
        "is_watching",
        "journal",
        "ledger",
        "listener",
        "observing_s",
        "prefix",
    )

    def __init__(
        self,
        attribution: Attribution,
        ledger: "Ledger",
        journal: "Journal",
        listener: "Listener",
        *,
        application: str,
        namespace: "str | None" = None,
        prefix: str,
        finder: "Any",
    ) -> None:
        """Make an importer that has imported nothing.

        Args:
            attribution: Knows the plugins; is told which one this thread imports.
            ledger: Where contributions are committed.
            journal: Where each import of a plugin that is not built in is noted.
            listener: Told of each import.
            application: The package whose plugins they are.
            namespace: The package that they are modules of; see `extend_namespace`.
            prefix: How the application's environment variables begin; advice for users names them.
            finder: What stands on `sys.meta_path` for this importer, and calls its `find_spec`.
        """
        self.attribution: Attribution = attribution
        """Knows the plugins, and which one each thread imports."""
        self.ledger: Ledger = ledger
        """Where contributions are committed."""
        self.listener: Listener = listener
        """Told of each import."""
        self._finder = finder
        self.prefix: str = prefix
        """How the application's environment variables begin."""
        self._application = application
        self._namespace = namespace
        self._lock = _thread.RLock()
        self._is_ready = False
        self._searches: set[tuple[int, str]] = set()  # by thread, modules of plugins that are being searched for
        self.gate = _thread.RLock()
        """Held while a thread begins to import plugins: a process that forks waits for those that have begun."""
        self.imports: dict[Plugin, tuple[Plugin | None, float, float]] = {}
        """The last import of each plugin: the plugin that imported it, and `perf_counter` at its begin and end."""
        self.adapter: Adapter | None = None
        """What makes contributions of what modules offer; see `Host.adapt`."""
        self.around: Callable[[Plugin, Callable[[], object]], None] | None = None
        """Runs the code of a plugin's module by calling its second argument; None where nobody observes it."""
        self.observing_s: float = 0.0
        """The seconds that observing imports has taken so far; what an import costs does not include them."""
        self.journal: Journal = journal
        """Where each import is noted."""
        self.is_watching: bool = False
        """Whether `find_spec` has to be asked for every import."""

    def watch(self) -> None:
        """Be asked for every import from now on, whoever imports."""
        self.is_watching = True
        if self._finder not in sys.meta_path:
            sys.meta_path.insert(0, self._finder)

    def prepare(self) -> None:
        """Make plugins importable, and be asked for every import; nothing happens when that is done."""
        with self._lock:  # several threads may import the first plugins
            if not self._is_ready:
                records = self.attribution.records
                if records is not None:  # without records there has been a search, which does it itself
                    extend_namespace(self._application, *records.namespace(), self._namespace)
                self.watch()
                self._is_ready = True

    def activate(  # noqa: C901 -- one more function would cost each run
        self, plugin: "Plugin", reason: "str | Contribution" = ""
    ) -> None:
        """Import *plugin*, unless it is active already.

        Several threads may ask at once: the import system runs the module once and lets the others wait. An audit
        event `pegboard.activate` with the module and *reason* precedes the import; the profiler observes it.

        Args:
            plugin: The plugin.
            reason: Why it is imported, in words, or the contribution that is used.

        Raises:
            PluginError: If it cannot be imported, or is not to be; the error is on `plugin.error`, too, and has been
                reported the first time.
        """
        if plugin.state == ACTIVE:
            return
        if not plugin.is_usable:
            from pegboard.boundary import refuse

            refuse(plugin, self.attribution.records)
        if not self._is_ready:
            self.prepare()
        if plugin.module.startswith(DISTRIBUTION):
            from pegboard.entry_objects import offer

            offer(plugin, self.ledger, self.attribution.records)
            return
        sys.audit("pegboard.activate", plugin.module, reason)
        earlier, tries = self.imports.get(plugin), 0
        parent = plugin.module.rpartition(".")[0]
        while True:
            try:
                if not parent or parent in sys.modules:
                    __import__(plugin.module)
                else:  # what the package does, in which an entry point is, is done by the plugin, too
                    self.run(plugin, lambda: __import__(plugin.module))
                break
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                tries += 1
                if not plugin.is_usable or not self._is_worth_another_try(plugin, error, tries, earlier):
                    failure = plugin.error or self.failure(plugin, error)
                    if error is failure:  # strict mode raises it where it is reported
                        raise
                    raise failure from error
        # A module that was imported before the host knew it, or that has no code (a bare directory), had no bracket.
        if plugin.state not in (ACTIVE, BROKEN):
            plugin.state = ACTIVE
            self.listener.early.adapt(plugin)

    def _is_worth_another_try(
        self, plugin: "Plugin", error: BaseException, tries: int, earlier: "tuple[Plugin | None, float, float] | None"
    ) -> bool:
        """Return whether *plugin*, whose import has raised *error*, is to be imported again: it has got no verdict."""
        from pegboard.concurrent_imports import wait_for_others

        has_run = self.imports.get(plugin) is not earlier  # else the bracket was not reached
        return wait_for_others(error, tries, is_certain=has_run) or (
            not has_run and self.listener.import_in_order(plugin, error, 0.0)
        )

    def live(self, contribution: "Contribution") -> "Any":
        """Return the object of *contribution*, importing its owner first if it is primed.

        Raises:
            PluginWithdrewError: If the owner, once imported, no longer registers it.
            PluginError: If the owner cannot be imported.
        """
        contribution.owner.is_used = True
        if contribution.live is not DORMANT:
            return contribution.live
        if contribution.owner.module.startswith(DISTRIBUTION):
            from pegboard.entry_objects import load

            return load(contribution, self)
        self.activate(contribution.owner, contribution)
        return self.ledger.successor(contribution).live

    def run(  # noqa: C901, PLR0912 -- one more function would cost each run
        self, plugin: "Plugin", execute: "Callable[[], object]", kept: "Sequence[Contribution] | None" = None
    ) -> None:
        """Execute a plugin's module: the bracket around every import of one.

        Args:
            plugin: The plugin that is this module.
            execute: Runs the module's code.
            kept: What it has registered already, if it is not its module that is executed, or not for the first time.
        """
        if not plugin.is_usable:
            from pegboard.left_out import execute_as_library

            if execute_as_library(plugin, execute, self.attribution, self.ledger):
                return
        from time import perf_counter

        ledger = self.ledger
        stack = self.attribution.stack()
        if plugin in stack:  # it reloads itself, or imports itself once more: that is a part of its one import
            execute()
            return
        if plugin.is_in_order and plugin.state == PRIMED and self.listener.import_in_order(plugin, None, 0.0):
            return
        ledger.begin(plugin, kept or ())
        if stack:
            stack.append(plugin)
        else:
            with self.gate:
                stack.append(plugin)
        process = os.getpid()
        entry = None if plugin.is_built_in else self.journal.begin(plugin, len(stack))
        started, observing_s = perf_counter(), self.observing_s
        around, outer = self.around, divert(self._application, None if plugin.is_built_in else plugin)
        try:
            try:
                execute() if around is None else around(plugin, execute)
                if kept is None and sys.modules.get(plugin.module) is None:
                    from pegboard.boundary import raise_for_removed

                    raise_for_removed(plugin)
            except BaseException as error:
                from pegboard.forks import end_if_child

                end_if_child(process, error)
                raise
            finally:
                end_diversion(outer)
                stack.pop()
                self.imports[plugin] = (stack[-1] if stack else None, started, perf_counter())
                if entry is not None:
                    self.journal.end(*entry)
        except BaseException as error:
            from pegboard.boundary import forget_submodules

            ledger.discard(plugin)
            if kept is not None:  # others use what has been imported
                raise
            forget_submodules(plugin.module)
            if self.listener.import_in_order(plugin, error, perf_counter() - started):
                return
            raise
        plugin.cost_ms = (perf_counter() - started - self.observing_s + observing_s) * 1000
        batch = ledger.commit(plugin)
        plugin.state, plugin.error = ACTIVE, None
        self.listener.imported(plugin, batch)

    def lose(self, plugin: "Plugin", error: "PegboardError") -> None:
        """Mark *plugin* broken because of *error*: the thread that was importing it is not in this process."""
        self.ledger.discard(plugin)
        plugin.fail(error)
        self.ledger.invalidate()

    def failure(self, plugin: "Plugin", error: "BaseException") -> "PegboardError":
        """Return what says that *error* was raised when *plugin* was imported."""
        from pegboard.boundary import to_import_error

        failure = to_import_error(plugin, error, self.prefix, self.attribution.owner)
        failure.__cause__ = error
        return failure

    def find_spec(
        self, fullname: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        """Return the spec that the other finders have for a plugin, with its loader bracketed; None for the rest."""
        plugin = self.attribution.plugin(fullname)
        if plugin is None:
            if target is not None or fullname not in sys.modules:  # importlib.reload has a target
                return None
            from pegboard.namespace_package import spec_of_loaded

            return spec_of_loaded(fullname)
        spec: ModuleSpec | None = None
        if plugin.state == PRIMED and plugin.is_plain and plugin.origin:
            # The record holds, so a search would find the same file; and in a directory of a thousand plugins the
            # search alone takes longer than importing one of them.
            from _frozen_importlib_external import SourceFileLoader, spec_from_file_location

            loader = SourceFileLoader(fullname, plugin.origin)
            spec = spec_from_file_location(fullname, plugin.origin, loader=loader)
        if spec is None:
            if plugin.source == ISOLATED:
                return self.listener.isolated(plugin).spec()
            search = _thread.get_ident(), fullname
            if search in self._searches:  # another host that has the same plugin asks back
                return None
            self._searches.add(search)
            try:
                for finder in list(sys.meta_path):
                    find: Any = None if finder is self._finder else getattr(finder, "find_spec", None)
                    if find and (spec := find(fullname, path, target)) is not None:
                        break
            finally:
                self._searches.discard(search)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _BracketedLoader(spec.loader, plugin, self)  # type: ignore[assignment]
        return spec


class _BracketedLoader:
    """Stands before a module's own loader until the module's code runs, then steps aside for good."""

    __slots__ = ("_importer", "_loader", "_plugin")

    def __init__(self, loader: "Any", plugin: "Plugin", importer: "Importer") -> None:
        self._loader = loader
        self._plugin = plugin
        self._importer = importer

    def create_module(self, spec: "ModuleSpec") -> "ModuleType | None":
        """Let the import system make a module: if the loader makes one itself, that is code of the plugin, too."""

    def exec_module(self, module: "ModuleType") -> None:
        loader = self._loader
        # resources, inspect and linecache read the loader of a module: from here on it is the module's own
        module.__loader__ = loader
        if module.__spec__ is not None:
            module.__spec__.loader = loader
        if not self._plugin.is_plain:
            from pegboard.namespace_package import loader_in_bracket

            loader = loader_in_bracket(loader)
        adapter = self._importer.adapter
        if adapter is not None or self._plugin.entry_points or self._plugin.source == "entry point":
            from pegboard.adaptation import Offering

            loader = Offering(loader, self._plugin, adapter, self._importer.attribution)
        self._importer.run(self._plugin, lambda: loader.exec_module(module))

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._loader, name)


# -- what does a plugin print meanwhile? ------------------------------------------------------------------------------

IMPORTING: "dict[int, tuple[str, Plugin] | None]" = {}
"""The application and the plugin that each thread is importing; None while what it writes is not the plugin's."""
_methods: "list[tuple[Any, str, Any, Any]]" = []  # of streams: what had which method, if any of its own, and has now


def divert(application: str, plugin: "Plugin | None", key: int = 0) -> "tuple[int, tuple[str, Plugin] | None]":
    """Have streams of standard output ask from now on who is writing: what *plugin* does is for `printing`.

    Standard output is the application's. The streams stay the same objects, so that what a plugin keeps is the real
    one, and to print is no effect.

    Args:
        application: What is named before the plugin.
        plugin: What this thread begins to import; None if that is still to come.
        key: Stands for the thread where that is None.

    Returns:
        The argument for `end_diversion`.
    """
    key = key or _thread.get_ident()
    ended = key, IMPORTING.get(key)
    IMPORTING[key] = None if plugin is None else (application, plugin)
    for stream in (sys.stdout, sys.__stdout__):
        try:
            is_known = stream is sys.stderr or any(stream is each[0] for each in _methods)
            below = getattr(stream, "buffer", None)
            for each, name in () if is_known else ((stream, "write"), (stream, "flush"), (below, "write")):
                own, stand_in = vars(each).get(name), _asking(getattr(each, name), is_write=name == "write")
                setattr(each, name, stand_in)
                _methods.append((each, name, own, stand_in))
        except Exception:  # noqa: S110 -- a stream of text has no buffer; somebody's own may take no attributes
            pass
    return ended


def end_diversion(ended: "tuple[int, tuple[str, Plugin] | None]") -> None:
    """Undo what `divert` did, and let the streams have their own methods again if no thread imports a plugin."""
    key, outer = ended
    if "pegboard.printing" in sys.modules and IMPORTING.get(key) is not None:
        from pegboard.printing import end_line

        end_line(IMPORTING)
    if outer is None:
        IMPORTING.pop(key, None)
    else:
        IMPORTING[key] = outer
    while _methods and not IMPORTING:
        stream, name, own, stand_in = _methods.pop()
        if vars(stream).get(name) is stand_in:  # else a plugin has put its own in its place
            delattr(stream, name) if own is None else setattr(stream, name, own)


def _asking(method: "Any", *, is_write: bool) -> "Any":
    """Return what stands in for a *method* of a stream."""

    def ask(*arguments: "Any", **options: "Any") -> "Any":
        key = _thread.get_ident()
        importing = IMPORTING.get(key)
        if importing is None:
            return method(*arguments, **options)
        if is_write and arguments and isinstance(arguments[0], (str, bytes, bytearray, memoryview)):
            from pegboard.printing import write

            return write(IMPORTING, arguments[0])
        IMPORTING[key] = None  # what is flushed was written by the application
        try:
            return method(*arguments, **options)
        finally:
            IMPORTING[key] = importing

    return ask


# -- what is being imported now, in case the process dies of it? ------------------------------------------------------


class Journal:
    """A folder with one locked file for each import that is going on.

    The system drops a lock when its process ends, however it ends; `startup.journal` reads what dead processes left.
    """

    __slots__ = ("_folder", "_is_starting")

    def __init__(self, folder: "Callable[[], str]", is_starting: "Callable[[], bool]") -> None:
        """Keep a journal.

        Args:
            folder: Returns the folder, which is made when it is needed; an empty text where no journal is kept.
            is_starting: Returns whether the plugins are being made ready.
        """
        self._folder = folder
        self._is_starting = is_starting

    def begin(self, plugin: "Plugin | None", depth: int) -> "tuple[str, int, tuple[int, int]] | None":
        """Note that this thread begins to import *plugin*, or, if that is None, to make all plugins ready.

        Args:
            plugin: What is imported.
            depth: How many imports of plugins this thread is in.

        Returns:
            The arguments for `end`; None where no journal can be kept, which does not keep anybody from importing.
        """
        folder = self._folder()
        if not folder:
            return None
        path = f"{folder}{os.sep}{os.getpid()}-{_thread.get_ident()}-{depth}"
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
        try:
            try:
                descriptor = os.open(path, flags, 0o600)
            except FileNotFoundError:
                os.makedirs(folder, 0o700, exist_ok=True)
                descriptor = os.open(path, flags, 0o600)
            status = os.fstat(descriptor)
        except OSError:
            return None
        identity = status.st_dev, status.st_ino
        try:
            if hasattr(os, "lockf"):
                os.lockf(descriptor, os.F_TLOCK, 0)
            os.write(descriptor, self.text(plugin))
        except OSError:
            self.end(path, descriptor, identity)
            return None
        return path, descriptor, identity

    def text(self, plugin: "Plugin | None") -> bytes:
        """Return what the file says."""
        about: tuple[str, ...] = ("", "", "", "", "")
        if plugin is not None:
            owner = plugin.distribution
            names = (owner.name, owner.version) if owner else ("", "")
            origin = plugin.origin or ""
            if hasattr(sys, "_MEIPASS"):  # frozen by PyInstaller
                from pegboard.frozen import lasting

                origin = lasting(origin)
            about = (plugin.module, plugin.name, origin, *names)
        return "\n".join((*about, "1" if self._is_starting() else "")).encode("utf-8", "surrogateescape")

    def end(self, path: str, descriptor: int, identity: "tuple[int, int]") -> None:
        """Remove what `begin` noted; the folder stays, since making one takes longer than all the rest.

        A plugin may have closed the file, as a daemon does, and its number may be that of another file by now.
        """
        try:
            status = os.fstat(descriptor)
            is_open = (status.st_dev, status.st_ino) == identity
        except OSError:
            is_open = False
        if is_open and os.name == "nt":  # which removes no file that is open
            os.close(descriptor)
        try:
            os.unlink(path)  # elsewhere before the lock is dropped, so that it does not look like a dead process's
        except OSError:
            pass
        if is_open and os.name != "nt":
            os.close(descriptor)


# -- the package that plugins are in ----------------------------------------------------------------------------------


def extend_namespace(
    application: str, portions: "Iterable[str]", init: "str | None" = None, namespace: "str | None" = None
) -> "tuple[str, ...]":
    """Make the *namespace* a package whose modules are searched for in *portions*, in that order.

    The application is imported in the ordinary way, unless it is already, or is the script that runs. Its `plugins`
    package is not: whichever `__init__` Python meets first may have been shipped by some plugin. Only *init* is run,
    and without it the package is made out of nothing, like a namespace package (PEP 420). A `plugins` package that was
    imported before only gets the new search path.

    Args:
        application: The package that the host was made for; may be dotted.
        portions: Directories, and directories inside zip archives; see `Discovery.portions`.
        init: The application's own `plugins/__init__` file, see `Discovery.init`; or the file of a plain module of that
            name, which stays one.
        namespace: The package that plugins are modules of; None for `<application>.plugins`, empty for none.

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
    name = f"{application}.plugins" if namespace is None else namespace
    parent, _, last = name.rpartition(".")
    if not name or (init is not None and not os.path.basename(init).startswith("__init__.")):
        from pegboard.namespace_package import extend_module

        return extend_module(name, search_path, init or "")
    if parent and parent not in sys.modules:
        __import__(parent)
    module = sys.modules.get(name) or _create(name, search_path, init)
    for path in list(getattr(module, "__path__", ())):
        if path not in search_path:
            search_path.append(path)
    module.__path__ = search_path
    spec: ModuleSpec | None = getattr(module, "__spec__", None)
    if spec is not None:
        spec.submodule_search_locations = search_path
    if parent:
        vars(sys.modules[parent]).setdefault(last, module)
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


def make_parts(manager: "Any", own: str, finder: "object", starting: str) -> "tuple[Attribution, Ledger, Importer]":
    """Return the parts with which a plugin manager imports plugins; a start that only lists names has none.

    Args:
        manager: The plugin manager, whose settings, `early` and state they use.
        own: Another package that is the application's own: the one in which the host was made.
        finder: What stands for the manager on `sys.meta_path`.
        starting: The state of the manager while the plugins are being made ready.
    """
    settings = manager.settings
    attribution = Attribution(settings.application, own, lambda: manager.early, settings.namespace)
    ledger = Ledger(attribution.registering, attribution.stacks)
    importer = Importer(
        attribution,
        ledger,
        Journal(lambda: manager.journal or "", lambda: manager.state == starting),
        manager,
        application=settings.application,
        namespace=settings.namespace,
        prefix=settings.prefix,
        finder=finder,
    )
    importer.adapter = settings.adapter
    return attribution, ledger, importer
