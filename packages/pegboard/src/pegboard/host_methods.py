"""Methods of `Host` that most starts do not call: life cycle of plugins, questions, and what plugins declare.

In: a host. Out: what the methods say. `Host` defers to them: see `index.deferred`.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import ModuleType
    from typing import Any, TypeVar

    from pegboard.adaptation import EntryPoint
    from pegboard.claims import Claims
    from pegboard.container import Container
    from pegboard.errors import PegboardError, PluginError
    from pegboard.hooks import Hooks
    from pegboard.hooks.explanation import HookExplanation
    from pegboard.index import Settings
    from pegboard.injection.explanation import Explanation
    from pegboard.ledger import Plugin
    from pegboard.manager import PluginManager, Registry
    from pegboard.references.fingerprint import Fingerprint
    from pegboard.registry import DataRegistry
    from pegboard.reloading.lifecycle import Change, Lifecycle, Rescan

    F = TypeVar("F", bound=Callable[[], object])
    A = TypeVar("A", bound=Callable[[Plugin, ModuleType, Sequence[EntryPoint]], object])


class HostMethods:
    """The methods. Type checkers know this class as the base of `Host`."""

    if TYPE_CHECKING:  # what they use of `Host`
        name: str
        problems: list[PegboardError]
        manager: PluginManager
        _registries: dict[str, Registry[Any]]
        _container: Container | None
        _hooks: Hooks | None
        _unload_callbacks: dict[Plugin, list[Callable[[], object]]]

        @property
        def container(self) -> Container: ...
        def start(self) -> None: ...
        def report(self, problem: PegboardError) -> None: ...

    def __repr__(self) -> str:
        return f"<host {self.name!r}>"

    @property
    def settings(self) -> Settings:
        """The settings of the host; for tools."""
        return self.manager.settings

    @property
    def registries(self) -> Mapping[str, Registry[Any]]:
        """All registries made so far, by name."""
        return dict(self._registries)

    @property
    def roster(self) -> PluginManager:
        """Deprecated since 0.2, and removed in 1.0: use `manager`."""
        from warnings import warn

        warn("Host.roster is deprecated: use Host.manager", DeprecationWarning, stacklevel=2)
        return self.manager

    def data_registry(self, name: str, *, allow_override: bool = False, metadata: Any = None) -> DataRegistry:
        """Return the registry of plain data of that name; the first call makes it.

        Plugins add only metadata to it, so reading it never imports a plugin.

        Args:
            name: The contributions, in the plural, e.g. `themes`.
            allow_override: As in `registry`.
            metadata: As in `registry`.
        """
        from pegboard.registry import DataRegistry

        registry = self._registries.get(name)
        if not isinstance(registry, DataRegistry):
            registry = self._registries[name] = DataRegistry(
                name, self.manager, ready=self.start, report=self.report, allow_override=allow_override
            )
        if metadata is not None:
            registry.schema = metadata
        return registry

    def declare(
        self,
        *,
        after: Sequence[str] = (),
        before: Sequence[str] = (),
        eager: bool | None = None,
        depends_on: Sequence[str | os.PathLike[str]] = (),
    ) -> None:
        """Declare settings of the plugin that is being imported. The application exports this method in its API.

        Args:
            after: Plugins that come before this one, if they are installed.
            before: Plugins that come after this one.
            eager: True: import the plugin at every start, because its import does more than register. False: it only
                registers, even if that could not be shown, or if it changes the state of a library; effects on the
                process or the application that were observed still make it eager. None: as observed.
            depends_on: Files whose content decides what the plugin registers, and `env:NAME` for environment variables
                that it does not read itself. If one changes, the plugin is imported and recorded again.

        Raises:
            HostError: If no plugin is being imported, or a path is invalid.
            InvalidNameError: If the name of a plugin is invalid.
        """
        plugin, importing = self.manager.attribution.registering()
        if not importing and not self.manager.early.is_undecided(plugin):
            from pegboard.early_imports import not_in_a_plugin

            raise not_in_a_plugin("call it at module level")
        plugin.declare(after, before, eager=eager, depends_on=depends_on)
        if self.manager.settings.sources is not None:
            from pegboard.adaptation import note_declaration

            note_declaration(plugin, self.manager.settings.sources.adapter)

    def adapt(self, function: A) -> A:
        """Register *function*, the adapter, which turns what a plugin's module offers into contributions; a decorator.

        The adapter is called after the module of each plugin has been imported, built-in ones included. What it
        registers, provides or declares belongs to the plugin, and is recorded, so that the next start needs no import.
        Any other effect counts as an effect of the plugin's import. If the adapter is edited, all plugins are recorded
        again.

        If the adapter raises an exception, the plugin is left out, and the error names the application; if code of the
        plugin raises that the adapter calls, the error names the plugin.

        Args:
            function: Called with the plugin, the module, and a sequence of `EntryPoint`, empty for a plugin that is
                found in the namespace or the folder only.

        Returns:
            *function*.

        Raises:
            HostError: If the plugins have been found already, there is another adapter, or *function* is none.
        """
        from pegboard.sources import use_adapter

        sources = use_adapter(self.manager.settings, function, sys._getframe(1))  # noqa: SLF001 -- frames have no public door
        if sources is not None:
            self.manager.configure(sources=sources)
        return function

    def explain(self, what: Any, name: str | None = None) -> Explanation | Claims | HookExplanation:
        """Explain who provides a component, claims a name in a registry, or implements a hook; imports no plugin.

        Args:
            what: The component's key, or a hook; or, with *name*, a registry or its name.
            name: The name in that registry.

        Returns:
            The order and the reasons, as plain data; `str()` returns text for people.

        Raises:
            HostError: If there is no such registry.
        """
        if name is None and self._hooks is not None and any(hook is what for hook in self._hooks):
            from pegboard.hooks.explanation import explain

            return explain(self, what.kind, what)
        if name is None:
            return self.container.explain(what)
        registry = self._registries.get(getattr(what, "name", what))
        if registry is None:
            from pegboard.errors import HostError

            known = ", ".join(self._registries) or "none"
            raise HostError(f"there is no registry {what!r}", f"known registries: {known}")
        return registry.explain(name)

    def plugin(self, name: str) -> Plugin:
        """Return the plugin of that name.

        Raises:
            PluginNotFoundError: If there is none; the error has the nearest name.
        """
        plugin = self.manager.named(name)
        if plugin is None:
            from pegboard.startup.search import no_plugin

            raise no_plugin(name, self.manager.plugins)
        return plugin

    def fingerprint(self, *, files: bool = False) -> Fingerprint:
        """Return what all plugins are here, to compare it with what they are in another process; imports no plugin.

        A plugin is told by its distribution and version; one that no installer has put in its place, in the plugin
        folder or by an editable install, by its files too.

        Args:
            files: Whether each file of each plugin is hashed; then two builds of one version differ, too.
        """
        from pegboard.references.fingerprint import fingerprint_of

        return fingerprint_of(self, files=files)

    def leave_out(self, names: Iterable[str] = (), reason: str = "left out by the application") -> None:
        """Leave out the plugins of *names* at the start; if *names* is empty, all that are not built in.

        `group:name` in *names* is an entry point: a plugin is left out if all of its entry points are.

        Raises:
            HostError: If the plugins were found already.
        """
        self.manager.configure(left_out=(*self.manager.settings.left_out, (tuple(names), reason)))

    def only(self, names: Iterable[str]) -> None:
        """Enable only the plugins of *names*, and those that the application requires.

        All others, built-in ones included, are disabled. If other code imports such a plugin, it gets the module as it
        would get a library's, and what the module registers is dropped. A name that no plugin has is reported at the
        start, with the nearest name. Plugins that the user leaves out stay left out.

        Args:
            names: Names of plugins; if there are none, every plugin is disabled.

        Raises:
            HostError: If the plugins were found already.
        """
        from pegboard.sources import enabled

        self.manager.configure(only=enabled(names))

    def disable(
        self, name: str, reason: str = "disabled by the application", *, deadline_s: float | None = 5.0
    ) -> Change:
        """Disable the plugin of that name: remove its contributions and its modules, and end what it has opened.

        Components that depend on the plugin are discarded, and built again when they are next requested. Scopes that
        the plugin has opened end, components are cleaned up, and functions given to `on_unload` are called, in reverse
        order. Faults of plugins are reported, and all clean-ups run.

        Args:
            name: The plugin's name.
            reason: The reason, for lists of plugins.
            deadline_s: Seconds that each clean-up may take, in a thread of its own; one that takes longer is reported,
                and not waited for. None: clean-ups run in this thread, without a limit.

        Returns:
            What was changed. Async clean-ups run when the container's `aclose` is called; `adisable` awaits them.

        Raises:
            PluginNotFoundError: If there is none.
            HostError: If the application requires it, or it is being imported right now.
            ExceptionGroup: The exceptions of the application's own clean-ups.
        """
        return self._lifecycle().disable(name, reason, deadline_s)

    async def adisable(
        self, name: str, reason: str = "disabled by the application", *, deadline_s: float | None = 5.0
    ) -> Change:
        """Do what `disable` does, and await asynchronous clean-ups, in a loop of `asyncio`."""
        return await self._lifecycle().adisable(name, reason, deadline_s)

    def enable(self, name: str) -> None:
        """Import the plugin of that name if it is disabled, and use it from now on.

        Raises:
            PluginNotFoundError: If there is none.
            PluginError: If it cannot be imported.
        """
        self._lifecycle().enable(name)

    def reload(self, name: str, *, deadline_s: float | None = 5.0) -> Change:
        """Import the plugin of that name again, from its present files.

        The new contributions replace the old ones in one step. Then what the old code had opened is ended, as by
        `disable`. Other plugins that use its code are reloaded, too. If the new code cannot be imported, nothing
        changes.

        Args:
            name: The plugin's name.
            deadline_s: As in `disable`.

        Returns:
            What was changed. Async clean-ups run when the container's `aclose` is called; `areload` awaits them.

        Raises:
            PluginNotFoundError: If there is none.
            PluginError: If it cannot be imported, or is disabled.
            HostError: If it is being imported right now.
            ExceptionGroup: The exceptions of the application's own clean-ups.
        """
        return self._lifecycle().reload(name, deadline_s)

    async def areload(self, name: str, *, deadline_s: float | None = 5.0) -> Change:
        """Do what `reload` does, and await asynchronous clean-ups, in a loop of `asyncio`."""
        return await self._lifecycle().areload(name, deadline_s)

    def rescan(self, *, deadline_s: float | None = 5.0) -> Rescan:
        """Search for plugins again: import those that were installed since the start, and disable those that are gone.

        Plugins that were edited do not change; see `reload`.

        Args:
            deadline_s: As in `disable`.
        """
        return self._lifecycle().rescan(deadline_s)

    look_again = rescan
    """The name of `rescan` until 1.0."""

    def on_unload(self, function: F) -> F:
        """Register a clean-up: *function* is called without arguments when the plugin is disabled or reloaded.

        Use it to end what the container does not manage: threads, timers, sockets, signal handlers. The last function
        that was registered is called first. `close` calls the functions of the application itself. If the plugin's
        import fails, its functions are called at once.

        Returns:
            *function*, so that this method can be used as a decorator.
        """
        self._unload_callbacks.setdefault(self.manager.attribution.registering()[0], []).append(function)
        return function

    def close(self, *, deadline_s: float | None = 5.0) -> None:
        """Run all clean-ups: end scopes, clean up components, and then call the functions of `on_unload`.

        For the end of a program or of a test. Plugins do not change, and the container is empty afterwards. A host of
        the same name that is made later replaces this one.

        Args:
            deadline_s: As in `disable`.

        Raises:
            ExceptionGroup: The exceptions of the application's own clean-ups; those of plugins are reported.
        """
        self._lifecycle().close(deadline_s)

    async def aclose(self, *, deadline_s: float | None = 5.0) -> None:
        """Do what `close` does, and await asynchronous clean-ups, in a loop of `asyncio`."""
        await self._lifecycle().aclose(deadline_s)

    async def astart(self) -> None:
        """Do what `start` does in a thread, so that plugins do not block an event loop of `asyncio`.

        If the task is cancelled, the start continues. Faults are reported in that thread.
        """
        from pegboard.manager import READY

        if self.manager.state != READY:
            from pegboard.background import in_thread

            await in_thread(self.start)

    def _end_failed(self, plugin: Plugin) -> None:
        """End what the import of *plugin*, which has failed, has opened; for the manager."""
        if plugin in self._unload_callbacks:
            self._lifecycle().end_failed(plugin)

    def _report_clashes(self) -> None:
        """Decide every name, and report who else claims it; for the manager."""
        from pegboard.precedence import contested

        for registry in tuple(self._registries.values()):
            for name in contested(self.manager.ledger.contributions(registry.name)):
                registry.winner(name)  # reports who else claims it

    def _lifecycle(self) -> Lifecycle:
        from pegboard.reloading.lifecycle import Lifecycle

        return Lifecycle(
            self.manager,
            self._container,
            self._unload_callbacks,
            self.problems,
            hooks=self._hooks,
            report=self.report,
            report_clashes=self._report_clashes,
        )

    def blame(self, error: BaseException, doing: str = "being called") -> PluginError | None:
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
        from pegboard.boundary import blame

        return blame(error, doing, self.manager.attribution.owner)
