"""The host: the one object an application makes, and its roster: which plugins there are, and how they become ready.

Hot: with a valid index nothing is looked for and nothing imported. Everything else is in `recording.cold`.
"""

import _thread
import os
import sys
from _weakref import ref

from pegboard.index import digest, facts, objection, read
from pegboard.registry import Registry

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from typing import Any, TypeVar

    from pegboard.claims import Claims
    from pegboard.container import Container
    from pegboard.data_registry import DataRegistry
    from pegboard.errors import PegboardError, PluginError
    from pegboard.importer import Activator
    from pegboard.index import Index
    from pegboard.injection.explanation import Explanation
    from pegboard.ledger import Contribution, Ledger, Plugin, Records
    from pegboard.reloading.lifecycle import Change, Found
    from pegboard.startup.discovery import Discovery

    T = TypeVar("T")
    F = TypeVar("F", bound=Callable[[], object])


class Host:
    """Makes an application and its separately published plugins behave as one virtual package.

    Making one is cheap: it looks for nothing. The first use of a registry or the container, or `start`, finds the
    plugins of `<name>.plugins.*` and makes them ready. Several hosts can live in one process.

    Examples:
        >>> host = Host("notes")
        >>> exporters = host.registry("exporters", object)
        >>> exporters
        <registry 'exporters'>
    """

    def __init__(
        self,
        name: str,
        *,
        required: "Iterable[str]" = (),
        built_in_first: bool = True,
        strict: "bool | None" = None,
        lazy: "bool | None" = None,
        slow_after: "float | None" = 3.0,
        config_directory: "str | os.PathLike[str] | None" = None,
        cache_directory: "str | os.PathLike[str] | None" = None,
        report: "Callable[[PegboardError], None] | None" = None,
        environ: "Mapping[str, str] | None" = None,
    ) -> None:
        """Make the host of the application that is the package *name*.

        Args:
            name: The application's import name; plugins are `<name>.plugins.*`, entry points the group of that name.
            required: Plugins that the application cannot do without: if one is unusable, `start` raises.
            built_in_first: Whether the application's own plugins come before all others. False orders all by name.
            strict: Whether a fault of a plugin is raised instead of contained, as authors and CI want it. None:
                as the user sets it, and False where the user says nothing.
            lazy: Whether plugins wait until something of them is used. False imports every plugin at the start, which
                defines correct behaviour: laziness changes only when, never what. None: as the user sets it, else True.
            slow_after: Seconds that the import of one plugin may take before it is reported; None: as long as it likes.
            config_directory: Where `plugins.toml` and the folder `plugins` are; the user's own configuration
                directory for *name* if None.
            cache_directory: Where the record of what plugins register is kept; the user's own cache directory for
                *name* if None.
            report: Told of each contained fault as it happens; None writes one line to standard error.
            environ: The environment variables; those of the process if None.

        Raises:
            InvalidNameError: If *name* is no import name.
        """
        if not isinstance(name, str) or not all(part.isidentifier() for part in name.split(".")):
            from pegboard.errors import InvalidNameError

            raise InvalidNameError("an application", name)
        self.name: str = name
        self._tell = report
        self._registries: dict[str, Registry[Any]] = {}
        self._container: Container | None = None
        self._roster = Roster(
            name,
            os.environ if environ is None else environ,
            required=tuple(required),
            built_in_first=built_in_first,
            strict=strict,
            lazy=lazy,
            config_directory=None if config_directory is None else os.path.abspath(config_directory),
            cache_directory=None if cache_directory is None else os.path.abspath(cache_directory),
            report=self._report,
            settle=self._settle,
        )
        self._roster.slow_after = slow_after
        self.problems: list[PegboardError] = self._roster.problems
        """Every fault that was contained so far, in the order in which they came up."""

    def __repr__(self) -> str:
        return f"<host {self.name!r}>"

    # -- what plugins may add to --------------------------------------------------------------------------------------

    def registry(
        self, name: str, of: "type[T] | None" = None, *, allow_override: bool = False, eager: bool = False
    ) -> "Registry[T]":
        """Return the registry of that name, making it at the first call.

        Args:
            name: What the contributions are, in the plural, e.g. `exporters`.
            of: The type of the contributions, for type checkers and readers.
            allow_override: Whether a later plugin may take a name without saying `override=True`.
            eager: Whether its contributions have an effect by being there, so that plugins that add one are imported
                at every start.

        Raises:
            HostError: If *name* is what the container calls its own: `component`, `decorator` or `middleware`.
        """
        del of
        if eager and name not in self._roster.eager_kinds:
            self._roster.eager_kinds.add(name)
            if self._roster.is_started:  # the plugins have been made ready without knowing that
                from pegboard.startup.cold_start import wake

                wake(self._roster, name)
        registry = self._registries.get(name)
        if registry is None:
            registry = Registry(name, self._roster, ready=self.start, allow_override=allow_override)
            self._registries[name] = registry
        return registry

    def data_registry(self, name: str, *, allow_override: bool = False) -> "DataRegistry":
        """Return the registry of plain data of that name, making it at the first call.

        What plugins add to it is metadata and nothing else, so that none is ever imported for it.

        Args:
            name: What the contributions are, in the plural, e.g. `themes`.
            allow_override: As in `registry`.
        """
        from pegboard.data_registry import DataRegistry

        registry = self._registries.get(name)
        if not isinstance(registry, DataRegistry):
            registry = DataRegistry(name, self._roster, ready=self.start, allow_override=allow_override)
            self._registries[name] = registry
        return registry

    @property
    def registries(self) -> "Mapping[str, Registry[Any]]":
        """All registries made so far, by name."""
        return dict(self._registries)

    @property
    def container(self) -> "Container":
        """The container of components: what is looked up by type, and may be overridden by plugins."""
        if self._container is None:
            from pegboard.container import Container

            with self._roster.lock:
                if self._container is None:
                    self._container = Container(
                        self._roster.ledger, live=self._roster.ledger.live, ready=self.start, report=self._report
                    )
        return self._container

    def declare(
        self,
        *,
        after: "Sequence[str]" = (),
        before: "Sequence[str]" = (),
        eager: bool = False,
        depends_on: "Sequence[str | os.PathLike[str]]" = (),
    ) -> None:
        """Say how the plugin that is being imported is to be treated; an application exports it in its API.

        Args:
            after: Plugins that come before this one, if they are installed.
            before: Plugins that come after this one.
            eager: Whether it is to be imported at every start, since it does more than register.
            depends_on: Files whose content decides what it registers, and `env:NAME` for environment variables that
                it does not read itself: when one changes, it is imported and recorded anew.

        Raises:
            HostError: If no plugin is being imported.
        """
        plugin, importing = self._roster.activator.registering()
        if not importing:
            from pegboard.errors import HostError

            raise HostError("declare() works only while a plugin is being imported", "call it at module level")
        plugin.after += (after,) if isinstance(after, str) else tuple(after)
        plugin.before += (before,) if isinstance(before, str) else tuple(before)
        if eager:
            plugin.eager, plugin.is_eager_by_user = True, False
        for given in (depends_on,) if isinstance(depends_on, str) else depends_on:
            name = str(os.fspath(given))
            plugin.inputs += (name if name.startswith("env:") else os.path.abspath(name),)

    def explain(self, what: "Any", name: "str | None" = None) -> "Explanation | Claims":
        """Return who provides a component, or who has a name in a registry, whom that overrides and why.

        Args:
            what: The component's key; or, with *name*, the registry or what it is called.
            name: The name in that registry.

        Returns:
            Plain data; its `str()` is for reading. No plugin is imported for it.

        Raises:
            HostError: If there is no such registry.
        """
        if name is None:
            return self.container.explain(what)
        registry = self._registries.get(getattr(what, "name", what))
        if registry is None:
            from pegboard.errors import HostError

            known = ", ".join(self._registries) or "none"
            raise HostError(f"there is no registry {what!r}", f"known registries: {known}")
        return registry.explain(name)

    @property
    def roster(self) -> "Roster":
        """How the plugins are found, recorded and made ready; for tools."""
        return self._roster

    # -- which plugins there are --------------------------------------------------------------------------------------

    @property
    def plugins(self) -> "tuple[Plugin, ...]":
        """All plugins in their order, disabled and broken ones included; finding them imports none."""
        return self._roster.plugins

    def plugin(self, name: str) -> "Plugin":
        """Return the plugin of that name.

        Raises:
            PluginNotFoundError: If there is none; it knows the nearest name.
        """
        plugin = self._roster.named(name)
        if plugin is None:
            from pegboard.errors import PluginNotFoundError

            raise PluginNotFoundError(name, tuple(plugin.name for plugin in self.plugins))
        return plugin

    def leave_out(self, names: "Iterable[str]" = (), reason: str = "left out by the application") -> None:
        """Start without some plugins: those of *names*, or without any that is not built in when *names* is empty.

        Raises:
            HostError: If the plugins have been found already.
        """
        from pegboard.startup.cold_start import leave_out

        leave_out(self._roster, tuple(names), reason)

    def disable(
        self, name: str, reason: str = "disabled by the application", *, deadline_s: "float | None" = 5.0
    ) -> "Change":
        """Take the plugin of that name out of use: all that it contributed, all that it has opened, and its modules.

        What was built with something of it is forgotten and built anew when it is asked for. Scopes that it has opened
        end, components clean up, and functions given to `on_unload` are called; the last first. Faults of plugins in
        the course of it are reported, and keep nothing from being ended.

        Args:
            name: The plugin's.
            reason: Why, as lists of plugins show it.
            deadline_s: Seconds that each clean-up may take, in a thread of its own; what takes longer is not waited
                for any more, and named. None: in this thread, as long as it takes.

        Returns:
            What was done. What has to be awaited waits for the container's `aclose`; use `adisable` to await it.

        Raises:
            PluginNotFoundError: If there is none.
            HostError: If the application requires it, or it is being imported right now.
            ExceptionGroup: Of what clean-ups of the application itself have raised.
        """
        from pegboard.reloading.lifecycle import disable

        return disable(self._roster, self._container, name, reason, deadline_s)

    async def adisable(
        self, name: str, reason: str = "disabled by the application", *, deadline_s: "float | None" = 5.0
    ) -> "Change":
        """Do what `disable` does, awaiting what is asynchronous, in a loop of `asyncio`."""
        from pegboard.reloading.lifecycle import adisable

        return await adisable(self._roster, self._container, name, reason, deadline_s)

    def enable(self, name: str) -> None:
        """Import the plugin of that name if it is disabled, and use it from now on.

        Raises:
            PluginNotFoundError: If there is none.
            PluginError: If it cannot be imported.
        """
        from pegboard.reloading.lifecycle import enable

        enable(self._roster, name)

    def reload(self, name: str, *, deadline_s: "float | None" = 5.0) -> "Change":
        """Import the plugin of that name anew, from what its files are now.

        Its new contributions replace the old ones in one step, and then what the old code had opened is ended, as by
        `disable`. Other plugins that use its code are reloaded with it. If the new code cannot be imported, nothing has
        changed, and the old code serves on.

        Args:
            name: The plugin's.
            deadline_s: As in `disable`.

        Returns:
            What was done. What has to be awaited waits for the container's `aclose`; use `areload` to await it.

        Raises:
            PluginNotFoundError: If there is none.
            PluginError: If it cannot be imported, or is disabled.
            HostError: If it is being imported right now.
            ExceptionGroup: Of what clean-ups of the application itself have raised.
        """
        from pegboard.reloading.lifecycle import reload

        return reload(self._roster, self._container, name, deadline_s)

    async def areload(self, name: str, *, deadline_s: "float | None" = 5.0) -> "Change":
        """Do what `reload` does, awaiting what is asynchronous, in a loop of `asyncio`."""
        from pegboard.reloading.lifecycle import areload

        return await areload(self._roster, self._container, name, deadline_s)

    def look_again(self, *, deadline_s: "float | None" = 5.0) -> "Found":
        """Look for plugins again: import those that were installed meanwhile, and take those out of use that are gone.

        What was edited meanwhile stays as it is; see `reload`.

        Args:
            deadline_s: As in `disable`.
        """
        from pegboard.reloading.lifecycle import look_again

        return look_again(self._roster, self._container, deadline_s)

    def on_unload(self, function: "F") -> "F":
        """Have *function* called, without arguments, when the plugin that says so is disabled or reloaded.

        For what the container does not know of: threads, timers, sockets, handlers of signals. Of several the last is
        called first. What the application itself says is called by `close`. If the plugin's import fails, it is called
        at once.

        Returns:
            *function*, so that it can be decorated.
        """
        self._roster.unloads.setdefault(self._roster.activator.registering()[0], []).append(function)
        return function

    def close(self, *, deadline_s: "float | None" = 5.0) -> None:
        """End everything that plugins and the application have opened: scopes, components, and then `on_unload`.

        For the end of a program, or of a test. Plugins stay as they are, and the container begins anew.

        Args:
            deadline_s: As in `disable`.

        Raises:
            ExceptionGroup: Of what clean-ups of the application itself have raised; those of plugins are reported.
        """
        from pegboard.reloading.lifecycle import close

        close(self._roster, self._container, deadline_s)

    async def aclose(self, *, deadline_s: "float | None" = 5.0) -> None:
        """Do what `close` does, awaiting what is asynchronous, in a loop of `asyncio`."""
        from pegboard.reloading.lifecycle import aclose

        await aclose(self._roster, self._container, deadline_s)

    def start(self) -> None:
        """Make the plugins ready; nothing happens when they are.

        Called by the first use of a registry or the container. A plugin that fails is left out, reported, and kept
        in `problems`.

        Raises:
            RequiredPluginError: If a required plugin cannot be used.
            PegboardError: In strict mode, the fault of a plugin; an ExceptionGroup if there are several.
        """
        if self._roster.start() and self._roster.strict:
            problems = [problem for problem in self.problems if not problem.is_quiet]
            if len(problems) == 1:
                raise problems[0]
            if problems:
                raise ExceptionGroup(f"the plugins of {self.name} have problems", problems)

    def _settle(self) -> None:
        for registry in tuple(self._registries.values()):
            registry.report_clashes()

    def run(
        self,
        plugin: "Plugin",
        doing: str,
        function: "Callable[[], T]",
        *,
        passing: "tuple[type[BaseException], ...]" = (),
    ) -> "T":
        """Call *function*, which is code of *plugin*, so that whatever it raises names the plugin.

        Errors of built-in plugins and of the application pass unchanged: they are the application's own.

        Args:
            plugin: Whose code it is.
            doing: What is being done, to complete "failed while", e.g. `running command 'balance'`.
            function: Called without arguments; its result is returned.
            passing: Types that pass unchanged, e.g. the application's own friendly error.

        Raises:
            PluginCallError: From whatever it raised. `KeyboardInterrupt` always passes.
        """
        from pegboard.boundary import contained

        return contained(plugin, doing, function, passing, self._roster.activator.owner)

    def blame(self, error: BaseException, doing: str = "being called") -> "PluginError | None":
        """Return the error that names the plugin in whose code *error* came up; None when that is nobody's.

        For errors that come up where no call scope tells: the traceback is walked to the innermost frame that belongs
        to a plugin. When one plugin calls another, the one that raised is named. Built-in plugins are never: their
        faults are the application's own.

        Args:
            error: What was raised.
            doing: What was being done, to complete "failed while", e.g. `running command 'report'`.

        Returns:
            *error*, if it names a plugin already; else a new error, with *error* as its cause.
        """
        from pegboard.boundary import blamed
        from pegboard.errors import PluginCallError, PluginError, describe_exception

        if isinstance(error, PluginError):
            return error
        found = blamed(error, self._roster.activator.owner)
        if found is None:
            return None
        plugin, place = found
        named = PluginCallError(plugin.name, str(plugin.distribution or ""), doing, describe_exception(error), place)
        named.__cause__ = error
        return named

    def _report(self, problem: "PegboardError") -> None:
        text = problem.code, problem.summary()
        if any((known.code, known.summary()) == text for known in self.problems):
            return
        self.problems.append(problem)
        if problem.is_quiet:
            return
        if self._roster.strict:
            if self._roster.is_started:
                raise problem
        elif self._tell is not None:
            self._tell(problem)
        elif sys.stderr is not None:
            hint = problem.hint()
            hint_text = f" (hint: {hint})" if hint else ""
            sys.stderr.write(f"{self.name}: warning[{problem.code}]: {problem.summary()}{hint_text}\n")


# -- which plugins there are, and how they become ready ----------------------------------------------------------------

_NO = ("0", "false", "no", "off")


class Roster:
    """The plugins of one host in this process. Any thread may ask; no lock is held while a plugin is imported."""

    def __init__(  # noqa: PLR0915 -- a line for each thing it keeps
        self,
        application: str,
        environ: "Mapping[str, str]",
        *,
        required: "tuple[str, ...]",
        built_in_first: bool,
        strict: "bool | None",
        lazy: "bool | None",
        config_directory: "str | None",
        cache_directory: "str | None",
        report: "Callable[[PegboardError], None]",
        settle: "Callable[[], None]",
    ) -> None:
        """Make a roster that knows nothing yet.

        Args:
            application: The application's name.
            environ: The environment variables.
            required: As its author said when making the host; so are the next five, see `Host`.
            built_in_first: The same.
            strict: The same; the user's wish, where its author has none, once that is known.
            lazy: The same.
            config_directory: The same, as an absolute path.
            cache_directory: The same, as an absolute path.
            report: Told of each contained fault.
            settle: Called when everything is registered: decides who has which name.
        """
        self.application: str = application
        self.environ: Mapping[str, str] = environ
        self.prefix: str = environment_prefix(application)
        """How the application's environment variables begin."""
        self.required: tuple[str, ...] = required
        self.built_in_first: bool = built_in_first
        self.strict: bool | None = strict
        self.lazy: bool | None = lazy
        self.cache_directory: str | None = cache_directory
        self.config_directory: str | None = config_directory or user_directory("config", application, environ)
        """Where the user's `plugins.toml` and plugin folder are; None when there is no place for them."""
        self.report: Callable[[PegboardError], None] = report
        self.settle: Callable[[], None] = settle
        self.problems: list[PegboardError] = []
        """Every fault that was reported so far."""
        self.index: Index | None = None
        """The records in use; None when every plugin is imported at the start, or before the start."""
        self.reason: str | None = None
        """Why the index on disk could not be used as it was, in words; None when it could."""
        self.complaint: str | None = None
        """Why the index could not be written, in words; None when it could, or need not be."""
        self.found: Discovery | None = None
        """What a search has found; None while no search was needed."""
        self.found_ns: int = 0
        """When that search began, in nanoseconds since the epoch."""
        self.listed: tuple[Plugin, ...] | None = None
        """All plugins in their order; None as long as nobody has asked."""
        self.user_order: tuple[str, ...] = ()
        self.eager_kinds: set[str] = {"middleware"}
        """Kinds of contributions that count from the start, so that their owners cannot wait until they are used."""
        self.known: dict[str, Plugin] = {}
        """Plugins that are in use already, by module, when a search is made in the middle of a run."""
        self.is_backwards: bool = False
        """Whether plugins are imported in reverse order when they are recorded; their order stays what it is."""
        self.was_disturbed: bool = False
        """Whether another thread imported plugins while they were being recorded, so that records are incomplete."""
        self.has_rebuilder: bool = False
        """Whether some thread is recording, or has recorded."""
        self.left_out: list[tuple[tuple[str, ...], str]] = []
        """What is to be left out, and why; no names stand for every plugin that is not built in."""
        self.starting: set[int] = set()
        """Threads that are making the plugins ready."""
        self.is_strict_by_user: bool = False
        self.is_started: bool = False
        """Whether the plugins have been made ready."""
        self.lock = _thread.RLock()
        self.finder: Any = finder_of(self)
        """What tells it of imports."""
        self.slow_after: float | None = None
        """Seconds after which an import is reported as slow; None: never."""
        self.journal: str | None = None
        """The folder of what is being imported right now; empty when there is no place for one, None at first."""
        self.suspects: Sequence[Sequence[str]] = ()
        """The module of each plugin that has strikes, and is tried nevertheless."""
        self.unloads: dict[Plugin, list[Callable[[], object]]] = {}
        """What is called when a plugin is unloaded, as it was registered."""
        self._ledger: Ledger | None = None
        self._activator: Activator | None = None

    # -- the parts that a start may do without ------------------------------------------------------------------------

    @property
    def ledger(self) -> "Ledger":
        """The table of all contributions, made at the first use: listing names needs only the index."""
        if self._ledger is None:
            with self.lock:
                if self._ledger is None:
                    from pegboard.ledger import Ledger

                    ledger = Ledger(self.activator.registering, self.activator.activate)
                    if self.records is not None:
                        ledger.prime(self.records)
                    self._ledger = ledger
        return self._ledger

    @property
    def records(self) -> "Records | None":
        """What the index says of plugins, made at the first use; None when there is no index in use."""
        index = self.index
        if index is None:
            return None
        if index.records is None:
            with self.lock:
                if index.records is None:
                    from pegboard.ledger import Records

                    index.records = Records(index)
        return index.records

    @property
    def activator(self) -> "Activator":
        """What imports plugins, made at the first use."""
        if self._activator is None:
            with self.lock:
                if self._activator is None:
                    from pegboard.importer import Activator

                    self._activator = Activator(self)
        return self._activator

    def texts(self, kind: str) -> "tuple[str, ...]":
        """Return the text of every contribution of *kind* once, in order; see `Ledger.texts`."""
        if self._ledger is None and self.index is not None:
            return self.index.texts(kind)
        return self.ledger.texts(kind)

    # -- asking -------------------------------------------------------------------------------------------------------

    @property
    def plugins(self) -> "tuple[Plugin, ...]":
        """All plugins in their order, disabled and broken ones included."""
        self.look_back()
        if self.listed is None and self.is_lazy and self._use_index():
            from pegboard.startup.recording.encoding import plugins_of

            self.listed = None if self.records is None else plugins_of(self.records)
        if self.listed is None:
            from pegboard.startup.cold_start import search

            search(self)
        return self.listed or ()

    def named(self, name: str) -> "Plugin | None":
        """Return the plugin of that name; None when there is none."""
        if self.listed is None and self.records is not None:
            return self.records.plugin_named(name)
        return next((plugin for plugin in self.plugins if plugin.name == name), None)

    def file(self, name: str) -> "str | None":
        """Return the path of a file in the user's configuration directory; None when there is none."""
        directory = self.config_directory
        return os.path.join(directory, name) if directory else None

    @property
    def index_path(self) -> "str | None":
        """Where the index of this application, environment and import path is; None when there is no place for one."""
        return self.index_path_for(self.facts())

    def index_path_for(self, known_facts: "list[str]") -> "str | None":
        """Return where the index for *known_facts* is; None when there is no place for one.

        A virtual environment that the user may write keeps its own, below `var/cache`: it goes when the environment
        goes. Otherwise the user's cache does.
        """
        directory = self.directory()
        if not directory:
            return None
        identity = "\n".join(known_facts).encode("utf-8", "surrogateescape")
        return os.path.join(directory, f"plugins-{self.application}-{digest(identity)}.index")

    def directory(self) -> "str | None":
        """Return the folder of the index; None when there is no place for one."""
        directory = self.cache_directory or self.environ.get(f"{self.prefix}_PLUGINS_CACHE")
        if directory:
            return os.path.abspath(directory)
        if sys.prefix != sys.base_prefix and os.access(sys.prefix, os.W_OK):
            return os.path.join(sys.prefix, "var", "cache", self.application)
        return user_directory("cache", self.application, self.environ)

    def look_back(self) -> None:
        """Look, once, whether earlier processes died while they imported a plugin: then their journal has entries."""
        if self.journal is None:
            directory = self.directory()
            self.journal = os.path.join(directory, f"plugins-{self.application}.journal") if directory else ""
            try:
                entries = os.listdir(self.journal)
            except OSError:  # nobody has ever kept one
                return
            if entries:
                from pegboard.startup.journal.check import examine

                examine(self)

    def facts(self) -> "list[str]":
        """Return what must be the same for an index to be used."""
        wishes = "" if self.built_in_first else "mixed|"
        for name in ("_NO_PLUGINS", "_PLUGINS", "_PLUGINS_STRICT"):
            wishes += self.environ.get(self.prefix + name, "") + "|"
        for names, _ in self.left_out:
            wishes += ",".join(names) + "|"
        return facts(self.application, self.config_directory or "", wishes)

    @property
    def is_lazy(self) -> bool:
        """Whether plugins wait until something of them is used."""
        for names, _ in self.left_out:
            if not names:
                return False  # safe mode: nothing that was written before is trusted
        left_out = self.environ.get(f"{self.prefix}_NO_PLUGINS", "").strip().lower()
        if left_out:
            from pegboard.startup.policy.policy import YES

            if left_out in YES:
                return False
        said = self.environ.get(f"{self.prefix}_PLUGINS_LAZY", "").strip().lower()
        if said:
            return said not in _NO
        return self.lazy is not False

    # -- starting -----------------------------------------------------------------------------------------------------

    def start(self) -> bool:
        """Make the plugins ready, and return whether this call did; nothing happens when they are.

        Raises:
            RequiredPluginError: If a required plugin cannot be used.
        """
        if self.is_started:
            return False
        if _thread.get_ident() in self.starting:  # a plugin, while imported, reads a registry
            return False
        self.look_back()
        self.starting.add(_thread.get_ident())
        try:
            if self.is_lazy and self._use_index() and self.index is not None:
                self._start_warm(self.index)
            else:
                from pegboard.startup.cold_start import start

                start(self)
            if self.required:
                from pegboard.startup.cold_start import check_required

                check_required(self)
        finally:
            self.starting.discard(_thread.get_ident())
        self.is_started = True
        return True

    def _start_warm(self, index: "Index") -> None:
        if not index.packages.isdisjoint(sys.modules):
            from pegboard.startup.recording.early import adopt_early

            adopt_early(self)
        head = index.head
        for problem in head.get("W", ()):
            from pegboard.errors import RecordedProblem

            self.report(RecordedProblem(*problem))
        for (module,) in head.get("G", ()):
            plugin = self.activator.plugin(module)
            if plugin is not None:
                self.activate(plugin)
        sys.meta_path.insert(0, self.finder)

    def _use_index(self) -> bool:
        """Take the index on disk for the records, if it holds; return whether there are records."""
        with self.lock:
            if self.index is not None:
                return True
            if self.listed is not None:  # a search has been made already
                return False
            known_facts = self.facts()
            path = self.index_path_for(known_facts)
            if path is None:
                self.reason = "there is no place for an index"
                return False
            try:
                index = read(path)
            except Exception as error:
                from pegboard.errors import UnusableIndexError

                if not isinstance(error, UnusableIndexError):
                    raise
                self.reason = str(error)
                return False
            self.reason = objection(index.validity, known_facts, os.environ)
            if self.reason is None and ("B" in index.head or not index.packages.isdisjoint(sys.modules)):
                from pegboard.startup.recording.early import objection_to_early

                self.reason = objection_to_early(index)
            if self.reason is not None:
                return False
            if self.strict is None:
                self.strict = index.head["Q"] == [["1"]]
            index.rescue = self._rescue
            self.suspects = index.head.get("K", ())
            self.index = index
            if self._ledger is not None and self.records is not None:
                self._ledger.prime(self.records)
        return True

    def _rescue(self) -> "Index":
        from pegboard.startup.cold_start import rescue

        return rescue(self)

    def activate(self, plugin: "Plugin") -> bool:
        """Import *plugin*; return False, with the fault reported and kept on the plugin, when that fails."""
        from pegboard.errors import PluginError

        try:
            self.activator.activate(plugin)
        except PluginError:
            return False
        return True

    def activated(self, plugin: "Plugin", batch: "Sequence[Contribution]") -> None:
        """Compare what a plugin has just registered with its record, and refresh the record if they differ."""
        if self.records is None or self.records.is_as_recorded(plugin, batch):
            return
        from pegboard.startup import cold_start

        cold_start.refresh(self, plugin, batch)

    def end_failed(self, plugin: "Plugin") -> None:
        """Call what *plugin*, whose import has just failed, wants to have called when it is unloaded."""
        from pegboard.reloading.lifecycle import end_failed

        end_failed(self, plugin)

    def find_spec(self, fullname: str, path: "Any" = None, target: "Any" = None) -> "ModuleSpec | None":
        """Return the spec of a plugin, see `Activator.find_spec`; the activator is made when a plugin is imported."""
        activator = self._activator
        if activator is None or not activator.is_watching:
            if not fullname.startswith(f"{self.application}.plugins") and (
                self.index is None or self.index.packages.isdisjoint((fullname, fullname.rpartition(".")[0]))
            ):
                return None
            activator = self.activator
            activator.get_ready()
        return activator.find_spec(fullname, path, target)


def _find_spec(fullname: str, path: "Any" = None, target: "Any" = None, roster: "Any" = None) -> "ModuleSpec | None":
    known = roster()
    return None if known is None else known.find_spec(fullname, path, target)


def finder_of(roster: Roster) -> "Any":
    """Return what stands for *roster* on `sys.meta_path`, and keeps neither it nor this module alive.

    That list lives until the very end of the interpreter, with all that can be reached from it, and what is alive by
    then is taken apart piece by piece, for 1 % of a bare start. Hence the weak reference, and a function that knows no
    names of its module.
    """
    function: Any = type(_find_spec)
    namespace: Any = type(sys.implementation)  # that is `types.SimpleNamespace`
    return namespace(find_spec=function(_find_spec.__code__, {}, "find_spec", (None, None, ref(roster))))


# -- where things are -------------------------------------------------------------------------------------------------

_HOMES = {
    # kind: (variable on POSIX, folder below the home on POSIX, on macOS, variable on Windows)
    "config": ("XDG_CONFIG_HOME", ".config", "Library/Application Support", "APPDATA"),
    "cache": ("XDG_CACHE_HOME", ".cache", "Library/Caches", "LOCALAPPDATA"),
}


def user_directory(
    kind: str, application: str, environ: "Mapping[str, str]", platform: str = sys.platform
) -> "str | None":
    """Return the user's folder of that *kind* for *application*; it need not exist.

    Args:
        kind: `config` or `cache`.
        application: The last part of the path.
        environ: Where the variables are looked up; a relative path in one is ignored, as the specification asks.
        platform: As `sys.platform`.

    Returns:
        An absolute path, or None when the user has no home: then there is nothing to read or to keep.

    Source:
        XDG Base Directory Specification 0.8 (Linux and other POSIX), Apple's File System Programming Guide
        ("Library directory"), Microsoft's Known Folders (`FOLDERID_RoamingAppData`, `FOLDERID_LocalAppData`).
    """
    variable, below_home, on_mac, on_windows = _HOMES[kind]
    if platform == "win32":
        base = environ.get(on_windows, "")
    elif platform == "darwin":
        base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), on_mac)
    else:
        base = environ.get(variable, "")
        if not os.path.isabs(base):
            base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), below_home)
    return os.path.join(base, application) if os.path.isabs(base) else None


def environment_prefix(application: str) -> str:
    """Return how the application's environment variables begin, e.g. `UTT` for `utt`."""
    return application.replace(".", "_").replace("-", "_").upper()
