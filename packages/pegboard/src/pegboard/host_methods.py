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
    from pegboard.injection.explanation import Explanation
    from pegboard.ledger import Plugin
    from pegboard.manager import PluginManager, Registry
    from pegboard.registry import DataRegistry
    from pegboard.reloading.lifecycle import Change, Lifecycle, Rescan

    F = TypeVar("F", bound=Callable[[], object])
    A = TypeVar("A", bound=Callable[[Plugin, ModuleType, Sequence[EntryPoint]], object])


class HostMethods:
    """The methods. Type checkers know this class as the base of `Host`."""

    if TYPE_CHECKING:  # what they use of `Host`
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
        """Return the registry of plain data of that name, making it at the first call.

        What plugins add to it is metadata and nothing else, so that none is ever imported for it.

        Args:
            name: What the contributions are, in the plural, e.g. `themes`.
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
        """Say how the plugin that is being imported is to be treated; an application exports it in its API.

        Args:
            after: Plugins that come before this one, if they are installed.
            before: Plugins that come after this one.
            eager: True if it is to be imported at every start, since it does more than register. False if its import
                only registers, although that cannot be shown, or what it changes in a library does not matter: this
                overrules what could not be shown and changes of a library's own state, never what was seen to change
                the process or the application. None, the default, leaves it to what was seen.
            depends_on: Files whose content decides what it registers, and `env:NAME` for environment variables that
                it does not read itself: when one changes, it is imported and recorded anew.

        Raises:
            HostError: If no plugin is being imported, or a path cannot be one.
            InvalidNameError: If what is to be the name of a plugin cannot be one.
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
        """Have *function* make contributions of what each plugin's module offers, as a decorator.

        It is called whenever a plugin's module has been executed, built-in ones included, with the plugin, its module,
        and all entry points in the host's groups that name the module. What it registers, provides or declares is the
        plugin's, as if the module had done it: it is recorded, and is there at the next start without an import. What
        it does besides counts as the plugin's import does. An adapter that is edited makes new records.

        What it raises itself is the application's fault, and leaves the plugin out; what a plugin's code raises that
        it calls is the plugin's.

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
        """Return who provides a component, has a name in a registry, or implements a hook; in which order, and why.

        Args:
            what: The component's key, or a hook; or, with *name*, the registry or what it is called.
            name: The name in that registry.

        Returns:
            Plain data; its `str()` is for reading. No plugin is imported for it.

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
            PluginNotFoundError: If there is none; it knows the nearest name.
        """
        plugin = self.manager.named(name)
        if plugin is None:
            from pegboard.startup.search import no_plugin

            raise no_plugin(name, self.manager.plugins)
        return plugin

    def leave_out(self, names: Iterable[str] = (), reason: str = "left out by the application") -> None:
        """Start without some plugins: those of *names*, or without any that is not built in when *names* is empty.

        `group:name` in *names* is an entry point: a plugin is left out with the last of its entry points.

        Raises:
            HostError: If the plugins have been found already.
        """
        self.manager.configure(left_out=(*self.manager.settings.left_out, (tuple(names), reason)))

    def only(self, names: Iterable[str]) -> None:
        """Start with the plugins that the application's own configuration enables, and with those that it requires.

        All others, built-in ones included, are found and not imported; lists of plugins say why. What imports one of
        them itself gets its module, like that of a library, and what it registers is dropped. A name that no plugin
        has is reported at the start, with the nearest one. What the user leaves out stays left out.

        Args:
            names: The plugins'; none at all leaves out every plugin.

        Raises:
            HostError: If the plugins have been found already.
        """
        from pegboard.sources import enabled

        self.manager.configure(only=enabled(names))

    def disable(
        self, name: str, reason: str = "disabled by the application", *, deadline_s: float | None = 5.0
    ) -> Change:
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
        return self._lifecycle().disable(name, reason, deadline_s)

    async def adisable(
        self, name: str, reason: str = "disabled by the application", *, deadline_s: float | None = 5.0
    ) -> Change:
        """Do what `disable` does, awaiting what is asynchronous, in a loop of `asyncio`."""
        return await self._lifecycle().adisable(name, reason, deadline_s)

    def enable(self, name: str) -> None:
        """Import the plugin of that name if it is disabled, and use it from now on.

        Raises:
            PluginNotFoundError: If there is none.
            PluginError: If it cannot be imported.
        """
        self._lifecycle().enable(name)

    def reload(self, name: str, *, deadline_s: float | None = 5.0) -> Change:
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
        return self._lifecycle().reload(name, deadline_s)

    async def areload(self, name: str, *, deadline_s: float | None = 5.0) -> Change:
        """Do what `reload` does, awaiting what is asynchronous, in a loop of `asyncio`."""
        return await self._lifecycle().areload(name, deadline_s)

    def rescan(self, *, deadline_s: float | None = 5.0) -> Rescan:
        """Search for plugins again: import those that were installed meanwhile, and disable those that are gone.

        Plugins that were edited meanwhile stay as they are; see `reload`.

        Args:
            deadline_s: As in `disable`.
        """
        return self._lifecycle().rescan(deadline_s)

    look_again = rescan
    """The name of `rescan` until 1.0."""

    def on_unload(self, function: F) -> F:
        """Have *function* called, without arguments, when the plugin that says so is disabled or reloaded.

        For what the container does not know of: threads, timers, sockets, handlers of signals. Of several the last is
        called first. What the application itself says is called by `close`. If the plugin's import fails, it is called
        at once.

        Returns:
            *function*, so that it can be decorated.
        """
        self._unload_callbacks.setdefault(self.manager.attribution.registering()[0], []).append(function)
        return function

    def close(self, *, deadline_s: float | None = 5.0) -> None:
        """End everything that plugins and the application have opened: scopes, components, and then `on_unload`.

        For the end of a program, or of a test. Plugins stay as they are, and the container begins anew. A host of the
        same name that is made afterwards, wherever that is, replaces this one.

        Args:
            deadline_s: As in `disable`.

        Raises:
            ExceptionGroup: Of what clean-ups of the application itself have raised; those of plugins are reported.
        """
        self._lifecycle().close(deadline_s)

    async def aclose(self, *, deadline_s: float | None = 5.0) -> None:
        """Do what `close` does, awaiting what is asynchronous, in a loop of `asyncio`."""
        await self._lifecycle().aclose(deadline_s)

    async def astart(self) -> None:
        """Do what `start` does, in a thread, so that an event loop of `asyncio` goes on while plugins are imported.

        If the task is cancelled, the start goes on and serves whoever asks next. Faults are reported in that thread.
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
