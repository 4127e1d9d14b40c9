"""The lifecycle: how are plugins disabled, enabled and reloaded while the application runs?

In: the name of a plugin. Out: what was changed, and what went wrong meanwhile.

A plugin is reloaded as a transaction: its new code is imported first, and only if that works the old contributions are
replaced, all in one step, and what the old code had opened is ended. If it does not work, everything stays as it was.

Source: Python's own `importlib.reload` documentation says why a module is imported anew here and not executed again in
its old place: names that the new code does not have any more would stay.
"""

from __future__ import annotations

import _thread
import importlib
from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.boundary import why_unusable
from pegboard.errors import HostError, PluginError, PluginNotFoundError, PluginStillRunningError
from pegboard.injection.cleanup import raise_all
from pegboard.ledger import ACTIVE, DISABLED, FOUND, QUARANTINED
from pegboard.reloading.cleanup import (
    aend_all,
    end_all,
    endings_of_all,
    endings_of_callbacks,
    endings_of_resources,
)
from pegboard.reloading.modules import Aside, distrust_bytecode
from pegboard.reloading.threads import outlasting
from pegboard.reloading.unload_plan import plan_unload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pegboard.container import Container
    from pegboard.errors import PegboardError
    from pegboard.injection.core import Core
    from pegboard.injection.store import Instance
    from pegboard.ledger import Plugin
    from pegboard.manager import PluginManager
    from pegboard.reloading.cleanup import Ending
    from pegboard.reloading.unload_plan import UnloadPlan

DEADLINE_S = 5.0
"""Seconds that a clean-up may take where nobody says otherwise."""

_OF_ONE_IMPORT = ("state", "reason", "error", "after", "before", "eager", "inputs", "cost_ms")
"""What the import of a plugin may change of it."""

_ONE_AT_A_TIME = _thread.RLock()  # modules belong to the process, whatever the number of hosts


@dataclass(frozen=True, slots=True)
class Change:
    """What a reload or a disabling has done."""

    plugins: tuple[str, ...]
    """The plugin that was asked for, then those that had to go with it since they use its code."""
    modules: tuple[str, ...]
    """The modules that were taken out of the interpreter."""
    kept: tuple[str, ...]
    """Packages of theirs that stay as they were: somebody else uses them, or Python cannot import them twice."""
    faults: tuple[PegboardError, ...]
    """What went wrong meanwhile, and was contained: a clean-up that raised, a thread that still runs old code."""


@dataclass(frozen=True, slots=True)
class Rescan:
    """What a new search for plugins has changed."""

    added: tuple[str, ...]
    """Plugins that are new, and in use now."""
    removed: tuple[str, ...]
    """Plugins that are gone, or that the user has disabled meanwhile, and are in use no more."""


class Lifecycle:
    """Changes the plugins of one host while it runs; see the methods of `Host` that have the same names."""

    def __init__(
        self,
        manager: PluginManager,
        container: Container | None,
        callbacks: dict[Plugin, list[Callable[[], object]]],
        problems: list[PegboardError],
        *,
        report: Callable[[PegboardError], None],
        report_clashes: Callable[[], None],
    ) -> None:
        """Make one for a host.

        Args:
            manager: The host's.
            container: The host's; None when nobody has asked for it.
            callbacks: What each plugin gave to `Host.on_unload`, as it was registered.
            problems: Every fault that was reported so far.
            report: Told of each contained fault.
            report_clashes: Reports names that several plugins claim.
        """
        self.manager = manager
        self.callbacks = callbacks
        self.problems = problems
        self.report = report
        self.report_clashes = report_clashes
        self.core: Core | None = container.core if container is not None else None

    # -- reload and disable -------------------------------------------------------------------------------------------

    def reload(self, name: str, deadline_s: float | None) -> Change:
        work = self._begin_reload(name)
        return self._finish(work, end_all(work.endings(is_async=False), deadline_s), deadline_s)

    async def areload(self, name: str, deadline_s: float | None) -> Change:
        return await self._afinish(self._begin_reload(name), deadline_s)

    def disable(self, name: str, reason: str, deadline_s: float | None) -> Change:
        work = self._begin_disabling(name, reason)
        return self._finish(work, end_all(work.endings(is_async=False), deadline_s), deadline_s)

    async def adisable(self, name: str, reason: str, deadline_s: float | None) -> Change:
        return await self._afinish(self._begin_disabling(name, reason), deadline_s)

    def _begin_reload(self, name: str) -> _Work:
        plugin = self._named(name)
        if plugin.state in (DISABLED, QUARANTINED):
            raise why_unusable(plugin)
        with _ONE_AT_A_TIME:
            work = self._work(plugin, with_users=True)
            work.import_anew()
        self._reorder()  # what it wishes for may have changed
        return work

    def _begin_disabling(self, name: str, reason: str) -> _Work:
        plugin = self._named(name)
        if plugin.required:
            raise HostError(f"plugin {name!r} cannot be disabled: the application requires it")
        with _ONE_AT_A_TIME:
            work = self._work(plugin, with_users=False)
            plugin.disable(reason)
            self.manager.ledger.revoke(plugin)
        return work

    def _work(self, plugin: Plugin, *, with_users: bool) -> _Work:
        plan = plan_unload(self.manager.plugins, self.manager.attribution.owner, plugin, with_users=with_users)
        return _Work(self, plan)

    def _finish(self, work: _Work, faults: Sequence[BaseException], deadline_s: float | None) -> Change:
        work.faults += faults
        work.let_go(deadline_s)
        contained = self._report(work.faults, "the plugins that were unloaded")
        names = tuple(plugin.name for plugin in work.plan.plugins)
        return Change(names, work.plan.modules, work.plan.kept, contained)

    async def _afinish(self, work: _Work, deadline_s: float | None) -> Change:
        import asyncio

        faults = await aend_all(work.endings(is_async=True), deadline_s)
        return await asyncio.to_thread(self._finish, work, faults, deadline_s)

    # -- the others ---------------------------------------------------------------------------------------------------

    def enable(self, name: str) -> None:
        plugin = self._named(name)
        if plugin.state != DISABLED:
            return
        was = plugin.reason
        _reset(plugin)
        try:
            with _ONE_AT_A_TIME:
                self.manager.importer.activate(plugin)
        except PluginError:
            raise
        except BaseException:  # Ctrl-C
            plugin.disable(was or "")
            raise
        self._reorder()
        self.report_clashes()

    def rescan(self, deadline_s: float | None) -> Rescan:
        self.manager.start()
        before = {plugin.module: plugin for plugin in self.manager.plugins}
        in_use = [plugin for plugin in before.values() if plugin.is_usable]
        importlib.invalidate_caches()
        with _ONE_AT_A_TIME:
            self.manager.cold_start.rescan()
            plugins = self.manager.plugins
            gone = []
            for plugin in in_use:
                if plugin not in plugins:
                    plugin.disable("its file is gone")
                if plugin.state == DISABLED:
                    gone.append(plugin)
            works = [self._work(plugin, with_users=False) for plugin in gone]
            for plugin in gone:
                self.manager.ledger.revoke(plugin)
            new = [plugin for plugin in plugins if plugin.module not in before and plugin.is_usable]
            added = [plugin.name for plugin in new if self.manager.activate(plugin)]
        self._reorder()
        for work in works:
            self._finish(work, end_all(work.endings(is_async=False), deadline_s), deadline_s)
        self.report_clashes()
        return Rescan(tuple(added), tuple(plugin.name for plugin in gone))

    def close(self, deadline_s: float | None) -> None:
        self._report(end_all(self._everything(is_async=False), deadline_s), self._the_end())

    async def aclose(self, deadline_s: float | None) -> None:
        self._report(await aend_all(self._everything(is_async=True), deadline_s), self._the_end())

    def end_failed(self, plugin: Plugin) -> None:
        """Call what *plugin*, whose import has just failed, gave to `Host.on_unload`."""
        endings = endings_of_callbacks(plugin, self.callbacks.pop(plugin))
        self._report(end_all(endings, DEADLINE_S), "a failed import")

    # -- the parts ----------------------------------------------------------------------------------------------------

    def _named(self, name: str) -> Plugin:
        """Return the plugin of that name, if it can be changed now.

        Raises:
            PluginNotFoundError: If there is none.
            HostError: If it is being imported by this thread.
        """
        self.manager.start()
        plugin = self.manager.named(name)
        if plugin is None:
            raise PluginNotFoundError(name, tuple(plugin.name for plugin in self.manager.plugins))
        if plugin in self.manager.attribution.stack():
            raise HostError(f"plugin {name!r} cannot be changed while it is being imported")
        return plugin

    def _reorder(self) -> None:
        self.manager.cold_start.reorder()
        self.manager.ledger.mark_diverged()  # names on record are in the old order

    def _everything(self, *, is_async: bool) -> list[Ending]:
        found: list[Ending] = []
        if self.core is not None:
            found += endings_of_all(self.core, is_async=is_async)
        for owner in sorted(self.callbacks, key=lambda owner: -owner.rank):
            found += endings_of_callbacks(owner, self.callbacks[owner])
        self.callbacks.clear()
        return found

    def _the_end(self) -> str:
        return f"the end of {self.manager.settings.application}"

    def _report(self, faults: Sequence[BaseException], where: str) -> tuple[PluginError, ...]:
        """Report the faults of plugins and return them; those of the application are raised together."""
        contained = tuple(fault for fault in faults if isinstance(fault, PluginError))
        for fault in contained:
            self.report(fault)
        raise_all([fault for fault in faults if not isinstance(fault, PluginError)], where)
        return contained


class _Work:
    """One change: what there was before, and what is to be ended after."""

    def __init__(self, lifecycle: Lifecycle, plan: UnloadPlan) -> None:
        self.lifecycle = lifecycle
        self.ledger = lifecycle.manager.ledger
        self.plan = plan
        self.before = {plugin: {name: getattr(plugin, name) for name in _OF_ONE_IMPORT} for plugin in plan.plugins}
        self.rows = {plugin: self.ledger.rows_of(plugin) for plugin in plan.plugins}
        self.callbacks = {plugin: lifecycle.callbacks.pop(plugin, []) for plugin in plan.plugins}
        self.instances: list[Instance] = []
        if lifecycle.core is not None:
            with lifecycle.core.lock:
                self.instances = [each for store in lifecycle.core.stores() for each in store.instances.values()]
        self.faults: list[BaseException] = []
        self.aside = Aside(plan.modules)
        for plugin in plan.plugins:  # one that has not been imported is not among the modules
            distrust_bytecode(plugin.origin)

    def import_anew(self) -> None:
        """Import the plugins again; if the one that was asked for fails, everything is as it was before.

        Raises:
            PluginError: If it fails.
        """
        manager = self.lifecycle.manager
        wanted, *users = self.plan.plugins
        problems = list(self.lifecycle.problems)
        self._forget_problems()
        for plugin in self.plan.plugins:
            _reset(plugin)
        try:
            manager.importer.activate(wanted)
        except BaseException:
            self._put_back(wanted, problems)
            raise
        for plugin in users:
            try:
                is_active = manager.activate(plugin)
            except KeyboardInterrupt as error:  # there is no way back: it is raised when all is ended
                is_active = False
                self.faults.append(error)
            if not is_active:  # as after a restart: what it needs is not there any more
                self.ledger.revoke(plugin)
        for rows in self.rows.values():
            for row in rows:
                if row.is_ephemeral:  # registered by the old code after its import; a commit leaves these alone
                    self.ledger.remove(row)

    def _put_back(self, wanted: Plugin, problems: list[PegboardError]) -> None:
        self.aside.put_back()
        known = self.lifecycle.problems
        known[:] = [*problems, *(problem for problem in known if problem not in problems)]
        for plugin, fields in self.before.items():
            if fields["state"] == ACTIVE or plugin is not wanted:  # one that was broken before says why it is now
                for name, value in fields.items():
                    setattr(plugin, name, value)
            if self.callbacks[plugin]:
                self.lifecycle.callbacks[plugin] = self.callbacks[plugin]
        if wanted.state == ACTIVE:
            wanted.reason = "it could not be reloaded, and what there was before is in use"
        self.ledger.invalidate()

    def _forget_problems(self) -> None:
        """Forget what was wrong with these plugins: it is reported again if it still is."""
        names = {plugin.name for plugin in self.plan.plugins}
        problems = self.lifecycle.problems
        problems[:] = [each for each in problems if not (isinstance(each, PluginError) and each.plugin in names)]

    def endings(self, *, is_async: bool) -> list[Ending]:
        """Return what is to be ended, in that order."""
        self.lifecycle.report_clashes()
        found: list[Ending] = []
        core = self.lifecycle.core
        if core is not None:
            plugins, modules = frozenset(self.plan.plugins), frozenset(self.plan.modules)
            found += endings_of_resources(core, self.instances, plugins, modules, is_async=is_async)
        for plugin in reversed(self.plan.plugins):
            found += endings_of_callbacks(plugin, self.callbacks[plugin])
        return found

    def let_go(self, deadline_s: float | None) -> None:
        """Look for threads that still run the old code, and forget it."""
        for thread, module, location in outlasting(self.aside.globals(), deadline_s):
            owner = self.lifecycle.manager.attribution.owner(module) or self.plan.plugins[0]
            distribution = str(owner.distribution or "")
            self.faults.append(PluginStillRunningError(owner.name, distribution, thread.name, location))
        self.aside.let_go()


def _reset(plugin: Plugin) -> None:
    """Forget what the last import of *plugin* has told; the user's own wish for it stays."""
    plugin.state, plugin.reason, plugin.error = FOUND, None, None
    plugin.after = plugin.before = plugin.inputs = ()
    plugin.eager = plugin.is_eager_by_user
