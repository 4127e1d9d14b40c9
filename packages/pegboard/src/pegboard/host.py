"""The host: the one object an application makes. It wires the rooms and owns nothing that two hosts could share."""

import os
import sys

from pegboard.contributions import Registry
from pegboard.roster import Roster

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TypeVar

    from pegboard.claims import Claims
    from pegboard.contributions import Container
    from pegboard.data_registry import DataRegistry
    from pegboard.errors import PegboardError
    from pegboard.injection.explanation import Explanation
    from pegboard.ledger import Plugin

    T = TypeVar("T")


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
        """
        del of
        if eager:
            self._roster.eager_kinds.add(name)
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
            from pegboard.contributions import Container

            with self._roster.lock:
                if self._container is None:
                    self._container = Container(self._roster.ledger, ready=self.start, report=self._report)
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
        from pegboard.recording.cold import leave_out

        leave_out(self._roster, tuple(names), reason)

    def disable(self, name: str, reason: str = "disabled by the application") -> None:
        """Take everything back that the plugin of that name contributed, and use it no more.

        Raises:
            PluginNotFoundError: If there is none.
        """
        from pegboard.revision import revoke

        self.start()
        plugin = self.plugin(name)
        plugin.disable(reason)
        revoke(self._roster.ledger, plugin)

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
        from pegboard.claims import settle

        for registry in tuple(self._registries.values()):
            settle(registry)

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

        return contained(plugin, doing, function, passing)

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
