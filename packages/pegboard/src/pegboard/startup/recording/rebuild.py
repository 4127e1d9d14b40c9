"""Which records still hold, and what is the new index once the other plugins are recorded?

In: the plugins that a search has found, and the newest index of earlier starts. Out: a new index, which replaces the
old one in one step. Only plugins whose record does not hold are imported. If the index cannot be written, starts are
slower.
"""

from __future__ import annotations

import _thread
import atexit
import math
import os

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import PluginImportError, UnusableIndexError, describe_exception
from pegboard.index import path_stamp, read
from pegboard.ledger import ACTIVE, DISABLED, FOUND, PRIMED
from pegboard.startup.journal.quarantine import quarantine_stamps
from pegboard.startup.recording.budget import Budget
from pegboard.startup.recording.bytecode import remove_doubtful_bytecode
from pegboard.startup.recording.conditions import conditions
from pegboard.startup.recording.encoding import check_record, content_of, from_bytes, to_bytes
from pegboard.startup.recording.files import other_indexes, records_path, remove_old, why_not_writable, write
from pegboard.startup.recording.influences import IMPORTED_BEFORE, invalidate_others, is_influence, stamps
from pegboard.startup.recording.judging import Judging
from pegboard.startup.recording.loaded_modules import LoadedModules
from pegboard.startup.recording.notes import Notes
from pegboard.startup.recording.own_names import own_names
from pegboard.startup.recording.ownership import Ownership
from pegboard.startup.recording.progress import Progress
from pegboard.startup.recording.record import (
    BY_AUTHOR,
    NOT_JUDGED,
    READS,
    RECENT,
    UNRECORDED,
    PackageFiles,
    Record,
    files_from,
    read_files,
)
from pegboard.startup.recording.recorder import Recorder
from pegboard.startup.recording.requirement import files_that_ran, missing_requirement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from typing import Any

    from pegboard.errors import PegboardError
    from pegboard.importer import Attribution, Importer
    from pegboard.index import Index, Settings
    from pegboard.ledger import Ledger, Plugin
    from pegboard.startup.search import Search

EARLY = "it had been imported before the plugins were looked for, so that it could not be recorded"
NO_RECORD = "there is no record of it yet"
_MOST_AT_ONCE = 16
"""How many plugins share one comparison of all objects, while there is a limit on the time for judging."""
_MAX_INSTALLED_FILES = 128
"""How many files in `site-packages` are checked at each start; if there are more, only directories are checked."""
_LASTING_FACTS = ("S python", "S prefix", "S application", "S pegboard")
"""Every record depends on these. When another fact has changed, plugins are searched for, and their records hold."""


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
        self._facts = settings.facts()
        self._path = settings.index_path(self._facts)
        self._old: Mapping[str, Any] = {}
        self._has_index = False  # whether the old content is that of an index, and not what has outlived one
        if not is_from_scratch:
            self._old, self._has_index = _latest_content(self._path, settings, self._facts)
        self._own_names = own_names(ledger, attribution.application)
        self._notes = Notes.beside(self._path or "")
        self._failed: list[Plugin] = []
        self._not_traced: list[Plugin] = []
        self._unrecorded: list[Plugin] = []
        self._failures: dict[str, Record] = {}  # of plugins that lack something: what would mend them
        self._influences: set[Plugin] = set()  # without a record; their imports have changed what others find
        self._early = frozenset(early)
        self._records: dict[str, Record] = {}
        self._kept_for_later: dict[str, Record] = {}  # the records of plugins that are disabled now
        old_files: Mapping[str, Any] = self._old.get("packages", {})
        self._package_files = PackageFiles({package: files_from(data) for package, data in old_files.items()})
        self._why_changed: dict[str, str | None] = {}  # by package, as far as it has been checked
        self._is_all_stale = True
        self._verdicts: dict[Plugin, Record] = {}  # records that hold and say what the import does
        self._judging_s = math.inf if is_from_scratch else settings.judging_s
        self._most_at_once = 1 if math.isinf(self._judging_s) else _MOST_AT_ONCE  # what must not stay open takes longer
        self._content: dict[str, Any] = {}
        self._bytes = b""

    # -- which records hold? ------------------------------------------------------------------------------------------

    def run(self, plugins: Sequence[Plugin]) -> None:
        """Import and record each usable plugin whose record does not hold; prime the others."""
        why_all_stale = self._why_all_stale()
        self._is_all_stale = why_all_stale is not None
        records, reasons = self._check_records(plugins, why_all_stale)
        stale: list[Plugin] = []
        for plugin in plugins:
            record, reason = records.get(plugin.module), reasons.get(plugin.module)
            if not plugin.is_usable:
                if plugin.error is not None and plugin.error.__cause__ is not None:  # it was imported early
                    self._failed.append(plugin)
                elif record is not None and reason is None:
                    self._kept_for_later[plugin.module] = record
                continue
            if plugin in self._early:
                self._keep_early(plugin, record if reason is None else None)
                continue
            if reason is None and record is not None and record.is_judged:
                self._verdicts[plugin] = record
            if reason is None and not self._has_index:
                reason = NO_RECORD
            if reason is not None:
                self._notes.reasons[plugin.name] = reason
            if reason is not None or record is None or record.eager or plugin.eager or not record.is_judged:
                stale.append(plugin)
            else:
                self._use_record(plugin, record)
                plugin.state = PRIMED
        self._expect_failures(plugins, stale, reasons)
        self._import_and_record(stale)
        self._read_package_files(plugins)

    def _expect_failures(
        self, plugins: Sequence[Plugin], stale: Sequence[Plugin], reasons: Mapping[str, str | None]
    ) -> None:
        """Remember how plugins failed after all those before them, if none of these has changed or come."""
        old = self._old.get("plugins", {})
        were_usable = {module for module, entry in old.items() if entry["state"] in (FOUND, PRIMED)}
        if not were_usable.issuperset(plugin.module for plugin in plugins if plugin.is_usable):
            return
        failures: dict[Plugin, str] = {}
        for plugin in stale:
            entry = old[plugin.module]
            if entry["record"] is None and entry["reason"] and entry["identity"] == _identity(plugin):
                failures[plugin] = entry["reason"]
            elif reasons[plugin.module] is not None:
                return
        for plugin, failure in failures.items():
            plugin.reason = failure

    def _keep_early(self, plugin: Plugin, record: Record | None) -> None:
        """Keep the *record* of a plugin that was imported early; without one, a later start has to record it."""
        if record is not None and record.is_judged:
            self._records[plugin.module] = record
            if record.eager:
                plugin.eager, plugin.reason = True, record.eager
        else:
            self._not_traced.append(plugin)
            self._notes.reasons[plugin.name] = EARLY

    def _why_all_stale(self) -> str | None:
        if not self._old:
            return NO_RECORD
        reason = self._why_package_changed(self._application)
        return reason and "the application itself has changed"

    def _check_records(
        self, plugins: Sequence[Plugin], why_all_stale: str | None
    ) -> tuple[dict[str, Record | None], dict[str, str | None]]:
        """Return by module the record of each plugin, and why it does not hold; None where it holds."""
        modules = {plugin.module for plugin in plugins}
        records: dict[str, Record | None] = {}
        reasons: dict[str, str | None] = {}
        for plugin in plugins:
            if plugin.is_usable or plugin.state == DISABLED:
                record, reason = self._old_record(plugin, modules)
                if plugin.state == ACTIVE and reason is None and plugin not in self._early:
                    reason = IMPORTED_BEFORE
                records[plugin.module], reasons[plugin.module] = record, why_all_stale or reason
        usable = {plugin.module for plugin in plugins if plugin.is_usable}
        was_usable = {module for module, entry in self._old.get("plugins", {}).items() if entry["state"] == PRIMED}
        _invalidate_users(records, reasons, usable & was_usable)
        invalidate_others(self._old.get("influences", {}), plugins, records, reasons)
        return records, reasons

    def _old_record(self, plugin: Plugin, modules: set[str]) -> tuple[Record | None, str | None]:
        entry = self._old.get("plugins", {}).get(plugin.module)
        if entry is None:
            return None, NO_RECORD
        if entry["record"] is None:  # it could not be recorded; its file may have been replaced since
            remove_doubtful_bytecode(plugin.origin, step_ns=0)
            return None, NO_RECORD
        if entry["identity"] != _identity(plugin):
            return None, "it was installed anew, or comes from another place"
        try:
            record = Record.from_dict(entry["record"])
            reason = record.why_invalid(os.environ, modules, self._search.began_ns)
        except Exception as error:  # finders and modules of strangers are asked, too
            return None, f"its record cannot be checked: {describe_exception(error)}"
        if reason is None and record.reads_registries:
            reason = READS
        if reason is None and record.inputs and not self._is_same("S configuration"):
            reason = "the configuration folder is another one, and it may depend on files there"
        for package in record.packages:
            if reason is None:
                if package not in self._why_changed:
                    self._why_changed[package] = self._why_package_changed(package)
                reason = self._why_changed[package]
        return record, reason

    def _why_package_changed(self, package: str) -> str | None:
        is_same_path = self._is_same("S path")
        return self._package_files.why_changed(package, self._search.began_ns, is_same_path=is_same_path)

    def _is_same(self, fact: str) -> bool:
        return all(line in self._facts for line in self._old["validity"] if line.startswith(fact))

    def _use_record(self, plugin: Plugin, record: Record) -> None:
        self._records[plugin.module] = record
        plugin.after, plugin.before = record.after, record.before
        plugin.is_in_order = record.is_in_order
        if record.eager:
            plugin.eager, plugin.reason = True, record.eager

    # -- recording ----------------------------------------------------------------------------------------------------

    def _import_and_record(self, plugins: Sequence[Plugin]) -> None:
        attribution, stacks = self._attribution, self._attribution.stacks
        progress = Progress(self._settings.application, len(plugins))
        loaded = LoadedModules(attribution.owner)

        def importing() -> Plugin | None:
            stack = stacks.get(_thread.get_ident())
            return stack[-1] if stack else None

        with (
            Recorder(
                importing, Ownership(attribution.owner), self._settings.application, most_at_once=self._most_at_once
            ) as recorder,
            Judging(self._importer, recorder, self._budget(plugins), self._notes.doubtful) as judging,
        ):
            for plugin in reversed(plugins) if self._settings.is_backwards else plugins:
                progress.step()
                why_not = loaded.why_changed
                is_active = self._activate(plugin, "to be recorded")
                loaded.look(plugin)
                if is_active and why_not is not None:
                    self._leave_unrecorded(plugin, why_not)
                elif is_active:
                    self._record(plugin, recorder, judging)
                else:
                    self._failed.append(plugin)
                    if why_not is None:
                        self._record_failure(plugin, recorder, judging)
            judging.compare()
        self._settle(judging)
        for plugin, trace in judging.traces.items():
            if plugin.module not in self._records and is_influence((each.kind, each.words) for each in trace.effects):
                self._influences.add(plugin)
        self._notes.judging_ms.update(judging.costs_ms)
        progress.finish()

    def _budget(self, plugins: Sequence[Plugin]) -> Budget:
        if self._path is None or why_not_writable(self._path) or self._is_disturbed():
            return Budget(0, (), {}, 0)  # no verdict could be kept
        waiting = [plugin for plugin in plugins if plugin not in self._verdicts and not plugin.eager]
        costs = self._notes.judging_ms.values()
        usual_s = sum(costs) / len(costs) / 1000 if costs else 0.0
        return Budget(self._judging_s, waiting, self._notes.uses, usual_s)

    def _settle(self, judging: Judging) -> None:
        """Judge once more, now that every comparison has ended, the plugins that shared one."""
        for plugin, trace in judging.traces.items():
            record = self._records.get(plugin.module)
            if record is not None and record.eager != BY_AUTHOR:
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
            self._leave_unrecorded(plugin, describe_exception(error))
            return
        self._use_record(plugin, record)
        self._notes.cost_ms[plugin.name] = round(plugin.cost_ms or 0.0, 3)

    def _record_of(self, plugin: Plugin, recorder: Recorder, judging: Judging) -> Record:
        return Record.of_import(
            plugin,
            self._ledger.contributions_of(plugin),
            judging.traces.get(plugin) or recorder.finish(plugin, None),
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
                self._failures[plugin.module] = record
        except KeyboardInterrupt:
            raise
        except BaseException:  # it is tried again at every start
            return

    def _leave_unrecorded(self, plugin: Plugin, why: str) -> None:
        """Let *plugin*, which is active, be imported at every start; *why* it cannot be recorded, in words."""
        self._unrecorded.append(plugin)
        self._ledger.ignore_record(plugin)
        plugin.eager, plugin.reason = True, f"{UNRECORDED}: {why}"
        self._notes.reasons[plugin.name] = plugin.reason

    def _read_package_files(self, plugins: Sequence[Plugin]) -> None:
        began_ns = self._search.began_ns
        if self._is_all_stale:
            self._package_files.forget(self._application)
        self._package_files.add(self._application, began_ns, {plugin.module for plugin in plugins})
        for package in sorted(self._used_packages() - {self._application}):
            if self._why_changed.get(package, "not checked") is not None:
                self._package_files.forget(package)
            self._package_files.add(package, began_ns)

    def _used_packages(self) -> set[str]:
        used = {self._application}
        for record in (*self._valid_records(), *self._kept_for_later.values()):
            used.update(record.packages)
        return used

    # -- the new index ------------------------------------------------------------------------------------------------

    def make_index(self, plugins: Sequence[Plugin]) -> Index:
        """Return the new index, which has not been written yet; equal states give equal bytes.

        Args:
            plugins: All plugins in their final order.
        """
        try:
            return self._made_index(plugins)
        except Exception:
            if not self._drop_unwritable(plugins):
                raise
        return self._made_index(plugins)

    def _made_index(self, plugins: Sequence[Plugin]) -> Index:
        discovery = self._search.discovery
        self._content = {
            "validity": self._validity(plugins),
            "namespace": [discovery.init or "", *discovery.portions],
            "early": sorted(plugin.module for plugin in self._not_traced),
            "own_names": self._own_names,
            "strict": self._search.is_strict,
            "order": [plugin.module for plugin in plugins],
            "plugins": {plugin.module: self._entry(plugin) for plugin in plugins},
            "problems": [],
            "influences": stamps(filter(self._has_influence, plugins)),
            "suspects": [list(item) for item in self._search.suspects],
            "packages": {
                package: {path: list(item) for path, item in self._package_files.by_package[package].items()}
                for package in sorted(self._used_packages())
            },
        }
        self._bytes = to_bytes(self._content)
        index = from_bytes(self._bytes, self._path or "")
        content_of(index)
        return index

    def _drop_unwritable(self, plugins: Sequence[Plugin]) -> bool:
        """Leave those of *plugins* unrecorded whose records cannot be written, or not read again; return if any are."""
        has_dropped = False
        for plugin in plugins:
            record = self._records.get(plugin.module) or self._failures.get(plugin.module)
            if record is None:
                continue
            try:
                check_record(record.as_dict())
            except Exception as error:
                has_dropped = True
                if self._failures.pop(plugin.module, None) is None:
                    if self._has_influence(plugin):
                        self._influences.add(plugin)
                    del self._records[plugin.module]
                    self._leave_unrecorded(plugin, describe_exception(error))
        return has_dropped

    def save(self, problems: Sequence[PegboardError]) -> str | None:
        """Write the index, with those *problems* that are reported again at each warm start.

        Returns:
            Why it could not be written, in words; None when it was written, or is not to be.
        """
        if self._path is None or self._is_disturbed():
            return None
        told = [
            [problem.code, problem.summary(), problem.hint() or ""]
            for problem in problems
            if not problem.is_quiet and not problem.is_of_one_start and not self._is_tried_again(problem)
        ]
        if told:
            self._content["problems"] = told
            self._bytes = to_bytes(self._content)
        error = write(self._path, self._bytes)
        if error is None:
            write(records_path(self._path, self._settings.application), self._bytes)
        self._note_uses(self._path)
        self._notes.write(self._path)
        remove_old(self._path, self._settings.application)
        return error

    def _note_uses(self, path: str) -> None:
        """Forget what was used once every plugin has been judged; else have it noted when the process ends."""
        waiting = [plugin for plugin in self._search.plugins if self._is_waiting(plugin)]
        if not waiting:
            self._notes.uses.clear()
            return

        def note(process: int = os.getpid()) -> None:
            used = [plugin.name for plugin in waiting if plugin.is_used]
            if used and process == os.getpid():
                notes = Notes.beside(path)
                notes.uses.update({name: notes.uses.get(name, 0) + 1 for name in used})
                notes.write(path)

        atexit.register(note)

    def _has_influence(self, plugin: Plugin) -> bool:
        """Return whether *plugin* changes what others find, or may be the one of several that has done so."""
        if plugin in self._influences or plugin.name in self._notes.doubtful:
            return True
        record = self._records.get(plugin.module)
        return record is not None and is_influence((kind, words) for kind, words, _ in record.effects)

    def _is_waiting(self, plugin: Plugin) -> bool:
        """Return whether *plugin* waits to be judged."""
        record = self._records.get(plugin.module) or self._failures.get(plugin.module)
        return record is not None and record.eager == NOT_JUDGED

    def _is_tried_again(self, problem: PegboardError) -> bool:
        """Return whether *problem* is a failed import, which each start reports, whether or not it tries it again."""
        return any(plugin.error is problem for plugin in self._failed)

    def _is_known_to_fail(self, plugin: Plugin) -> bool:
        """Return whether it is known what would mend *plugin*, and that its import does nothing but fail."""
        record = self._failures.get(plugin.module)
        return record is not None and not record.eager

    def _valid_records(self) -> tuple[Record, ...]:
        """Return the records for which the conditions of the new index have to hold."""
        return (*self._records.values(), *self._failures.values())

    def _validity(self, plugins: Sequence[Plugin]) -> list[str]:
        variables: dict[str, str] = {}
        for record in self._valid_records():
            variables.update(record.variables)
        configuration = self._settings.file("plugins.toml")
        files = {configuration: path_stamp(configuration, of_file=True)} if configuration else {}
        files.update(self._checked_files())
        files.update(quarantine_stamps(self._settings.journal, plugins))
        folders = {path for record in self._valid_records() for path in record.directories if not _is_installed(path)}
        directories = {
            path: path_stamp(path, of_file=False) for path in (*self._search.discovery.directories, *sorted(folders))
        }
        return conditions(
            self._facts,
            directories,
            files,
            dict(sorted(variables.items())),
            self._search.began_ns,
            is_complete=not any(map(self._is_waiting, plugins)),
        )

    def _checked_files(self) -> dict[str, str]:
        """Return the stamp of each file that is checked at each start."""
        records = self._valid_records()
        packages = {self._application}.union(*(record.packages for record in records))
        stamps: dict[str, str] = {}
        for files in (
            *(record.files for record in records),
            *(self._package_files.by_package[package] for package in sorted(packages)),
        ):
            stamps.update({path: stamp.removeprefix(RECENT) for path, (stamp, _) in files.items()})
        inputs = {path for record in records for path in record.inputs}
        stamps = {path: stamp for path, stamp in stamps.items() if not stamp.startswith("-") or path in inputs}
        stamps.update(
            {
                plugin.origin: path_stamp(plugin.origin, of_file=True)
                for plugin in (*self._failed, *self._unrecorded)
                if plugin.origin
            }
        )
        installed = [path for path in stamps if _is_installed(path)]
        if len(installed) > _MAX_INSTALLED_FILES:
            for path in installed:
                del stamps[path]
        return dict(sorted(stamps.items()))

    def _entry(self, plugin: Plugin) -> dict[str, Any]:
        record = self._records.get(plugin.module)
        kept = record or self._kept_for_later.get(plugin.module)
        is_tried_again = plugin in self._not_traced or (plugin in self._failed and not self._is_known_to_fail(plugin))
        return {
            "identity": _identity(plugin),
            "state": FOUND
            if is_tried_again or plugin in self._unrecorded
            else plugin.state
            if record is None
            else PRIMED,
            "reason": "" if plugin in self._not_traced else plugin.reason or "",
            "is_eager": plugin.eager,
            "failure": list(plugin.error.args) if plugin.error is not None and self._is_known_to_fail(plugin) else [],
            "record": kept and kept.as_dict(),
        }


def _latest_content(path: str | None, settings: Settings, facts: Sequence[str]) -> tuple[Mapping[str, Any], bool]:
    """Return the content of the index at *path*, or else of the newest other one whose records may hold; or nothing.

    Each configuration and each import path has an index of its own. What plugins register does not depend on these, so
    the records in one index hold in another. The newest content is kept apart, too: an index that is damaged or
    removed takes no verdict with it.

    Returns:
        The content, and whether it is that of an index; what has outlived its index tells only what was judged.
    """
    lasting = [line for line in facts if line.startswith(_LASTING_FACTS)]
    application = settings.application
    kept = "" if path is None else records_path(path, application)
    candidates = () if path is None else (path, *other_indexes(path, application), kept)
    for candidate in candidates:
        try:
            content: Mapping[str, Any] = content_of(read(candidate))
        except UnusableIndexError:
            continue
        if [line for line in content["validity"] if line.startswith(_LASTING_FACTS)] == lasting:
            return content, candidate != kept
    return {}, False


def _invalidate_users(
    records: Mapping[str, Record | None], reasons: dict[str, str | None], usable: AbstractSet[str]
) -> None:
    """Invalidate the record of each plugin that imports another one whose record does not hold.

    Args:
        records: The record of each plugin, by module.
        reasons: Why a record does not hold; None where it holds. Changed in place.
        usable: The modules of plugins that may be imported now, and could be when the records were made.
    """
    has_changed = True
    while has_changed:
        has_changed = False
        for module, record in records.items():
            if record is None or reasons[module] is not None:
                continue
            for used in record.uses:
                if used not in usable or reasons[used] is not None:
                    reasons[module] = f"{used}, which it imports, is not what it was"
                    has_changed = True


def _identity(plugin: Plugin) -> list[str]:
    distribution = plugin.distribution
    return [
        plugin.name,
        plugin.origin or "",
        plugin.source,
        distribution.name if distribution else "",
        distribution.version if distribution else "",
    ]


def _is_installed(path: str) -> bool:
    """Return whether *path* is where installers put files: then the stamp of a directory shows a change, too."""
    return f"{os.sep}site-packages{os.sep}" in path or f"{os.sep}dist-packages{os.sep}" in path
