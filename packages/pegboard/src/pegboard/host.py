"""The host: what does an application use of Pegboard?

In: the application's name and what its author wants. Out: registries, the container, and the application's plugins.
Every method passes on to the object whose duty it is.

Hot: each start loads this file.
"""

import _thread
import os
import sys
from _weakref import ref

from pegboard.index import Settings, deferred, load
from pegboard.manager import PluginManager, Registry

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TypeVar, overload

    from typing_extensions import TypeForm

    from pegboard.container import Container
    from pegboard.errors import PegboardError
    from pegboard.hooks import Hooks
    from pegboard.host_methods import HostMethods
    from pegboard.ledger import Plugin
    from pegboard.reporting import Reporter
    from pegboard.startup.discovery.candidate import Candidate

    T = TypeVar("T")
else:
    HostMethods = object

HOSTS: "list[ref[Host]]" = []
"""Every host of this process."""


def _before_fork() -> None:
    import _thread

    if _thread._count():  # other threads, which will be missing in the child
        from pegboard.forks import begin

        begin()


if hasattr(os, "register_at_fork"):  # what is registered lives until the very end: see `manager.finder_of`
    function: "Any" = type(_before_fork)
    os.register_at_fork(before=function(_before_fork.__code__, {}))


class Host(HostMethods):
    """Makes an application and its separately published plugins behave as one virtual package.

    Making a host is cheap: it searches for nothing. `start`, or the first use of a registry or the container, finds
    the plugins in `<name>.plugins` and makes them ready. A process can have several hosts.

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
        judging_s: float = 0.5,
        config_directory: "str | os.PathLike[str] | None" = None,
        cache_directory: "str | os.PathLike[str] | None" = None,
        report: "Callable[[PegboardError], None] | None" = None,
        environ: "Mapping[str, str] | None" = None,
        namespace: "str | None" = None,
        entry_points: "str | Iterable[str] | None" = None,
        folder: "str | os.PathLike[str] | None" = None,
        is_plugin: "Callable[[Candidate], object] | None" = None,
        commands: str = "",
        hooks: str = "",
        offers: "Mapping[str, str] | None" = None,
        traceback: str = "",
        api_distribution: str = "",
    ) -> None:
        """Make the host of the application whose package is *name*.

        Args:
            name: The application's import name, e.g. `notes`, or `acme.notes` inside another package. Names of
                environment variables begin with it in capitals, with `_` for each dot: `ACME_NOTES_NO_PLUGINS`.
            required: Plugins that the application cannot do without: if one is unusable, `start` raises.
            built_in_first: Whether the application's own plugins come before all others. False orders all by name.
            strict: Whether a fault of a plugin is raised instead of contained; for authors and CI. None: the user's
                setting, or False.
            lazy: Whether a plugin is imported when something of it is used. False: every plugin is imported at the
                start. What plugins do is the same in both cases. None: the user's setting, or True.
            slow_after: Seconds after which the import of a plugin is reported as slow; None: never.
            judging_s: Seconds of CPU time that a start may use, besides the imports, to find out which plugins only
                register. A plugin that is not judged yet is imported at each start; each start judges at least one.
                `math.inf`: all at once.
            config_directory: The folder of `plugins.toml` and of the folder `plugins`; if None, the user's
                configuration directory for *name*.
            cache_directory: The folder of the index; if None, the user's cache directory for *name*.
            report: Called with each contained fault as it happens. None writes a message to standard error: at most
                two lines on a terminal, one line elsewhere; five at a start, and then how many more there are.
            environ: The environment variables; those of the process if None.
            namespace: The package that plugins are modules of, whoever installs them, e.g. `beetsplug`; empty for
                none, `<name>.plugins` if None. If the application has a plain module of that name, it stays what it
                is: then plugins come from entry points and from the folder, and installed modules below it are errors.
            entry_points: The group or groups of entry points that name plugins; empty for none, the group
                `<name>.plugins` if None.
            folder: The user's plugin folder, which need not exist; empty for none, `plugins` in the configuration
                directory if None. It needs a namespace, since its files are imported as modules of it.
            is_plugin: Called with each module that is found in the namespace or the folder, before it is imported;
                returns false if the module is no plugin. The argument has `name`, `module`, `origin`, `source`,
                `distribution` and `is_package`. None: all modules are plugins. The result may depend on nothing else,
                since the index stays valid until the function or what it has bound is edited.
            commands: What users type for the `plugins` commands, e.g. `notes plugins`, for hints. Empty if an adapter
                adds these commands, or if the application has none; hints then say what helps without them.
            hooks: The module that declares the hooks, if the application imports it only when one is implemented; see
                `is_implemented`. `Host.hooks` imports it at its first use. Empty if they are declared at every start.
            offers: What the application's API offers to authors of plugins, for hints: `override`, how to replace what
                has a name, e.g. `register_command(..., override=True)`, and `decorate`, how to wrap a component, e.g.
                `v1.decorate_component`; `on_unload` and `depends_on`, how to use these. Hints advise nothing else.
            traceback: The environment variable with which the application shows tracebacks, e.g. `NOTES_TRACEBACK`.
                If it is set, so do messages about plugins; authors are told of it. Empty if there is none.
            api_distribution: The distribution that an isolated plugin gets in its environment, to import the API and
                this host from, if that is not the application's; it needs less than the application does, so that it
                excludes less. Empty for the application's.

        Raises:
            InvalidNameError: If *name* is no import name, or *namespace* or a group cannot be one.
            HostError: If *name* is a module and not a package, as in `Host(__name__)` outside `__init__`, or
                *namespace* is the application itself.
        """
        if not isinstance(name, str) or not all(map(str.isidentifier, name.split("."))):
            from pegboard.errors import InvalidNameError

            raise InvalidNameError("an application", name)
        self.name: str = name
        self.problems: list[PegboardError] = []
        """All faults that were contained so far, in order."""
        self._said: set[tuple[str, str]] = set()  # code and message of all that has been reported
        self._lock = _thread.allocate_lock()
        self._reporting = report, traceback
        self._reporter: Reporter | None = None
        maker = sys._getframe(1)
        self.made_in: str = maker.f_globals.get("__name__") or ""
        """The module that made this host."""
        place = f"{maker.f_code.co_filename}:{maker.f_lineno}"
        if name == self.made_in and namespace is None and "__path__" not in maker.f_globals:
            from pegboard.second_host import check_own_name

            check_own_name(name, place)
        sources = None
        if (namespace, entry_points, folder, is_plugin) != (None, None, None, None):
            from pegboard.sources import Sources

            sources = Sources(name, namespace=namespace, entry_points=entry_points, folder=folder, is_plugin=is_plugin)
        if self.made_in in ("__main__", "__mp_main__"):
            from pegboard.main_module import share_main

            share_main(name, maker.f_globals)
        others: Sequence[Host] = ()
        if HOSTS:
            from pegboard.second_host import is_replaced, is_same, of_name

            others = of_name(name, HOSTS)
            for other in others:
                if is_same(self.made_in, place, other):
                    self.__dict__ = other.__dict__
                    return
        self._registries: dict[str, Registry[Any]] = {}
        self._container: Container | None = None
        self._hooks: Hooks | None = None
        self._hooks_module = hooks
        self._unload_callbacks: dict[Plugin, list[Callable[[], object]]] = {}
        self.manager: PluginManager = PluginManager(
            Settings(
                name,
                os.environ if environ is None else environ,
                required=tuple(required),
                built_in_first=built_in_first,
                strict=strict,
                lazy=lazy,
                slow_after=slow_after,
                judging_s=judging_s,
                config_directory=None if config_directory is None else os.path.abspath(config_directory),
                cache_directory=None if cache_directory is None else os.path.abspath(cache_directory),
                sources=sources,
                commands=commands,
                offers=offers,
                api_distribution=api_distribution,
            ),
            self,
            own=self.made_in.rpartition(".")[0] or self.made_in,
            place=place,
        )
        """The object that finds, records and imports the plugins; for tools."""
        self.manager.registries = self._registries
        HOSTS.append(ref(self, HOSTS.remove))
        for other in others:
            if is_replaced(other):
                from pegboard.fresh_start import replace

                replace(other, self)
            else:
                self.manager.others.append(ref(other))
                other.manager.others.append(ref(self))

    # -- what plugins may add to --------------------------------------------------------------------------------------

    if TYPE_CHECKING:

        @overload
        def registry(
            self,
            name: str,
            of: TypeForm[T],
            *,
            allow_override: bool = False,
            eager: bool = False,
            metadata: object = None,
            passing: tuple[type[BaseException], ...] = (),
            entry_points: str | Iterable[str] | None = None,
            builds: Callable[[T], object] | None = None,
            isolable: bool = False,
        ) -> Registry[T]: ...

        @overload
        def registry(
            self,
            name: str,
            of: None = None,
            *,
            allow_override: bool = False,
            eager: bool = False,
            metadata: object = None,
            passing: tuple[type[BaseException], ...] = (),
            entry_points: str | Iterable[str] | None = None,
            builds: Callable[[Any], object] | None = None,
            isolable: bool = False,
        ) -> Registry[Any]: ...

    def registry(  # noqa: C901 -- one more function would cost each start
        self,
        name: str,
        of: "Any" = None,
        *,
        allow_override: bool = False,
        eager: bool = False,
        metadata: "Any" = None,
        passing: "tuple[type[BaseException], ...]" = (),
        entry_points: "str | Iterable[str] | None" = None,
        builds: "Callable[[Any], object] | None" = None,
        isolable: bool = False,
    ) -> "Registry[Any]":
        """Return the registry of that name; the first call makes it.

        Contributions are checked against *of* and *metadata* when a plugin is imported to be recorded, and not at later
        starts. A plugin that registers something else is left out.

        Args:
            name: The contributions, in the plural, e.g. `exporters`.
            of: The type of the contributions: a class, a protocol, or a callable such as `Callable[[Note], str]`. None:
                anything. Other types are checked by type checkers only.
            allow_override: Whether a later plugin may replace a contribution without `override=True`.
            eager: Whether plugins that add to this registry are imported at every start, because their contributions
                have an effect without being used.
            metadata: The fields that describe a contribution: a `TypedDict`, a dataclass, or a mapping of names to
                types. None: any plain data. An entry point has the fields `group` and `value` and no others, so that
                together with *entry_points* no other one may be required.
            passing: Exceptions that `Registry.call` does not catch, e.g. the application's own error for users.
            entry_points: The group or groups of entry points that are contributions, too. Their names are known from
                metadata; the object of one is imported when it is used, in every mode. Its owner is its distribution,
                as a plugin of that name. Not together with *eager*.
            builds: Returns, for a contribution, the class or function that the application builds with the container
                when it is used, e.g. a command's handler. The doctor checks that its parameters can be injected.
            isolable: Whether contributions can be used from another process, so that a plugin may be isolated: they are
                functions, or objects with methods, that are called with, and return, plain data, bytes, files, arrays,
                iterators of these, and callbacks.

        Raises:
            HostError: If *name* is reserved: `component`, `decorator` or `middleware`; if *entry_points* are given
                after the plugins were found, differ from those of an earlier call, or do not fit *metadata*.
            InvalidNameError: If the name of a group is invalid.
        """
        if entry_points is not None:
            if isinstance(metadata, type):
                from pegboard.expectations import check_schema

                check_schema(name, metadata)
            from pegboard.sources import use_groups

            sources = use_groups(self.settings, name, entry_points, eager=eager)
            if sources is not None:
                self.manager.configure(sources=sources)
        if eager:
            self.manager.activate_at_start(name)
        registry = self._registries.get(name)
        if registry is None:
            registry = self._registries[name] = Registry(
                name, self.manager, ready=self.start, report=self.report, allow_override=allow_override
            )
        if of is not None:
            registry.of = of
        if metadata is not None:
            registry.schema = metadata
        if passing:
            registry.passing = passing
        if builds is not None:
            registry.builds = builds
        if isolable:
            registry.isolable = True
        return registry

    @property
    def container(self) -> "Container":
        """The container of components, which are looked up by type and can be overridden by plugins."""
        if self._container is None:
            load("ledger", "container")
            from pegboard.container import Container

            with self._lock:
                if self._container is None:
                    manager = self.manager
                    self._container = Container(
                        manager.ledger,
                        live=manager.importer.live,
                        ready=self.start,
                        report=self.report,
                        owner_of=manager.attribution.owner,
                        offers=manager.settings.offers,
                    )
        return self._container

    @property
    def hooks(self) -> "Hooks":
        """The hooks. Decorators declare them: `notify`, `collect`, `first` and `chain`."""
        if self._hooks is None:
            load("hooks", is_package=True)
            from pegboard.hooks import Hooks

            with self._lock:
                if self._hooks is None:
                    self._hooks = Hooks(self)
        if self._hooks_module:  # it may be what asks: then it is being imported, and goes on; other threads wait for it
            __import__(self._hooks_module)
        return self._hooks

    def is_implemented(self, hook: str) -> bool:
        """Return whether a plugin implements the hook of that name; imports neither the plugin nor the declaration.

        An application that declares its hooks in a module of its own can then import this module only if a hook has an
        implementation. A start without such plugins is not slowed down by hooks.
        """
        self.start()
        return bool(self.manager.ledger.contributions(f"hook {hook}"))

    # -- which plugins there are --------------------------------------------------------------------------------------

    @property
    def plugins(self) -> "tuple[Plugin, ...]":
        """All plugins in order, including disabled and broken ones; imports none."""
        return self.manager.plugins

    def start(self) -> None:
        """Find the plugins and make them ready; do nothing if they are ready.

        The first use of a registry or the container calls this method. A plugin that fails is left out and reported,
        and its fault is in `problems`.

        Raises:
            RequiredPluginError: If a required plugin cannot be used.
            PegboardError: In strict mode, if a plugin fails; an ExceptionGroup if several fail.
        """
        if self.manager.start() and self._reporter is not None:
            self._reporter.end_start(self.manager, self.problems)

    def run(
        self,
        plugin: "Plugin",
        doing: str,
        function: "Callable[[], T]",
        *,
        passing: "tuple[type[BaseException], ...]" = (),
    ) -> "T":
        """Call *function*, a function of *plugin*, and convert any exception to an error that names the plugin.

        Exceptions of built-in plugins and of the application are not converted. If *function* is asynchronous, await
        the result; exceptions are converted until all of its code has run. The same holds for a generator.
        Cancellation is not converted. Another awaitable object, such as a task, is returned as it is.

        Args:
            plugin: The plugin that the function belongs to.
            doing: Text that completes "failed while", e.g. `running command 'balance'`.
            function: Called without arguments; its result is returned.
            passing: Exceptions that are not converted, e.g. the application's own error for users.

        Raises:
            PluginCallError: From whatever it raised. `KeyboardInterrupt` always passes.
        """
        from pegboard.boundary import call_plugin

        return call_plugin(plugin, doing, function, passing, self.manager.attribution.owner)

    def report(self, problem: "PegboardError") -> None:
        """Report a contained fault, once, and add it to `problems`.

        For adapters that catch exceptions of plugins. In strict mode the fault is raised.
        """
        # a problem may have been forgotten since; the set spares thousands of them a comparison with one another
        if problem.said in self._said and problem.is_among(self.problems):
            return
        self._said.add(problem.said)
        self.problems.append(problem)
        if not problem.is_quiet:
            if self._reporter is None:
                from pegboard.reporting import Reporter

                self._reporter = Reporter(self.name, *self._reporting)
            self._reporter.report(problem, self.manager)

    vars().update(
        deferred(
            "pegboard.host_methods.HostMethods",
            "data_registry declare adapt explain plugin leave_out only disable adisable enable reload areload "
            "rescan look_again on_unload close aclose astart blame fingerprint registries settings roster "
            "__repr__ _end_failed _report_clashes _lifecycle",
        )
    )
