"""How are the plugins recorded whose record does not hold, and which index comes of it?

In: the plugins that a search has found, and the newest index of earlier starts. Out: a new index, which replaces the
old one in one step. Only plugins whose record does not hold are imported.
"""

from __future__ import annotations

import _thread
import math

from pegboard._typing import TYPE_CHECKING
from pegboard.entry_objects import is_distribution
from pegboard.errors import PluginImportError, describe_exception
from pegboard.ledger import DISABLED, ISOLATED, PRIMED
from pegboard.left_out import is_library
from pegboard.printing import PRINTED
from pegboard.startup.recording.budget import Budget, allowed_s
from pegboard.startup.recording.files import why_not_writable
from pegboard.startup.recording.holding_packages import HoldingPackages
from pegboard.startup.recording.influences import is_influence
from pegboard.startup.recording.judging import Judging
from pegboard.startup.recording.loaded_modules import LoadedModules
from pegboard.startup.recording.new_index import NewIndex, Outcome
from pegboard.startup.recording.notes import Notes
from pegboard.startup.recording.old_records import NO_RECORD, OldRecords
from pegboard.startup.recording.own_names import own_names
from pegboard.startup.recording.ownership import Ownership
from pegboard.startup.recording.progress import Progress
from pegboard.startup.recording.record import NOT_JUDGED, Record, read_files
from pegboard.startup.recording.recorder import Recorder
from pegboard.startup.recording.requirement import files_that_ran, missing_requirement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from pegboard.errors import PegboardError
    from pegboard.importer import Attribution, Importer
    from pegboard.index import Index, Settings
    from pegboard.ledger import Ledger, Plugin
    from pegboard.startup.search import Search

EARLY = "it had been imported before the plugins were looked for, so that it could not be recorded"
_MOST_AT_ONCE = 16
"""How many plugins share one comparison of all objects, while there is a limit on the time for judging."""


class Rebuild:
    """One rebuild of an index."""

    def __init__(
        self,
        settings: Settings,
        search: Search,
        attribution: Attribution,
        ledger: Ledger,
        importer: Importer,
        *,
        activate: Callable[[Plugin, str], bool],
        eager_kinds: AbstractSet[str],
        early: Sequence[Plugin],
        is_disturbed: Callable[[], bool],
        readers: AbstractSet[Plugin],
        is_from_scratch: bool,
    ) -> None:
        """Read the records of the old index.

        Args:
            settings: The host's.
            search: The result of the search.
            attribution: Knows which plugin a module belongs to.
            ledger: Has what plugins register.
            importer: Lets the imports be observed.
            activate: Imports a plugin for a reason, and returns whether it is usable.
            eager_kinds: Kinds of contributions whose plugins are imported at every start.
            early: Plugins that were imported before the start, so that the import could not be observed.
            is_disturbed: Returns whether plugins were imported without being traced: then nothing is saved.
            readers: Plugins that have read a registry while they were imported.
            is_from_scratch: Whether the records of the old index are ignored, and every plugin is judged.
        """
        self._settings = settings
        self._search = search
        self._attribution = attribution
        self._ledger = ledger
        self._importer = importer
        self._activate = activate
        self._eager_kinds = eager_kinds
        self._is_disturbed = is_disturbed
        self._readers = readers
        self._application = settings.application.partition(".")[0]
        facts = settings.facts()
        self._path = settings.index_path(facts)
        self._early = frozenset(early)
        self._old = OldRecords(
            settings, facts, self._path, search.began_ns, self._early, is_from_scratch=is_from_scratch
        )
        self._notes = Notes.beside(self._path or "")
        self._outcome = Outcome(ledger, self._notes)
        self._new = NewIndex(
            settings,
            search,
            self._outcome,
            self._old.package_files,
            facts=facts,
            path=self._path,
            own_names=own_names(ledger, attribution.application),
        )
        self._verdicts: dict[Plugin, Record] = {}  # records that hold and say what the import does
        self._judging_s = math.inf if is_from_scratch else allowed_s(settings)
        self._most_at_once = 1 if math.isinf(self._judging_s) else _MOST_AT_ONCE  # what must not stay open takes longer

    # -- which records hold? ------------------------------------------------------------------------------------------

    def run(self, plugins: Sequence[Plugin]) -> None:
        """Import and record each usable plugin whose record does not hold; prime the others."""
        offering = [plugin for plugin in plugins if is_distribution(plugin) and plugin.is_usable]
        self._outcome.records.update({plugin.module: Record.of_entry_points(plugin) for plugin in offering})
        plugins = [plugin for plugin in plugins if not is_distribution(plugin)]
        records, reasons = self._old.check(plugins)
        stale: list[Plugin] = []
        for plugin in plugins:
            record, reason = records.get(plugin.module), reasons.get(plugin.module)
            if not plugin.is_usable:
                if plugin.error is not None and plugin.error.__cause__ is not None:  # it was imported early
                    self._outcome.failed.append(plugin)
                elif record is not None and reason is None:
                    self._outcome.kept_for_later[plugin.module] = record
                continue
            if plugin in self._early:
                self._keep_early(plugin, record if reason is None else None)
                continue
            if reason is None and record is not None and record.is_judged:
                self._verdicts[plugin] = record
            if reason is None and not self._old.is_of_index:
                reason = NO_RECORD
            if reason is not None:
                self._notes.reasons[plugin.name] = reason
            if reason is not None or record is None or record.eager or plugin.eager or not record.is_judged:
                stale.append(plugin)
            else:
                self._use_record(plugin, record)
                plugin.state = PRIMED
        self._old.expect_failures(plugins, stale, reasons)
        self._record_isolated([plugin for plugin in stale if plugin.source == ISOLATED])
        self._import_and_record([plugin for plugin in stale if plugin.source != ISOLATED])
        self._old.renew_package_files(plugins, self._outcome.used_packages(self._application))

    def _keep_early(self, plugin: Plugin, record: Record | None) -> None:
        """Keep the *record* of a plugin that was imported early; without one, a later start has to record it."""
        if record is not None and record.is_judged:
            self._outcome.records[plugin.module] = record
            if record.eager:
                plugin.eager, plugin.reason = True, record.eager
        else:
            self._outcome.not_traced.append(plugin)
            self._notes.reasons[plugin.name] = EARLY

    def _use_record(self, plugin: Plugin, record: Record) -> None:
        self._outcome.records[plugin.module] = record
        plugin.after, plugin.before = record.after, record.before
        plugin.is_in_order = record.is_in_order
        if record.eager:
            plugin.eager, plugin.reason = True, record.eager

    # -- recording ----------------------------------------------------------------------------------------------------

    def _record_isolated(self, plugins: Sequence[Plugin]) -> None:
        """Record *plugins*, whose code does not run in this process: their imports do no more than register."""
        for plugin in plugins:
            if not self._activate(plugin, "to be recorded"):
                self._outcome.failed.append(plugin)
                continue
            rows = self._ledger.contributions_of(plugin)
            record = Record.of_isolated(plugin, rows, self._eager_kinds, self._search.began_ns)
            self._use_record(plugin, record)
            self._notes.cost_ms[plugin.name] = round(plugin.cost_ms or 0.0, 3)

    def _import_and_record(self, plugins: Sequence[Plugin]) -> None:
        attribution, stacks = self._attribution, self._attribution.stacks
        progress = Progress(self._settings.application, len(plugins))
        loaded = LoadedModules(attribution.owner)
        tops = {name.partition(".")[0] for name in (self._application, self._settings.namespace)}
        holding = HoldingPackages(self._search.plugins, attribution.owner, tops)

        def importing() -> Plugin | None:
            for plugin in reversed(stacks.get(_thread.get_ident(), ())):  # called at each import of a module
                if plugin.state != DISABLED or not is_library(plugin):
                    return plugin
            return None

        with (
            Recorder(
                importing,
                Ownership(attribution.owner, tops, holding, self._search.discovery.installed),
                self._settings.application,
                rows=self._count_rows,
                most_at_once=self._most_at_once,
                adapter=self._settings.adapter,
            ) as recorder,
            Judging(self._importer, recorder, self._budget(plugins), self._notes.doubtful) as judging,
        ):
            for plugin in reversed(plugins) if self._settings.is_backwards else plugins:
                progress.step()
                why_not = loaded.why_changed
                is_active = self._activate(plugin, "to be recorded")
                loaded.look(plugin)
                if is_active and why_not is not None:
                    self._outcome.leave_unrecorded(plugin, why_not)
                elif is_active:
                    self._record(plugin, recorder, judging)
                else:
                    self._outcome.failed.append(plugin)
                    if why_not is None:
                        self._record_failure(plugin, recorder, judging)
            judging.compare()
        self._settle(judging, recorder)
        for plugin, trace in judging.traces.items():
            if plugin.module not in self._outcome.records and is_influence(
                (each.kind, each.words) for each in trace.effects
            ):
                self._outcome.influences.add(plugin)
        self._notes.judging_ms.update(judging.costs_ms)
        progress.finish()

    def _count_rows(self) -> int:
        """Return how much the application has registered so far, and the plugins that are being imported."""
        batches = self._ledger.batches.values()
        return len(self._ledger.contributions_of(self._attribution.application)) + sum(map(len, batches))

    def _budget(self, plugins: Sequence[Plugin]) -> Budget:
        if self._path is None or why_not_writable(self._path) or self._is_disturbed():
            return Budget(0, (), {}, 0)  # no verdict could be kept
        waiting = [plugin for plugin in plugins if plugin not in self._verdicts and not plugin.eager]
        costs = self._notes.judging_ms.values()
        usual_s = sum(costs) / len(costs) / 1000 if costs else 0.0
        return Budget(self._judging_s, waiting, self._notes.uses, usual_s)

    def _settle(self, judging: Judging, recorder: Recorder) -> None:
        """Judge once more, now that every comparison has ended, the plugins that shared one."""
        for plugin, trace in judging.traces.items():
            recorder.inherit(plugin, trace)
            record = self._outcome.records.get(plugin.module)
            if record is not None and not record.is_eager_by_declaration:
                plugin.eager, plugin.reason = plugin.is_eager_by_user, None
                record.judge(plugin, trace, self._eager_kinds)
                self._use_record(plugin, record)
        self._notes.doubtful = dict.fromkeys(judging.doubtful, True)

    def _record(self, plugin: Plugin, recorder: Recorder, judging: Judging) -> None:
        """Record *plugin*, which has just been imported; it stays unrecorded if anything comes up meanwhile."""
        try:
            record = self._record_of(plugin, recorder, judging)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # what the plugin has left behind is looked at, and may raise anything
            self._outcome.leave_unrecorded(plugin, describe_exception(error))
            return
        self._use_record(plugin, record)
        self._notes.cost_ms[plugin.name] = round(plugin.cost_ms or 0.0, 3)
        self._notes.prints.pop(plugin.name, None)
        if plugin in PRINTED:
            self._notes.prints[plugin.name] = PRINTED[plugin]

    def _record_of(self, plugin: Plugin, recorder: Recorder, judging: Judging) -> Record:
        trace = judging.traces.get(plugin) or recorder.finish(plugin, None)
        recorder.inherit(plugin, trace)
        return Record.of_import(
            plugin,
            self._ledger.contributions_of(plugin),
            trace,
            application=self._settings.application,
            environ=recorder.environment,
            eager_kinds=self._eager_kinds,
            search_began_ns=self._search.began_ns,
            reads_registries=plugin in self._readers,
            verdict=self._verdicts.get(plugin),
        )

    def _record_failure(self, plugin: Plugin, recorder: Recorder, judging: Judging) -> None:
        """Note what would mend *plugin*, whose import has failed, if that is known; else every start tries it again."""
        is_usual = type(plugin.error) is PluginImportError and not self._search.is_strict
        lacks = missing_requirement(plugin, self._search.plugins) if is_usual else ""
        if not lacks:
            return
        try:
            record = self._record_of(plugin, recorder, judging)
            if record.eager in ("", NOT_JUDGED):  # else its import has effects also where it fails
                files = files_that_ran(plugin)
                record.files |= read_files(files, self._search.began_ns)
                self._outcome.failures[plugin.module] = record
        except KeyboardInterrupt:
            raise
        except BaseException:  # it is tried again at every start
            return

    # -- the new index ------------------------------------------------------------------------------------------------

    def make_index(self, plugins: Sequence[Plugin]) -> Index:
        """Return the new index, which has not been written yet; see `NewIndex.make`."""
        return self._new.make(plugins)

    def save(self, problems: Sequence[PegboardError]) -> str | None:
        """Write the index, unless plugins were imported without being traced; see `NewIndex.save`."""
        return None if self._is_disturbed() else self._new.save(problems)
