"""A rebuild: which records still hold, which plugins are imported and recorded again, and what is the new index?

In: the plugins that a search has found, and the newest index of earlier starts. Out: a new index, put in place in one
step. Only plugins whose record does not hold are imported. A disk that cannot be written costs speed, nothing else.
"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import UnusableIndexError
from pegboard.index import path_stamp, read
from pegboard.ledger import ACTIVE, DISABLED, FOUND, PRIMED
from pegboard.startup.journal.quarantine import stamps
from pegboard.startup.recording.conditions import conditions
from pegboard.startup.recording.early import is_early, mark_active
from pegboard.startup.recording.encoding import content_of, from_bytes, to_bytes
from pegboard.startup.recording.files import prune, siblings, write
from pegboard.startup.recording.notes import Notes
from pegboard.startup.recording.ownership import OwnCode
from pegboard.startup.recording.progress import Progress
from pegboard.startup.recording.record import UNSURE, Record, Sources
from pegboard.startup.recording.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from typing import Any

    from pegboard.errors import PegboardError
    from pegboard.importer import Attribution
    from pegboard.index import Index, Settings
    from pegboard.ledger import Ledger, Plugin
    from pegboard.startup.search import Search

EARLY = "it had been imported before the plugins were looked for, so that it could not be recorded"
FEW_FILES = 128
"""So many files of an installer's are watched one by one; more would cost a start too much."""
_LASTING_FACTS = ("S python", "S prefix", "S application", "S pegboard")
"""Without these no record is of use; when another fact has changed, plugins are searched for anew, and records hold."""


class Rebuild:
    """One rebuild of an index: decides whose record holds, records the other plugins, and makes the new index."""

    def __init__(
        self,
        settings: Settings,
        search: Search,
        attribution: Attribution,
        ledger: Ledger,
        *,
        activate: Callable[[Plugin, str], bool],
        eager_kinds: AbstractSet[str],
        is_disturbed: Callable[[], bool],
        is_from_scratch: bool,
    ) -> None:
        """Read the records of the index before.

        Args:
            settings: The host's.
            search: What has been found.
            attribution: Knows which plugin a module belongs to.
            ledger: Has what plugins register.
            activate: Imports a plugin for a reason, and returns whether it is usable.
            eager_kinds: Kinds of contributions whose plugins are imported at every start.
            is_disturbed: Returns whether plugins were imported that were not observed: then nothing is saved.
            is_from_scratch: Whether no record of the index before holds.
        """
        self._settings = settings
        self._search = search
        self._attribution = attribution
        self._ledger = ledger
        self._activate = activate
        self._eager_kinds = eager_kinds
        self._is_disturbed = is_disturbed
        self._application = settings.application.partition(".")[0]
        self._facts = settings.facts()
        self._path = settings.index_path_for(self._facts)
        self._old: Mapping[str, Any] = {} if is_from_scratch else _latest_content(self._path, settings, self._facts)
        self._notes = Notes.beside(self._path or "")
        self._failed: list[Plugin] = []
        self._not_observed: list[Plugin] = []
        self._early: list[str] = []
        self._records: dict[str, Record] = {}
        self._kept: dict[str, Record] = {}  # of plugins that are left out: for the day that they are not
        self._sources = Sources({top: _files(files) for top, files in self._old.get("tops", {}).items()})
        self._why_tops_changed: dict[str, str | None] = {}
        self._is_all_stale = True
        self._content: dict[str, Any] = {}

    # -- whose record holds? ------------------------------------------------------------------------------------------

    def run(self, plugins: Sequence[Plugin]) -> None:
        """Import and record each usable plugin of *plugins* whose record does not hold; prime the others."""
        why_all_stale = self._why_all_stale()
        self._is_all_stale = why_all_stale is not None
        records, reasons = self._judge(plugins, why_all_stale)
        stale: list[Plugin] = []
        for plugin in plugins:
            record, reason = records.get(plugin.module), reasons.get(plugin.module)
            if not plugin.is_usable:
                if record is not None and reason is None:
                    self._kept[plugin.module] = record
                continue
            if reason is not None:
                self._notes.reasons[plugin.name] = reason
            if reason is not None or record is None or record.eager or plugin.eager:
                stale.append(plugin)
            elif self._is_early(plugin):
                self._records[plugin.module] = record  # for other starts
                self._early.append(plugin.module)
                mark_active(plugin, self._ledger)
            else:
                self._use(plugin, record)
                plugin.state = PRIMED
        self._import(stale)
        self._take_sources(plugins)

    def _why_all_stale(self) -> str | None:
        if not self._old:
            return "there is no record of it yet"
        reason = self._sources.why_changed(self._application, self._search.began_ns)
        return reason and "the application itself has changed"

    def _judge(
        self, plugins: Sequence[Plugin], why_all_stale: str | None
    ) -> tuple[dict[str, Record | None], dict[str, str | None]]:
        """Return the record of each plugin, and why it does not hold, None where it does; by module."""
        modules = {plugin.module for plugin in plugins}
        records: dict[str, Record | None] = {}
        reasons: dict[str, str | None] = {}
        for plugin in plugins:
            if plugin.is_usable or plugin.state == DISABLED:
                record, reason = self._old_record(plugin, modules)
                if plugin.state == ACTIVE and reason is None:
                    reason = "it had been imported before the plugins were looked at"
                records[plugin.module], reasons[plugin.module] = record, why_all_stale or reason
        usable = {plugin.module for plugin in plugins if plugin.is_usable}
        was_usable = {module for module, entry in self._old.get("plugins", {}).items() if entry["state"] == PRIMED}
        _spread(records, reasons, usable & was_usable)
        return records, reasons

    def _old_record(self, plugin: Plugin, modules: set[str]) -> tuple[Record | None, str | None]:
        entry = self._old.get("plugins", {}).get(plugin.module)
        if entry is None or entry["record"] is None:
            return None, "there is no record of it yet"
        if entry["identity"] != _identity(plugin):
            return None, "it was installed anew, or comes from another place"
        record = Record.from_dict(entry["record"])
        reason = record.why_invalid(os.environ, modules, self._search.began_ns)
        for top in record.tops:
            if reason is None:
                if top not in self._why_tops_changed:
                    self._why_tops_changed[top] = self._sources.why_changed(top, self._search.began_ns)
                reason = self._why_tops_changed[top]
        return record, reason

    def _use(self, plugin: Plugin, record: Record) -> None:
        self._records[plugin.module] = record
        plugin.after, plugin.before = record.after, record.before
        if record.eager:
            plugin.eager, plugin.reason = True, record.eager

    def _is_early(self, plugin: Plugin) -> bool:
        # while other threads import plugins, one that is imported already need not have been so before the start
        return is_early(plugin) and not self._is_disturbed()

    # -- recording ----------------------------------------------------------------------------------------------------

    def _import(self, plugins: Sequence[Plugin]) -> None:
        attribution = self._attribution
        progress = Progress(self._settings.application, len(plugins))

        def importing() -> Plugin | None:
            stack = attribution.stack()
            return stack[-1] if stack else None

        is_own = OwnCode(attribution.owner)
        with Recorder(importing, is_own, attribution.owner, self._settings.application) as recorder:
            for plugin in reversed(plugins) if self._settings.is_backwards else plugins:
                progress.step()
                if self._is_early(plugin):
                    self._not_observed.append(plugin)  # what it registered counts as the application's
                    self._early.append(plugin.module)
                    self._notes.reasons[plugin.name] = EARLY
                    self._activate(plugin, "to be recorded")
                    continue
                before = recorder.before()
                if not self._activate(plugin, "to be recorded"):
                    self._failed.append(plugin)
                    continue
                record = Record.taken(
                    plugin,
                    self._ledger.rows_of(plugin),
                    recorder.after(plugin, before),
                    application=self._settings.application,
                    environ=os.environ,
                    eager_kinds=self._eager_kinds,
                    scan_started_ns=self._search.began_ns,
                )
                self._use(plugin, record)
                self._notes.cost_ms[plugin.name] = round(plugin.cost_ms or 0.0, 3)
        progress.finish()

    def _take_sources(self, plugins: Sequence[Plugin]) -> None:
        began_ns = self._search.began_ns
        if self._is_all_stale:
            self._sources.forget(self._application)
        self._sources.take(self._application, began_ns, tuple(plugin.module for plugin in plugins))
        for top in sorted(self._used_tops() - {self._application}):
            if self._why_tops_changed.get(top, "not looked at") is not None:
                self._sources.forget(top)
            self._sources.take(top, began_ns)

    def _used_tops(self) -> set[str]:
        used = {self._application}
        for record in (*self._records.values(), *self._kept.values()):
            used.update(record.tops)
        return used

    # -- the new index ------------------------------------------------------------------------------------------------

    def make_index(self, plugins: Sequence[Plugin]) -> Index:
        """Return the new index, which is not on disk yet; equal states give equal bytes.

        Args:
            plugins: All plugins in their final order.
        """
        discovery = self._search.discovery
        self._content = {
            "validity": self._conditions(plugins),
            "namespace": [discovery.init or "", *discovery.portions],
            "early": sorted(self._early),
            "strict": self._search.is_strict,
            "order": [plugin.module for plugin in plugins],
            "plugins": {plugin.module: self._entry(plugin) for plugin in plugins},
            "problems": [],
            "suspects": [list(item) for item in self._search.suspects],
            "tops": {
                top: {path: list(item) for path, item in self._sources.files[top].items()}
                for top in sorted(self._used_tops())
            },
        }
        return from_bytes(to_bytes(self._content), self._path or "")

    def save(self, problems: Sequence[PegboardError]) -> str | None:
        """Write the index, with the *problems* that are reported again at a warm start.

        Returns:
            Why it could not be written, in words; None when it was, or is not meant to be.
        """
        if self._path is None or self._is_disturbed():
            return None
        self._content["problems"] = [
            [problem.code, problem.summary(), problem.hint() or ""]
            for problem in problems
            if not problem.is_quiet and not problem.is_of_one_start and not self._is_tried_again(problem)
        ]
        error = write(self._path, to_bytes(self._content))
        self._notes.write(self._path)
        prune(self._path, self._settings.application)
        return error

    def _is_tried_again(self, problem: PegboardError) -> bool:
        """Return whether *problem* is a failed import: without a record it is tried, and reported, at every start."""
        return any(plugin.error is problem for plugin in self._failed)

    def _conditions(self, plugins: Sequence[Plugin]) -> list[str]:
        variables: dict[str, str] = {}
        for record in self._records.values():
            variables.update(record.variables)
        configuration = self._settings.file("plugins.toml")
        files = {configuration: path_stamp(configuration, of_file=True)} if configuration else {}
        files.update(self._watched_files())
        files.update(stamps(self._settings.journal, plugins))
        folders = {path for record in self._records.values() for path in record.places if not _is_installers(path)}
        directories = {
            path: path_stamp(path, of_file=False) for path in (*self._search.discovery.directories, *sorted(folders))
        }
        return conditions(self._facts, directories, files, dict(sorted(variables.items())), self._search.began_ns)

    def _watched_files(self) -> dict[str, str]:
        used = {self._application}.union(*(record.tops for record in self._records.values()))
        everything: dict[str, str] = {}
        for files in (
            *(record.files for record in self._records.values()),
            *(self._sources.files[top] for top in sorted(used)),
        ):
            everything.update({path: stamp.removeprefix(UNSURE) for path, (stamp, _) in files.items()})
        declared = {path for record in self._records.values() for path in record.inputs}
        everything = {
            path: stamp for path, stamp in everything.items() if not stamp.startswith("-") or path in declared
        }
        everything.update(
            {plugin.origin: path_stamp(plugin.origin, of_file=True) for plugin in self._failed if plugin.origin}
        )
        in_place = {path: stamp for path, stamp in everything.items() if not _is_installers(path)}
        installers = {path: stamp for path, stamp in everything.items() if path not in in_place}
        return dict(sorted((in_place | installers if len(installers) <= FEW_FILES else in_place).items()))

    def _entry(self, plugin: Plugin) -> dict[str, Any]:
        record = self._records.get(plugin.module)
        kept = record or self._kept.get(plugin.module)
        is_tried_again = plugin in self._failed or plugin in self._not_observed
        return {
            "identity": _identity(plugin),
            "state": FOUND if is_tried_again else plugin.state if record is None else PRIMED,
            "reason": "" if is_tried_again else plugin.reason or "",
            "is_eager": plugin.eager,
            "record": kept and kept.as_dict(),
        }


def _latest_content(path: str | None, settings: Settings, facts: Sequence[str]) -> Mapping[str, Any]:
    """Return the content of the index at *path*, or of the newest one beside it whose records may hold; else nothing.

    Each configuration and import path has an index of its own. What plugins register does not depend on these, so a
    start with others takes the records from there.
    """
    lasting = [line for line in facts if line.startswith(_LASTING_FACTS)]
    for candidate in () if path is None else (path, *siblings(path, settings.application)):
        try:
            content: Mapping[str, Any] = content_of(read(candidate))
        except UnusableIndexError:
            continue
        if [line for line in content["validity"] if line.startswith(_LASTING_FACTS)] == lasting:
            return content
    return {}


def _spread(records: Mapping[str, Record | None], reasons: dict[str, str | None], steady: AbstractSet[str]) -> None:
    """Drop the record of each plugin that imports another one whose record does not hold.

    Args:
        records: The record of each plugin, by module.
        reasons: Why a record does not hold; None where it does. Changed in place.
        steady: Modules of plugins that may run now, and could when the records were made.
    """
    has_spread = True
    while has_spread:
        has_spread = False
        for module, record in records.items():
            if record is None or reasons[module] is not None:
                continue
            for used in record.uses:
                if used not in steady or reasons[used] is not None:
                    reasons[module] = f"{used}, which it imports, is not what it was"
                    has_spread = True


def _files(data: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    return {path: (stamp, content) for path, (stamp, content) in data.items()}


def _identity(plugin: Plugin) -> list[str]:
    distribution = plugin.distribution
    return [
        plugin.name,
        plugin.origin or "",
        plugin.source,
        distribution.name if distribution else "",
        distribution.version if distribution else "",
    ]


def _is_installers(path: str) -> bool:
    """Return whether an installer put *path* there, so that a directory's stamp shows a change."""
    return f"{os.sep}site-packages{os.sep}" in path or f"{os.sep}dist-packages{os.sep}" in path
