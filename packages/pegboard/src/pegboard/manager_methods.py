"""Methods of `PluginManager` that a start from a valid index does not call.

In: a plugin manager. Out: what the methods say. `PluginManager` defers to them: see `index.deferred`.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _thread import RLock
    from collections.abc import Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from typing import Any

    from pegboard.early_imports import EarlyImports
    from pegboard.importer import Attribution, Importer
    from pegboard.index import Index, Settings
    from pegboard.ledger import Contribution, Ledger, Plugin, Records
    from pegboard.startup.cold_start import ColdStart
    from pegboard.startup.isolating.serving import Isolated


class ManagerMethods:
    """The methods. Type checkers know this class as the base of `PluginManager`."""

    if TYPE_CHECKING:  # what they use of `PluginManager`
        settings: Settings
        index: Index | None
        is_recording: bool
        state: str
        why_not_used: str | None
        _cold_start: ColdStart | None
        _early: EarlyImports | None
        _eager_kinds: set[str]
        _has_only_searched: bool
        _is_asked: bool
        journal: str | None
        _known: Sequence[Plugin]
        _lock: RLock
        _plugins: tuple[Plugin, ...] | None
        _host: Any
        _records: Records | None
        _starting: set[int]

        @property
        def attribution(self) -> Attribution: ...
        @property
        def ledger(self) -> Ledger: ...
        @property
        def importer(self) -> Importer: ...
        def imported(self, plugin: Plugin, batch: Sequence[Contribution]) -> None: ...
        def _check_journal(self) -> None: ...
        def _use_index(self) -> bool: ...
        def start(self) -> bool: ...
        def _use_records(self, index: Index | None = None, plugins: Iterable[Plugin] = ()) -> Records | None: ...

    def _forget_plugins(self) -> None:
        with self._lock:
            found = () if self._records is None else self._records.known_plugins.values()
            self.early.keep(found if self._cold_start is None else self._cold_start.plugins)
            self.index = self._records = self._cold_start = None
            self._use_records()
            self.attribution.is_complete = False

    @property
    def early(self) -> EarlyImports:
        """What knows of plugins that are imported outside the importer's bracket."""
        if self._early is None:
            from pegboard.early_imports import EarlyImports

            self._early = EarlyImports(
                self.attribution.application,
                self.attribution.owner,
                self.ledger,
                imported=self.imported,
                failed=self._host._end_failed,  # noqa: SLF001 -- see `PluginManager.__init__`
                report=self._host.report,
                namespace=self.settings.namespace,
                importer=self.importer,
            )
        return self._early

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """All plugins in their order, disabled and broken ones included."""
        self._is_asked = True
        self._check_journal()
        if self._cold_start is not None or not (self.settings.is_lazy and self._use_index()):
            return self.cold_start.plugins
        if self._plugins is None:
            records = self._records or self._use_records()
            self._plugins = () if records is None else records.plugins()
        return self._plugins

    def named(self, name: str) -> Plugin | None:
        """Return the plugin of that name; None when there is none."""
        if self._cold_start is None and self.index is not None:
            records = self._records or self._use_records()
            return None if records is None else records.plugin_named(name)
        for plugin in self.plugins:
            if plugin.name == name:
                return plugin
        return None

    def _read_while_starting(self) -> None:
        """Let a plugin that reads what others contribute while it is imported see what an eager start would show it."""
        if stack := self.attribution.stack():
            self.ledger.readers.update(stack)
            if self._records is None:  # what is on record cannot be read yet
                from pegboard.startup.eager_order import import_those_before

                import_those_before(stack, self.settings, self.plugins, self.activate)

    @property
    def cold_start(self) -> ColdStart:
        """What searches for plugins, puts them in order and records them; made when the index does not do."""
        self._check_journal()
        with self._lock:
            if self._cold_start is None:
                from pegboard.startup.cold_start import ColdStart

                self._cold_start = ColdStart(
                    self.settings,
                    self.attribution,
                    self.ledger,
                    self.importer,
                    index=self.index,
                    known=self._known if self.index is None else self.plugins,
                    early=self.early,
                    is_recording=lambda: self.is_recording,
                    activate=self.activate,
                    use=self._use_records,
                    report=self._host.report,
                    report_clashes=self._host._report_clashes,  # noqa: SLF001
                    problems=self._host.problems,
                    readers=self.ledger.readers,
                )
            return self._cold_start

    def activate_at_start(self, kind: str) -> None:
        """Import plugins that contribute to *kind* at every start, and now if the start is over."""
        if kind not in self._eager_kinds:
            self._eager_kinds.add(kind)
            if self.state == "ready":
                from pegboard.startup.cold_start import activate_all

                activate_all(self.ledger.contributions(kind), self.activate)

    def import_in_order(self, plugin: Plugin, error: BaseException | None, seconds: float) -> bool:
        """Import *plugin* after those that come before it; see `FailedImport`."""
        from pegboard.startup.failed_import import FailedImport

        failed = FailedImport(
            self.settings,
            self.importer,
            self.ledger,
            self._records,
            plugins=() if self.state == "new" or self._has_only_searched else self.plugins,
            stack=self.attribution.stack(),
            activate=self.activate,
            end_failed=self._host._end_failed,  # noqa: SLF001  # noqa: SLF001 -- see `PluginManager.__init__`
            report=self._host.report,
            journal=self.journal or "",
        )
        return failed.try_again(plugin, error, seconds)

    def isolated(self, plugin: Plugin) -> Isolated:
        """Return what serves *plugin*, which has an environment and a process of its own."""
        from pegboard.startup.isolating.serving import isolated

        return isolated(plugin, self.importer, self._host)

    def activate(self, plugin: Plugin, reason: str | Contribution = "") -> bool:
        """Import *plugin*; return False, with the fault reported and kept on the plugin, when that fails."""
        from pegboard.errors import PluginError

        try:
            self.importer.activate(plugin, reason)
        except PluginError:
            return False
        return True

    def import_early(self, fullname: str, *, is_reload: bool) -> tuple[bool, ModuleSpec | None]:
        """Find the plugins, since one of them, or a part of it, is imported before the start.

        Args:
            fullname: The module that is imported.
            is_reload: Whether it is imported anew.

        Returns:
            Whether `find_spec` has its answer already, and that answer.
        """
        me = get_ident()
        if me in self._starting:  # the search itself imports something
            return True, None
        self._starting.add(me)
        try:
            self._check_journal()
            if self._cold_start is not None or not (self.settings.is_lazy and self._use_index()):
                self.cold_start.search()
            self._use_records()
        finally:
            self._starting.discard(me)
        if not is_reload and fullname in sys.modules:  # imported meanwhile
            from pegboard.namespace_package import spec_of_loaded

            return True, spec_of_loaded(fullname)
        return False, None

    def recover(self, damaged: Index) -> None:
        """Replace the index in use, which turns out to be *damaged*."""
        with self._lock:
            records = self._records
            if records is not None and records.index is damaged:  # else another thread is doing it
                from pegboard.startup.cold_start import drop_damaged

                self.why_not_used = "the index is damaged"
                self._known = tuple(records.known_plugins.values())
                drop_damaged(records)
                self.index = self._records = self._cold_start = None
                self._use_records()
                self.cold_start.rescan()
                self.state = "new"  # until every plugin is ready again, whatever interrupts that
        if get_ident() in self._starting:
            self.cold_start.run(self._eager_kinds)
        else:
            self.start()
        if records is not None and self.index is not None:
            records.replace(self.index, self.plugins)  # whoever has asked it asks it once more
