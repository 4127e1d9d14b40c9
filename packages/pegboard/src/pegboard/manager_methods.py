"""Methods of `PluginManager` that a start from a valid index does not call.

In: a plugin manager. Out: what the methods say. `PluginManager` defers to them: see `index.deferred`.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _thread import RLock
    from collections.abc import Callable, Iterable, Sequence

    from pegboard.early_imports import EarlyImports
    from pegboard.errors import PegboardError
    from pegboard.importer import Attribution, Importer
    from pegboard.index import Index, Settings
    from pegboard.ledger import Contribution, Ledger, Plugin, Records
    from pegboard.startup.cold_start import ColdStart


class ManagerMethods:
    """The methods. Type checkers know this class as the base of `PluginManager`."""

    if TYPE_CHECKING:  # what they use of `PluginManager`
        settings: Settings
        index: Index | None
        is_recording: bool
        _cold_start: ColdStart | None
        _early: EarlyImports | None
        _is_asked: bool
        _known: Sequence[Plugin]
        _lock: RLock
        _plugins: tuple[Plugin, ...] | None
        _problems: Sequence[PegboardError]
        _records: Records | None
        _report: Callable[[PegboardError], None]
        _report_clashes: Callable[[], None]
        _end_failed: Callable[[Plugin], None]

        @property
        def attribution(self) -> Attribution: ...
        @property
        def ledger(self) -> Ledger: ...
        @property
        def importer(self) -> Importer: ...
        def activate(self, plugin: Plugin, reason: str | Contribution = "") -> bool: ...
        def imported(self, plugin: Plugin, batch: Sequence[Contribution]) -> None: ...
        def _check_journal(self) -> None: ...
        def _use_index(self) -> bool: ...
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
                failed=self._end_failed,
                report=self._report,
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
                    report=self._report,
                    report_clashes=self._report_clashes,
                    problems=self._problems,
                    readers=self.ledger.readers,
                )
            return self._cold_start
