"""Disabling, enabling and reloading plugins while the application runs.

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
from pegboard.boundary import refusal
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
from pegboard.reloading.unload_plan import extent_of
from pegboard.revision import diverge, remove, revoke, rows_of
from pegboard.startup.cold_start import arrange, search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.container import Container
    from pegboard.errors import PegboardError
    from pegboard.host import Roster
    from pegboard.injection.core import Core
    from pegboard.injection.store import Instance
    from pegboard.ledger import Plugin
    from pegboard.reloading.cleanup import Ending
    from pegboard.reloading.unload_plan import Extent

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
class Found:
    """What a new look for plugins has changed."""

    added: tuple[str, ...]
    """Plugins that are new, and in use now."""
    removed: tuple[str, ...]
    """Plugins that are gone, or that the user has left out meanwhile, and are in use no more."""


class _Work:
    """One change: what there was before, and what is to be ended after."""

    def __init__(self, roster: Roster, container: Container | None, extent: Extent) -> None:
        self.roster = roster
        self.core: Core | None = container.core if container is not None else None
        self.extent = extent
        self.before = {plugin: {name: getattr(plugin, name) for name in _OF_ONE_IMPORT} for plugin in extent.plugins}
        self.rows = {plugin: rows_of(roster.ledger, plugin) for plugin in extent.plugins}
        self.callbacks = {plugin: roster.unloads.pop(plugin, []) for plugin in extent.plugins}
        self.instances: list[Instance] = []
        if self.core is not None:
            with self.core.lock:
                self.instances = [each for store in self.core.stores() for each in store.instances.values()]
        self.faults: list[BaseException] = []
        self.aside = Aside(extent.modules)
        for plugin in extent.plugins:  # one that has not been imported is not among the modules
            distrust_bytecode(plugin.origin)

    def import_anew(self) -> None:
        """Import the plugins again; if the one that was asked for fails, everything is as it was before.

        Raises:
            PluginError: If it fails.
        """
        wanted, *users = self.extent.plugins
        problems = list(self.roster.problems)
        self._forget_problems()
        for plugin in self.extent.plugins:
            _as_found(plugin)
        try:
            self.roster.activator.activate(wanted)
        except BaseException:
            self._put_back(wanted, problems)
            raise
        for plugin in users:
            try:
                is_active = self.roster.activate(plugin)
            except KeyboardInterrupt as error:  # there is no way back: it is raised when all is ended
                is_active = False
                self.faults.append(error)
            if not is_active:  # as after a restart: what it needs is not there any more
                revoke(self.roster.ledger, plugin)
        for rows in self.rows.values():
            for row in rows:
                if row.is_ephemeral:  # registered by the old code after its import; a commit leaves these alone
                    remove(self.roster.ledger, row)

    def _put_back(self, wanted: Plugin, problems: list[PegboardError]) -> None:
        self.aside.put_back()
        new = [problem for problem in self.roster.problems if problem not in problems]
        self.roster.problems[:] = [*problems, *new]
        for plugin, fields in self.before.items():
            if fields["state"] == ACTIVE or plugin is not wanted:  # one that was broken before says why it is now
                for name, value in fields.items():
                    setattr(plugin, name, value)
            if self.callbacks[plugin]:
                self.roster.unloads[plugin] = self.callbacks[plugin]
        if wanted.state == ACTIVE:
            wanted.reason = "it could not be reloaded, and what there was before is in use"

    def _forget_problems(self) -> None:
        """Let what was wrong with these plugins be told again if it still is."""
        names = {plugin.name for plugin in self.extent.plugins}
        problems = self.roster.problems
        problems[:] = [each for each in problems if not (isinstance(each, PluginError) and each.plugin in names)]

    def endings(self, *, is_async: bool) -> list[Ending]:
        """Return what is to be ended, in that order."""
        self.roster.settle()
        found: list[Ending] = []
        if self.core is not None:
            plugins, modules = frozenset(self.extent.plugins), frozenset(self.extent.modules)
            found += endings_of_resources(self.core, self.instances, plugins, modules, is_async=is_async)
        for plugin in reversed(self.extent.plugins):
            found += endings_of_callbacks(plugin, self.callbacks[plugin])
        return found

    def finish(self, deadline_s: float | None) -> Change:
        """Look at what is left, let go of the old code, report, and return what was done."""
        for thread, module, place in outlasting(self.aside.globals(), deadline_s):
            owner = self.roster.activator.owner(module) or self.extent.plugins[0]
            distribution = str(owner.distribution or "")
            self.faults.append(PluginStillRunningError(owner.name, distribution, thread.name, place))
        self.aside.let_go()
        contained = _report(self.roster, self.faults, "the plugins that were unloaded")
        names = tuple(plugin.name for plugin in self.extent.plugins)
        return Change(names, self.extent.modules, self.extent.kept, contained)


def reload(roster: Roster, container: Container | None, name: str, deadline_s: float | None) -> Change:
    """Import a plugin anew; see `Host.reload`."""
    work = _begin_reload(roster, container, name)
    work.faults += end_all(work.endings(is_async=False), deadline_s)
    return work.finish(deadline_s)


async def areload(roster: Roster, container: Container | None, name: str, deadline_s: float | None) -> Change:
    """Do what `reload` does, awaiting what is asynchronous."""
    return await _afinish(_begin_reload(roster, container, name), deadline_s)


def disable(roster: Roster, container: Container | None, name: str, reason: str, deadline_s: float | None) -> Change:
    """Take a plugin out of use; see `Host.disable`."""
    work = _begin_disabling(roster, container, name, reason)
    work.faults += end_all(work.endings(is_async=False), deadline_s)
    return work.finish(deadline_s)


async def adisable(
    roster: Roster, container: Container | None, name: str, reason: str, deadline_s: float | None
) -> Change:
    """Do what `disable` does, awaiting what is asynchronous."""
    return await _afinish(_begin_disabling(roster, container, name, reason), deadline_s)


def enable(roster: Roster, name: str) -> None:
    """Bring a disabled plugin into use; see `Host.enable`."""
    plugin = _named(roster, name)
    if plugin.state != DISABLED:
        return
    was = plugin.reason
    _as_found(plugin)
    try:
        with _ONE_AT_A_TIME:
            roster.activator.activate(plugin)
    except PluginError:
        raise
    except BaseException:  # Ctrl-C
        plugin.disable(was or "")
        raise
    _arrange(roster)
    roster.settle()


def close(roster: Roster, container: Container | None, deadline_s: float | None) -> None:
    """End everything that plugins and the application have opened; see `Host.close`."""
    _report(
        roster, end_all(_everything(roster, container, is_async=False), deadline_s), f"the end of {roster.application}"
    )


async def aclose(roster: Roster, container: Container | None, deadline_s: float | None) -> None:
    """Do what `close` does, awaiting what is asynchronous."""
    faults = await aend_all(_everything(roster, container, is_async=True), deadline_s)
    _report(roster, faults, f"the end of {roster.application}")


def look_again(roster: Roster, container: Container | None, deadline_s: float | None) -> Found:
    """Look for plugins again; see `Host.look_again`."""
    roster.start()
    before = {plugin.module: plugin for plugin in roster.plugins}
    in_use = [plugin for plugin in before.values() if plugin.is_usable]
    importlib.invalidate_caches()
    with _ONE_AT_A_TIME:
        roster.known = dict(before)
        search(roster)
        there = set(roster.plugins)
        gone = []
        for plugin in in_use:
            if plugin not in there:
                plugin.disable("its file is gone")
            if plugin.state == DISABLED:
                gone.append(plugin)
        works = [_Work(roster, container, extent_of(roster, plugin, with_users=False)) for plugin in gone]
        for plugin in gone:
            revoke(roster.ledger, plugin)
        new = [plugin for plugin in roster.plugins if plugin.module not in before and plugin.is_usable]
        added = [plugin.name for plugin in new if roster.activate(plugin)]
    _arrange(roster)
    for work in works:
        work.faults += end_all(work.endings(is_async=False), deadline_s)
        work.finish(deadline_s)
    roster.settle()
    return Found(tuple(added), tuple(plugin.name for plugin in gone))


def end_failed(roster: Roster, plugin: Plugin) -> None:
    """Call what *plugin*, whose import has just failed, gave to `Host.on_unload`."""
    _report(roster, end_all(endings_of_callbacks(plugin, roster.unloads.pop(plugin)), DEADLINE_S), "a failed import")


# -- the parts ---------------------------------------------------------------------------------------------------------


def _begin_reload(roster: Roster, container: Container | None, name: str) -> _Work:
    plugin = _named(roster, name)
    if plugin.state in (DISABLED, QUARANTINED):
        raise refusal(plugin)
    with _ONE_AT_A_TIME:
        work = _Work(roster, container, extent_of(roster, plugin, with_users=True))
        work.import_anew()
    _arrange(roster)  # what it wishes for may have changed
    return work


def _begin_disabling(roster: Roster, container: Container | None, name: str, reason: str) -> _Work:
    plugin = _named(roster, name)
    if plugin.required:
        raise HostError(f"plugin {name!r} cannot be disabled: the application requires it")
    with _ONE_AT_A_TIME:
        work = _Work(roster, container, extent_of(roster, plugin, with_users=False))
        plugin.disable(reason)
        revoke(roster.ledger, plugin)
    return work


def _as_found(plugin: Plugin) -> None:
    """Take back what its last import has told of *plugin*; the user's own wish for it stays."""
    plugin.state, plugin.reason, plugin.error = FOUND, None, None
    plugin.after = plugin.before = plugin.inputs = ()
    plugin.eager = plugin.is_eager_by_user


def _arrange(roster: Roster) -> None:
    arrange(roster)
    diverge(roster.ledger)  # names on record are in the old order


async def _afinish(work: _Work, deadline_s: float | None) -> Change:
    import asyncio

    work.faults += await aend_all(work.endings(is_async=True), deadline_s)
    return await asyncio.to_thread(work.finish, deadline_s)


def _named(roster: Roster, name: str) -> Plugin:
    """Return the plugin of that name, if it can be changed now.

    Raises:
        PluginNotFoundError: If there is none.
        HostError: If it is being imported by this thread.
    """
    roster.start()
    plugin = roster.named(name)
    if plugin is None:
        raise PluginNotFoundError(name, tuple(plugin.name for plugin in roster.plugins))
    if plugin in roster.activator.stack():
        raise HostError(f"plugin {name!r} cannot be changed while it is being imported")
    return plugin


def _everything(roster: Roster, container: Container | None, *, is_async: bool) -> list[Ending]:
    found: list[Ending] = []
    if container is not None and container.core is not None:
        found += endings_of_all(container.core, is_async=is_async)
    for owner in sorted(roster.unloads, key=lambda owner: -owner.rank):
        found += endings_of_callbacks(owner, roster.unloads[owner])
    roster.unloads.clear()
    return found


def _report(roster: Roster, faults: Sequence[BaseException], where: str) -> tuple[PluginError, ...]:
    """Report the faults of plugins and return them; those of the application are raised together."""
    contained = tuple(fault for fault in faults if isinstance(fault, PluginError))
    for fault in contained:
        roster.report(fault)
    raise_all([fault for fault in faults if not isinstance(fault, PluginError)], where)
    return contained
