"""What is the new index, once the plugins are recorded?

In: what has become of each plugin. Out: the index, which replaces the old one in one step. If it cannot be written,
starts are slower.
"""

from __future__ import annotations

import atexit
import os

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import describe_exception
from pegboard.index import path_stamp
from pegboard.ledger import FOUND, PRIMED
from pegboard.startup.journal.quarantine import quarantine_stamps
from pegboard.startup.recording.conditions import conditions
from pegboard.startup.recording.encoding import check_record, content_of, from_bytes, to_bytes
from pegboard.startup.recording.files import records_path, remove_old, write
from pegboard.startup.recording.influences import is_influence, stamps
from pegboard.startup.recording.notes import Notes
from pegboard.startup.recording.old_records import identity
from pegboard.startup.recording.record import NOT_JUDGED, RECENT, UNRECORDED, Record
from pegboard.startup.uncollected import Uncollected

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pegboard.errors import PegboardError
    from pegboard.index import Index, Settings
    from pegboard.ledger import Ledger, Plugin
    from pegboard.startup.recording.record import PackageFiles
    from pegboard.startup.search import Search

_MAX_INSTALLED_FILES = 128
"""How many files in `site-packages` are checked at each start; if there are more, only directories are checked."""


class Outcome:
    """What has become of the plugins: which have a record, and why the others have none."""

    def __init__(self, ledger: Ledger, notes: Notes) -> None:
        """Start with no plugin.

        Args:
            ledger: Uses what a plugin has registered just now where there is no record.
            notes: Get the reasons.
        """
        self._ledger = ledger
        self.notes: Notes = notes
        """What a start measures; nothing is decided by it."""
        self.records: dict[str, Record] = {}
        """By module; they hold."""
        self.kept_for_later: dict[str, Record] = {}
        """Those of plugins that are disabled now."""
        self.failures: dict[str, Record] = {}
        """Of plugins that lack something: what would mend them."""
        self.failed: list[Plugin] = []
        self.not_traced: list[Plugin] = []
        """They were imported before the start."""
        self.unrecorded: list[Plugin] = []
        """They could be imported, and not be recorded."""
        self.influences: set[Plugin] = set()
        """They have no record; their imports have changed what others find."""

    @property
    def valid(self) -> tuple[Record, ...]:
        """The records for which the conditions of the new index have to hold."""
        return (*self.records.values(), *self.failures.values())

    def used_packages(self, application: str) -> set[str]:
        """Return the top-level packages that any record depends on, *application* among them."""
        return {application}.union(*(record.packages for record in (*self.valid, *self.kept_for_later.values())))

    def leave_unrecorded(self, plugin: Plugin, why: str) -> None:
        """Let *plugin*, which is active, be imported at every start; *why* it cannot be recorded, in words."""
        self.unrecorded.append(plugin)
        self._ledger.ignore_record(plugin)
        plugin.eager, plugin.reason = True, f"{UNRECORDED}: {why}"
        self.notes.reasons[plugin.name] = plugin.reason

    def has_influence(self, plugin: Plugin) -> bool:
        """Return whether *plugin* changes what others find, or may be the one of several that has done so."""
        if plugin in self.influences or plugin.name in self.notes.doubtful:
            return True
        record = self.records.get(plugin.module)
        return record is not None and is_influence((kind, words) for kind, words, _ in record.effects)

    def is_waiting(self, plugin: Plugin) -> bool:
        """Return whether *plugin* waits to be judged."""
        record = self.records.get(plugin.module) or self.failures.get(plugin.module)
        return record is not None and record.eager == NOT_JUDGED

    def is_known_to_fail(self, plugin: Plugin) -> bool:
        """Return whether it is known what would mend *plugin*, and that its import does nothing but fail."""
        record = self.failures.get(plugin.module)
        return record is not None and not record.eager

    def drop_unwritable(self, plugins: Sequence[Plugin]) -> bool:
        """Leave those of *plugins* unrecorded whose records cannot be written, or not read again; return if any are."""
        has_dropped = False
        for plugin in plugins:
            record = self.records.get(plugin.module) or self.failures.get(plugin.module)
            if record is None:
                continue
            try:
                check_record(record.as_dict())
            except Exception as error:
                has_dropped = True
                if self.failures.pop(plugin.module, None) is None:
                    if self.has_influence(plugin):
                        self.influences.add(plugin)
                    del self.records[plugin.module]
                    self.leave_unrecorded(plugin, describe_exception(error))
        return has_dropped


class NewIndex:
    """One index that is made and written."""

    def __init__(
        self,
        settings: Settings,
        search: Search,
        outcome: Outcome,
        package_files: PackageFiles,
        *,
        facts: Sequence[str],
        path: str | None,
        own_names: str,
    ) -> None:
        """Make nothing yet.

        Args:
            settings: The host's.
            search: The result of the search.
            outcome: What has become of the plugins.
            package_files: The files of every package that a record depends on.
            facts: `Settings.facts`.
            path: Where it is written; None where it is not.
            own_names: Of which names the application itself registered; see `own_names`.
        """
        self._settings = settings
        self._search = search
        self._facts = facts
        self._path = path
        self._outcome = outcome
        self._package_files = package_files
        self._own_names = own_names
        self._application = settings.application.partition(".")[0]
        self._content: dict[str, Any] = {}
        self._bytes = b""

    def make(self, plugins: Sequence[Plugin]) -> Index:
        """Return the new index, which has not been written yet; equal states give equal bytes.

        Args:
            plugins: All plugins in their final order.
        """
        with Uncollected():
            try:
                return self._made(plugins)
            except Exception:
                if not self._outcome.drop_unwritable(plugins):
                    raise
                return self._made(plugins)

    def _made(self, plugins: Sequence[Plugin]) -> Index:
        discovery = self._search.discovery
        self._content = {
            "validity": self._validity(plugins),
            "namespace": [discovery.init or "", *discovery.portions],
            "early": sorted(plugin.module for plugin in self._outcome.not_traced),
            "own_names": self._own_names,
            "strict": self._search.is_strict,
            "order": [plugin.module for plugin in plugins],
            "plugins": {plugin.module: self._entry(plugin) for plugin in plugins},
            "problems": [],
            "influences": stamps(filter(self._outcome.has_influence, plugins)),
            "suspects": [list(item) for item in self._search.suspects],
            "packages": {
                package: {path: list(item) for path, item in self._package_files.by_package[package].items()}
                for package in sorted(self._outcome.used_packages(self._application))
            },
        }
        self._bytes = to_bytes(self._content)
        index = from_bytes(self._bytes, self._path or "")
        content_of(index)
        return index

    def save(self, problems: Sequence[PegboardError]) -> str | None:
        """Write the index, with those *problems* that are reported again at each warm start.

        Returns:
            Why it could not be written, in words; None when it was written, or is not to be.
        """
        if self._path is None:
            return None
        told = [
            [problem.code, problem.summary(), problem.advice_for_reader() or ""]
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
        self._outcome.notes.write(self._path)
        remove_old(self._path, self._settings.application)
        return error

    def _note_uses(self, path: str) -> None:
        """Forget what was used once every plugin has been judged; else have it noted when the process ends."""
        waiting = [plugin for plugin in self._search.plugins if self._outcome.is_waiting(plugin)]
        if not waiting:
            self._outcome.notes.uses.clear()
            return

        def note(process: int = os.getpid()) -> None:
            used = [plugin.name for plugin in waiting if plugin.is_used]
            if used and process == os.getpid():
                notes = Notes.beside(path)
                notes.uses.update({name: notes.uses.get(name, 0) + 1 for name in used})
                notes.write(path)

        atexit.register(note)

    def _is_tried_again(self, problem: PegboardError) -> bool:
        """Return whether *problem* is a failed import, which each start reports, whether or not it tries it again."""
        return any(plugin.error is problem for plugin in self._outcome.failed)

    def _validity(self, plugins: Sequence[Plugin]) -> list[str]:
        variables: dict[str, str] = {}
        for record in self._outcome.valid:
            variables.update(record.variables)
        configuration = self._settings.file("plugins.toml")
        files = {configuration: path_stamp(configuration, of_file=True)} if configuration else {}
        files.update(self._checked_files())
        files.update(quarantine_stamps(self._settings.journal, plugins))
        isolated = self._search.isolated
        files.update({path: path_stamp(path, of_file=True) for path in (isolated.files if isolated else ())})
        folders = {path for record in self._outcome.valid for path in record.directories if not _is_installed(path)}
        directories = {
            path: path_stamp(path, of_file=False) for path in (*self._search.discovery.directories, *sorted(folders))
        }
        return conditions(
            self._facts,
            directories,
            files,
            dict(sorted(variables.items())),
            self._search.began_ns,
            is_complete=not any(map(self._outcome.is_waiting, plugins)),
        )

    def _checked_files(self) -> dict[str, str]:
        """Return the stamp of each file that is checked at each start."""
        records = self._outcome.valid
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
                for plugin in (*self._outcome.failed, *self._outcome.unrecorded)
                if plugin.origin
            }
        )
        installed = [path for path in stamps if _is_installed(path)]
        if len(installed) > _MAX_INSTALLED_FILES:
            for path in installed:
                del stamps[path]
        return dict(sorted(stamps.items()))

    def _entry(self, plugin: Plugin) -> dict[str, Any]:
        record = self._outcome.records.get(plugin.module)
        kept = record or self._outcome.kept_for_later.get(plugin.module)
        is_tried_again = plugin in self._outcome.not_traced or (
            plugin in self._outcome.failed and not self._outcome.is_known_to_fail(plugin)
        )
        return {
            "identity": identity(plugin),
            "entry_points": [list(point) for point in plugin.entry_points or ()],
            "state": FOUND
            if is_tried_again or plugin in self._outcome.unrecorded
            else plugin.state
            if record is None
            else PRIMED,
            "reason": "" if plugin in self._outcome.not_traced else plugin.reason or "",
            "is_eager": plugin.eager,
            "failure": list(plugin.error.args)
            if plugin.error is not None and self._outcome.is_known_to_fail(plugin)
            else [],
            "record": kept and kept.as_dict(),
        }


def _is_installed(path: str) -> bool:
    """Return whether *path* is where installers put files: then the stamp of a directory shows a change, too."""
    return f"{os.sep}site-packages{os.sep}" in path or f"{os.sep}dist-packages{os.sep}" in path
