"""How are plugins disabled, enabled and reloaded while the application runs?

In: the name of a plugin. Out: what was changed, and what went wrong meanwhile.

A reload is a transaction: the new code is imported first. If that succeeds, the new contributions replace the old ones
in one step, and what the old code had opened is cleaned up; otherwise everything stays as it was.

Source: the documentation of `importlib.reload` says why a module is imported anew here, and not executed again in the
same namespace: names that the new code does not have would stay.
"""

from __future__ import annotations

import _thread
import importlib
import sys
from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.boundary import forget_submodules, why_unusable
from pegboard.errors import HostError, PluginError, PluginNotFoundError, PluginStillRunningError
from pegboard.foreign_object import is_a
from pegboard.injection.cleanup import raise_all
from pegboard.ledger import ACTIVE, DISABLED, QUARANTINED
from pegboard.left_out import is_library
from pegboard.reloading.modules import DetachedModules
from pegboard.reloading.threads import wait_for_threads
from pegboard.reloading.unload_cleanup import (
    arun_clean_ups,
    callback_clean_ups,
    close_clean_ups,
    run_clean_ups,
    unload_clean_ups,
)
from pegboard.reloading.unload_plan import plan_unload
from pegboard.startup.failed_import import reset
from pegboard.startup.recording.bytecode import remove_doubtful_bytecode
from pegboard.startup.search import renew

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pegboard.container import Container
    from pegboard.errors import PegboardError
    from pegboard.hooks import Hooks
    from pegboard.injection.core import Core
    from pegboard.injection.store import Instance
    from pegboard.ledger import Plugin
    from pegboard.manager import PluginManager
    from pegboard.reloading.unload_cleanup import CleanUp
    from pegboard.reloading.unload_plan import UnloadPlan

_DEADLINE_S = 5.0
"""How many seconds a clean-up may take after a failed import."""

_SET_BY_RELOAD = (
    "state",
    "reason",
    "error",
    "after",
    "before",
    "eager",
    "is_lazy_by_author",
    "inputs",
    "cost_ms",
    "origin",
    "source",
    "distribution",
)
"""The attributes of a plugin that a reload may change."""

_ONE_AT_A_TIME = _thread.RLock()  # for all hosts: `sys.modules` belongs to the process


@dataclass(frozen=True, slots=True)
class Change:
    """What reloading or disabling a plugin has changed."""

    plugins: tuple[str, ...]
    """The plugin that was asked for, then the plugins that use its code, which were reloaded, too."""
    modules: tuple[str, ...]
    """The modules that were removed from `sys.modules`."""
    kept: tuple[str, ...]
    """Their top-level packages that were kept: other code uses them, or Python cannot import them twice."""
    faults: tuple[PegboardError, ...]
    """Contained faults: a clean-up that raised, a thread that still runs old code."""


@dataclass(frozen=True, slots=True)
class Rescan:
    """What a new search for plugins has changed."""

    added: tuple[str, ...]
    """New plugins, which are in use now."""
    removed: tuple[str, ...]
    """Plugins that were removed or disabled, and are no longer in use."""


class Lifecycle:
    """Changes the plugins of one host while it runs; `Host` has methods of the same names."""

    def __init__(
        self,
        manager: PluginManager,
        container: Container | None,
        callbacks: dict[Plugin, list[Callable[[], object]]],
        problems: list[PegboardError],
        *,
        report: Callable[[PegboardError], None],
        report_clashes: Callable[[], None],
        hooks: Hooks | None = None,
    ) -> None:
        """Make one for a host.

        Args:
            manager: The host's.
            container: The host's; None when it has not been used.
            callbacks: The functions that each plugin gave to `Host.on_unload`, in that order.
            problems: Every fault that was reported so far.
            report: Told of each contained fault.
            report_clashes: Reports names that several plugins claim.
            hooks: The host's; None when it has declared none.
        """
        self._hooks = hooks
        self._manager = manager
        self._callbacks = callbacks
        self._problems = problems
        self._report = report
        self._report_clashes = report_clashes
        self._container = container

    @property
    def _core(self) -> Core | None:
        return self._container.core if self._container is not None else None

    # -- reload and disable -------------------------------------------------------------------------------------------

    def reload(self, name: str, deadline_s: float | None) -> Change:
        return self._complete(self._begin_reload(name), deadline_s)

    async def areload(self, name: str, deadline_s: float | None) -> Change:
        return await self._acomplete(self._begin_reload(name), deadline_s)

    def disable(self, name: str, reason: str, deadline_s: float | None) -> Change:
        return self._complete(self._begin_disabling(name, reason), deadline_s)

    async def adisable(self, name: str, reason: str, deadline_s: float | None) -> Change:
        return await self._acomplete(self._begin_disabling(name, reason), deadline_s)

    def _begin_reload(self, name: str) -> _Transaction:
        plugin = self._named(name)
        if plugin.state in (DISABLED, QUARANTINED):
            raise why_unusable(plugin)
        with _ONE_AT_A_TIME:
            transaction = self._transaction(plugin, with_users=True)
            transaction.import_anew()
        self._reorder()  # its wishes for the order may have changed
        return transaction

    def _begin_disabling(self, name: str, reason: str) -> _Transaction:
        plugin = self._named(name)
        if plugin.required:
            raise HostError(f"plugin {name!r} cannot be disabled: the application requires it")
        with _ONE_AT_A_TIME:
            transaction = self._transaction(plugin, with_users=False)
            plugin.disable(reason)
            self._manager.ledger.revoke(plugin)
        return transaction

    def _transaction(self, plugin: Plugin, *, with_users: bool) -> _Transaction:
        plan = plan_unload(self._manager.plugins, self._manager.attribution.owner, plugin, with_users=with_users)
        return _Transaction(plan, self._manager, self._core, self._callbacks, self._problems)

    def _complete(self, transaction: _Transaction, deadline_s: float | None) -> Change:
        self._report_clashes()
        faults = run_clean_ups(transaction.clean_ups(is_async=False), deadline_s)
        return self._finish(transaction, faults, deadline_s)

    async def _acomplete(self, transaction: _Transaction, deadline_s: float | None) -> Change:
        import asyncio

        self._report_clashes()
        faults = await arun_clean_ups(transaction.clean_ups(is_async=True), deadline_s)
        return await asyncio.to_thread(self._finish, transaction, faults, deadline_s)

    def _finish(self, transaction: _Transaction, faults: Sequence[BaseException], deadline_s: float | None) -> Change:
        if self._hooks is not None:
            self._hooks.forget_bindings()
        contained = self._contain(transaction.finish(faults, deadline_s), "the plugins that were unloaded")
        plan = transaction.plan
        return Change(tuple(plugin.name for plugin in plan.plugins), plan.modules, plan.kept, contained)

    # -- enable, rescan and close -------------------------------------------------------------------------------------

    def enable(self, name: str) -> None:
        plugin = self._named(name)
        if plugin.state != DISABLED:
            return
        reason = plugin.reason or ""
        if is_library(plugin) and sys.modules.pop(plugin.module, None) is not None:  # others use it as a library
            forget_submodules(plugin.module)
        reset(plugin)
        renew(plugin, self._manager.settings)
        try:
            with _ONE_AT_A_TIME:
                self._manager.importer.activate(plugin)
        except PluginError:
            raise
        except BaseException:  # Ctrl-C
            plugin.disable(reason)
            raise
        self._reorder()
        self._report_clashes()

    def rescan(self, deadline_s: float | None) -> Rescan:
        self._manager.start()
        before = {plugin.module: plugin for plugin in self._manager.plugins}
        in_use = [plugin for plugin in before.values() if plugin.is_usable]
        importlib.invalidate_caches()
        with _ONE_AT_A_TIME:
            self._manager.cold_start.rescan()
            plugins = self._manager.plugins
            gone = []
            for plugin in in_use:
                if plugin not in plugins:
                    plugin.disable("its file is gone")
                if plugin.state == DISABLED:
                    gone.append(plugin)
            transactions = [self._transaction(plugin, with_users=False) for plugin in gone]
            for plugin in gone:
                self._manager.ledger.revoke(plugin)
            new = [plugin for plugin in plugins if plugin.module not in before and plugin.is_usable]
            added = [plugin.name for plugin in new if self._manager.activate(plugin)]
        self._reorder()
        for transaction in transactions:
            self._complete(transaction, deadline_s)
        self._report_clashes()
        return Rescan(tuple(added), tuple(plugin.name for plugin in gone))

    def close(self, deadline_s: float | None) -> None:
        self._manager.is_closed = True
        self._contain(run_clean_ups(self._clean_ups(is_async=False), deadline_s), self._end())

    async def aclose(self, deadline_s: float | None) -> None:
        self._manager.is_closed = True
        self._contain(await arun_clean_ups(self._clean_ups(is_async=True), deadline_s), self._end())

    def end_failed(self, plugin: Plugin) -> None:
        """Call the functions that *plugin*, whose import has failed, gave to `Host.on_unload`."""
        clean_ups = callback_clean_ups(plugin, plugin.distribution, self._callbacks.pop(plugin))
        self._contain(run_clean_ups(clean_ups, _DEADLINE_S), "a failed import")

    # -- the parts ----------------------------------------------------------------------------------------------------

    def _named(self, name: str) -> Plugin:
        """Return the plugin of that name, if it can be changed now.

        Raises:
            PluginNotFoundError: If there is none.
            HostError: If this thread is importing it.
        """
        self._manager.start()
        plugin = self._manager.named(name)
        if plugin is None:
            raise PluginNotFoundError(name, tuple(plugin.name for plugin in self._manager.plugins))
        if plugin in self._manager.attribution.stack():
            raise HostError(f"plugin {name!r} cannot be changed while it is being imported")
        return plugin

    def _reorder(self) -> None:
        self._manager.cold_start.reorder()
        self._manager.ledger.mark_diverged()  # the names in the index are in the old order

    def _clean_ups(self, *, is_async: bool) -> list[CleanUp]:
        found: list[CleanUp] = []
        if self._core is not None:
            found += close_clean_ups(self._core, is_async=is_async)
        for owner in sorted(self._callbacks, key=lambda owner: -owner.rank):
            found += callback_clean_ups(owner, owner.distribution, self._callbacks[owner])
        self._callbacks.clear()
        return found

    def _end(self) -> str:
        return f"the end of {self._manager.settings.application}"

    def _contain(self, faults: Sequence[BaseException], where: str) -> tuple[PluginError, ...]:
        """Report and return the faults of plugins; raise those of the application together."""
        contained = tuple(fault for fault in faults if is_a(fault, PluginError))
        for fault in contained:
            self._report(fault)
        raise_all([fault for fault in faults if not is_a(fault, PluginError)], where)
        return contained


class _Transaction:
    """One change of the loaded plugins: what was there before, and how it is restored or cleaned up."""

    def __init__(
        self,
        plan: UnloadPlan,
        manager: PluginManager,
        core: Core | None,
        callbacks: dict[Plugin, list[Callable[[], object]]],
        problems: list[PegboardError],
    ) -> None:
        """Remove the modules of *plan* from `sys.modules`; the other arguments are those of `Lifecycle`."""
        self.plan = plan
        self._manager = manager
        self._core = core
        self._callbacks = callbacks
        self._problems = problems
        self._before = {plugin: {name: getattr(plugin, name) for name in _SET_BY_RELOAD} for plugin in plan.plugins}
        self._rows = {plugin: manager.ledger.contributions_of(plugin) for plugin in plan.plugins}
        self._old_callbacks = {plugin: callbacks.pop(plugin, []) for plugin in plan.plugins}
        self._instances: list[Instance] = []
        if core is not None:
            with core.lock:
                self._instances = [each for store in core.stores() for each in store.instances.values()]
        self._faults: list[BaseException] = []
        self._old_modules = DetachedModules(plan.modules)
        for plugin in plan.plugins:  # the modules of the plan do not include a plugin that has not been imported
            remove_doubtful_bytecode(plugin.origin)

    def import_anew(self) -> None:
        """Import the plugins again; if the one that was asked for fails, restore everything.

        Raises:
            PluginError: If it fails.
        """
        manager = self._manager
        wanted, *users = self.plan.plugins
        problems = list(self._problems)
        self._forget_problems()
        for plugin in self.plan.plugins:
            reset(plugin)
            renew(plugin, manager.settings)
        try:
            manager.importer.activate(wanted)
        except BaseException:
            self._restore(wanted, problems)
            raise
        for plugin in users:
            try:
                is_active = manager.activate(plugin)
            except KeyboardInterrupt as error:  # nothing can be restored any more: it is raised after the clean-ups
                is_active = False
                self._faults.append(error)
            if not is_active:  # it needs something that the new code does not have
                self._manager.ledger.revoke(plugin)
        for contributions in self._rows.values():
            for contribution in contributions:
                if (
                    contribution.is_ephemeral
                ):  # the old code registered it after its import; a commit does not replace it
                    self._manager.ledger.remove(contribution)

    def _restore(self, wanted: Plugin, problems: list[PegboardError]) -> None:
        self._old_modules.restore()
        self._problems[:] = [*problems, *(problem for problem in self._problems if problem not in problems)]
        for plugin, attributes in self._before.items():
            if attributes["state"] == ACTIVE or plugin is not wanted:  # if it was broken, it keeps the new error
                for name, value in attributes.items():
                    setattr(plugin, name, value)
            if self._old_callbacks[plugin]:
                self._callbacks[plugin] = self._old_callbacks[plugin]
        if wanted.state == ACTIVE:
            wanted.reason = "it could not be reloaded, and what there was before is in use"
        self._manager.ledger.invalidate()

    def _forget_problems(self) -> None:
        """Forget the faults of these plugins; those that still exist are reported again."""
        names = {plugin.name for plugin in self.plan.plugins}
        self._problems[:] = [
            problem for problem in self._problems if not (isinstance(problem, PluginError) and problem.plugin in names)
        ]

    def clean_ups(self, *, is_async: bool) -> list[CleanUp]:
        """Return the clean-ups of the old code, in order."""
        found: list[CleanUp] = []
        if self._core is not None:
            plugins, modules = frozenset(self.plan.plugins), frozenset(self.plan.modules)
            found += unload_clean_ups(self._core, self._instances, plugins, modules, is_async=is_async)
        for plugin in reversed(self.plan.plugins):
            found += callback_clean_ups(plugin, self._before[plugin]["distribution"], self._old_callbacks[plugin])
        return found

    def finish(self, faults: Sequence[BaseException], deadline_s: float | None) -> list[BaseException]:
        """Drop the old code, and return all faults: those of its clean-ups, and threads that still run it."""
        self._faults += faults
        for thread, module, location in wait_for_threads(self._old_modules.namespace_ids(), deadline_s):
            owner = self._manager.attribution.owner(module) or self.plan.plugins[0]
            before = self._before.get(owner)
            brought_by = owner.distribution if before is None else before["distribution"]
            self._faults.append(PluginStillRunningError(owner.name, str(brought_by or ""), thread.name, location))
        self._old_modules.discard()
        return self._faults
