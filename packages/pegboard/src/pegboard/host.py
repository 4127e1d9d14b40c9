"""The host: the one object an application makes. It wires the rooms and owns nothing that two hosts could share."""

from __future__ import annotations

import _thread
import os
import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.activation.activator import Activator
from pegboard.contributions.ledger import Ledger
from pegboard.contributions.registry import Registry
from pegboard.places import environment_prefix, user_directory
from pegboard.plugins.plugin import BROKEN, application

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TypeVar

    from pegboard.contributions.container import Container
    from pegboard.errors import PegboardError
    from pegboard.plugins.plugin import Plugin
    from pegboard.plugins.policy import Policy

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
        required: Iterable[str] = (),
        strict: bool | None = None,
        config_directory: str | os.PathLike[str] | None = None,
        report: Callable[[PegboardError], None] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Make the host of the application that is the package *name*.

        Args:
            name: The application's import name; plugins are `<name>.plugins.*`, entry points the group of that name.
            required: Plugins that the application cannot do without: if one is unusable, `start` raises.
            strict: Whether a fault of a plugin is raised instead of contained, as authors and CI want it. None:
                as the user sets it, and False where the user says nothing.
            config_directory: Where `plugins.toml` and the folder `plugins` are; the user's own configuration
                directory for *name* if None.
            report: Told of each contained fault as it happens; None writes one line to standard error.
            environ: The environment variables; those of the process if None.

        Raises:
            InvalidNameError: If *name* is no import name.
        """
        if not isinstance(name, str) or not all(part.isidentifier() for part in name.split(".")):
            from pegboard.errors import InvalidNameError

            raise InvalidNameError("application", name)
        self.name: str = name
        self.problems: list[PegboardError] = []
        """Every fault that was contained so far, in the order in which they came up."""
        self._environ = os.environ if environ is None else environ
        self._config_directory = os.fspath(config_directory) if config_directory is not None else None
        self._required = tuple(required)
        self._strict = strict
        self._tell = report
        self._left_out: list[tuple[tuple[str, ...], str]] = []
        self._owner = application(name)
        self._plugins: tuple[Plugin, ...] | None = None
        self._registries: dict[str, Registry[Any]] = {}
        self._container: Container | None = None
        self._user_order: tuple[str, ...] = ()
        self._lock = _thread.RLock()
        self._starting: set[int] = set()
        self._started = False
        prefix = environment_prefix(name)
        self._activator = Activator(self._owner, lambda: self._ledger, self._report, prefix)
        self._ledger = Ledger(self._activator.registering, self._activator.activate)

    def __repr__(self) -> str:
        return f"<host {self.name!r}>"

    # -- what plugins may add to --------------------------------------------------------------------------------------

    def registry(self, name: str, of: type[T] | None = None, *, allow_override: bool = False) -> Registry[T]:
        """Return the registry of that name, making it at the first call.

        Args:
            name: What the contributions are, in the plural, e.g. `exporters`.
            of: The type of the contributions, for type checkers and readers.
            allow_override: Whether a later plugin may take a name without saying `override=True`.
        """
        del of
        registry = self._registries.get(name)
        if registry is None:
            registry = Registry(
                name, self._ledger, ready=self.start, report=self._report, allow_override=allow_override
            )
            self._registries[name] = registry
        return registry

    @property
    def registries(self) -> Mapping[str, Registry[Any]]:
        """All registries made so far, by name."""
        return dict(self._registries)

    @property
    def container(self) -> Container:
        """The container of components: what is looked up by type, and may be overridden by plugins."""
        if self._container is None:
            from pegboard.contributions.container import Container

            with self._lock:
                if self._container is None:
                    self._container = Container(self._ledger, ready=self.start, report=self._report)
        return self._container

    def declare(self, *, after: Sequence[str] = (), before: Sequence[str] = ()) -> None:
        """Say how the plugin that is being imported is to be treated; an application exports it in its API.

        Args:
            after: Plugins that come before this one, if they are installed.
            before: Plugins that come after this one.

        Raises:
            HostError: If no plugin is being imported.
        """
        plugin, importing = self._activator.registering()
        if not importing:
            from pegboard.errors import HostError

            raise HostError("declare() works only while a plugin is being imported", "call it at module level")
        plugin.after = (after,) if isinstance(after, str) else tuple(after)
        plugin.before = (before,) if isinstance(before, str) else tuple(before)

    # -- which plugins there are --------------------------------------------------------------------------------------

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """All plugins in their order, disabled and broken ones included; finding them imports none."""
        self._discover()
        assert self._plugins is not None  # noqa: S101 -- _discover() has just set it
        return self._plugins

    def plugin(self, name: str) -> Plugin:
        """Return the plugin of that name.

        Raises:
            PluginNotFoundError: If there is none; it knows the nearest name.
        """
        for plugin in self.plugins:
            if plugin.name == name:
                return plugin
        from pegboard.errors import PluginNotFoundError

        raise PluginNotFoundError(name, tuple(plugin.name for plugin in self.plugins))

    def leave_out(self, names: Iterable[str] = (), reason: str = "left out by the application") -> None:
        """Start without some plugins: those of *names*, or without any that is not built in when *names* is empty.

        Raises:
            HostError: If the plugins have been found already.
        """
        if self._plugins is not None:
            from pegboard.errors import HostError

            raise HostError("the plugins have been found already", "call leave_out() before the host is first used")
        self._left_out.append((tuple(names), reason))

    def disable(self, name: str, reason: str = "disabled by the application") -> None:
        """Take everything back that the plugin of that name contributed, and use it no more.

        Raises:
            PluginNotFoundError: If there is none.
        """
        plugin = self.plugin(name)
        plugin.disable(reason)
        self._ledger.revoke(plugin)

    # -- starting -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Make the plugins ready; nothing happens when they are.

        Called by the first use of a registry or the container. A plugin that fails is left out, reported, and kept
        in `problems`.

        Raises:
            RequiredPluginError: If a required plugin cannot be used.
            PegboardError: In strict mode, the fault of a plugin; an ExceptionGroup if there are several.
        """
        if self._started:
            return
        me = _thread.get_ident()
        if me in self._starting:  # a plugin reads a registry while it is imported: it sees what there is so far
            return
        self._starting.add(me)
        try:
            for plugin in self.plugins:
                if plugin.is_usable:
                    self._activate(plugin)
            for problem in self._arrange():  # again, since plugins have declared their wishes by now
                self._report(problem)
            for registry in self.registries.values():
                registry.settle()
            self._check_required()
        finally:
            self._starting.discard(me)
        self._started = True
        self._raise_if_strict()

    def _activate(self, plugin: Plugin) -> None:
        from pegboard.errors import PluginError

        try:
            self._activator.activate(plugin)
        except PluginError:  # reported where it happened, kept on the plugin
            pass

    def _discover(self) -> None:
        if self._plugins is None:
            with self._lock:
                problems = self._find_plugins()
            for problem in problems:
                self._report(problem)

    def _find_plugins(self) -> list[PegboardError]:
        if self._plugins is not None:  # another thread was faster
            return []
        from pegboard.discovery import discover, extend_namespace
        from pegboard.plugins.plugin import Plugin

        policy = self._policy()
        folder = self._file("plugins")
        found = discover(self.name, folder=folder)
        if len(extend_namespace(self.name, found.portions, found.init)) > len(found.portions):
            found = discover(self.name, folder=folder)  # the application's own __init__ has added places
            extend_namespace(self.name, found.portions, found.init)
        plugins = [Plugin.from_candidate(candidate) for candidate in found.candidates]
        for plugin in plugins:
            plugin.required = plugin.name in self._required
            if objection := policy.objection(plugin):
                plugin.disable(objection)
        self._activator.watch(plugins)
        self._user_order = policy.order
        self._plugins = tuple(plugins)
        problems: list[PegboardError] = [*policy.problems, *found.problems, *self._arrange()]
        return problems + [plugin.error for plugin in plugins if plugin.error is not None and plugin.state == BROKEN]

    def _policy(self) -> Policy:
        from pegboard.plugins.policy import load_policy

        policy = load_policy(self.name, self._file("plugins.toml"), self._environ)
        for names, reason in self._left_out:
            policy.leave_out(names, reason)
        if self._strict is None:
            self._strict = bool(policy.strict)
        return policy

    def _file(self, name: str) -> str | None:
        directory = self._config_directory or user_directory("config", self.name, self._environ)
        return os.path.join(directory, name) if directory else None

    def _arrange(self) -> list[PegboardError]:
        from pegboard.plugins.order import order

        plugins, problems = order(self._plugins or (), self._user_order)
        for rank, plugin in enumerate(plugins):
            plugin.rank = rank
        self._plugins = tuple(plugins)
        self._ledger.reorder()
        return problems

    def _check_required(self) -> None:
        by_name = {plugin.name: plugin for plugin in self.plugins}
        for name in self._required:
            plugin = by_name.get(name)
            if plugin is not None and plugin.is_usable:
                continue
            from pegboard.errors import RequiredPluginError

            if plugin is None:
                raise RequiredPluginError(name, "", "it is not installed")
            raise RequiredPluginError(
                name, str(plugin.distribution or ""), plugin.reason or "it is not usable", plugin.origin
            ) from plugin.error

    def run(
        self,
        plugin: Plugin,
        doing: str,
        function: Callable[[], T],
        *,
        passing: tuple[type[BaseException], ...] = (),
    ) -> T:
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
        from pegboard.activation.boundary import contained

        return contained(plugin, doing, function, passing)

    # -- faults -------------------------------------------------------------------------------------------------------

    def _report(self, problem: PegboardError) -> None:
        if any(str(known) == str(problem) for known in self.problems):
            return
        self.problems.append(problem)
        if self._strict:
            if self._started:
                raise problem
        elif self._tell is not None:
            self._tell(problem)
        elif sys.stderr is not None:
            hint = problem.hint()
            hint_text = f" (hint: {hint})" if hint else ""
            sys.stderr.write(f"{self.name}: warning[{problem.code}]: {problem.summary()}{hint_text}\n")

    def _raise_if_strict(self) -> None:
        if not self._strict or not self.problems:
            return
        if len(self.problems) == 1:
            raise self.problems[0]
        raise ExceptionGroup(f"the plugins of {self.name} have problems", list(self.problems))
