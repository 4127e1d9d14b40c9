"""Which records of earlier starts still hold?

In: the plugins that a search has found, and the newest index of earlier starts. Out: the record of each plugin, and why
it does not hold, if it does not. Nothing is imported.
"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import UnusableIndexError, describe_exception
from pegboard.index import read
from pegboard.ledger import ACTIVE, DISABLED, FOUND, PRIMED
from pegboard.startup.recording.bytecode import remove_doubtful_bytecode
from pegboard.startup.recording.encoding import content_of
from pegboard.startup.recording.files import other_indexes, records_path
from pegboard.startup.recording.influences import IMPORTED_BEFORE, invalidate_others
from pegboard.startup.recording.record import READS, PackageFiles, Record, files_from

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from typing import Any

    from pegboard.index import Settings
    from pegboard.ledger import Plugin

NO_RECORD = "there is no record of it yet"
_LASTING_FACTS = ("S python", "S prefix", "S application", "S pegboard")
"""Every record depends on these. When another fact has changed, plugins are searched for, and their records hold."""


class OldRecords:
    """The records of the newest index, at one start."""

    def __init__(
        self,
        settings: Settings,
        facts: Sequence[str],
        path: str | None,
        search_began_ns: int,
        early: Collection[Plugin],
        *,
        is_from_scratch: bool,
    ) -> None:
        """Read them; check nothing yet.

        Args:
            settings: The host's.
            facts: `Settings.facts`.
            path: Where the new index will be; None when there is no place for one.
            search_began_ns: When the search for plugins began.
            early: Plugins that were imported before the start.
            is_from_scratch: Whether there are none.
        """
        self._application = settings.application.partition(".")[0]
        self._facts = facts
        self._search_began_ns = search_began_ns
        self._early = early
        self._content: Mapping[str, Any] = {}
        self.is_of_index: bool = False
        """Whether they are those of an index; what has outlived its index tells only what was judged."""
        if not is_from_scratch:
            self._content, self.is_of_index = _latest_content(path, settings, facts)
        old_files: Mapping[str, Any] = self._content.get("packages", {})
        self.package_files: PackageFiles = PackageFiles(
            {package: files_from(data) for package, data in old_files.items()}
        )
        """The files of packages, as they were."""
        self._why_changed: dict[str, str | None] = {}  # by package, as far as it has been checked
        self._is_all_stale = True

    def check(self, plugins: Sequence[Plugin]) -> tuple[dict[str, Record | None], dict[str, str | None]]:
        """Return by module the record of each plugin, and why it does not hold; None where it holds."""
        why_all_stale = self._why_all_stale()
        self._is_all_stale = why_all_stale is not None
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
        was_usable = {module for module, entry in self._content.get("plugins", {}).items() if entry["state"] == PRIMED}
        _invalidate_users(records, reasons, usable & was_usable)
        invalidate_others(self._content.get("influences", {}), plugins, records, reasons)
        return records, reasons

    def expect_failures(
        self, plugins: Sequence[Plugin], stale: Sequence[Plugin], reasons: Mapping[str, str | None]
    ) -> None:
        """Remember how plugins failed after all those before them, if none of these has changed or come."""
        old = self._content.get("plugins", {})
        were_usable = {module for module, entry in old.items() if entry["state"] in (FOUND, PRIMED)}
        if not were_usable.issuperset(plugin.module for plugin in plugins if plugin.is_usable):
            return
        failures: dict[Plugin, str] = {}
        for plugin in stale:
            entry = old[plugin.module]
            if entry["record"] is None and entry["reason"] and entry["identity"] == identity(plugin):
                failures[plugin] = entry["reason"]
            elif reasons[plugin.module] is not None:
                return
        for plugin, failure in failures.items():
            plugin.reason = failure

    def renew_package_files(self, plugins: Sequence[Plugin], used: AbstractSet[str]) -> None:
        """Put the files of the packages *used* in place of those that do not count any more."""
        if self._is_all_stale:
            self.package_files.forget(self._application)
        self.package_files.add(self._application, self._search_began_ns, {plugin.module for plugin in plugins})
        for package in sorted(used - {self._application}):
            if self._why_changed.get(package, "not checked") is not None:
                self.package_files.forget(package)
            self.package_files.add(package, self._search_began_ns)

    def _why_all_stale(self) -> str | None:
        if not self._content:
            return NO_RECORD
        reason = self._why_package_changed(self._application)
        return reason and "the application itself has changed"

    def _old_record(self, plugin: Plugin, modules: set[str]) -> tuple[Record | None, str | None]:
        entry = self._content.get("plugins", {}).get(plugin.module)
        if entry is None:
            return None, NO_RECORD
        if entry["record"] is None:  # it could not be recorded; its file may have been replaced since
            remove_doubtful_bytecode(plugin.origin, step_ns=0)
            return None, NO_RECORD
        if (reason := _why_another(entry, plugin)) is not None:
            return None, reason
        try:
            record = Record.from_dict(entry["record"])
            reason = record.why_invalid(os.environ, modules, self._search_began_ns)
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
        return self.package_files.why_changed(package, self._search_began_ns, is_same_path=is_same_path)

    def _is_same(self, fact: str) -> bool:
        return all(line in self._facts for line in self._content["validity"] if line.startswith(fact))


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


def _why_another(entry: Mapping[str, Any], plugin: Plugin) -> str | None:
    """Return why *entry* is not of *plugin* as it was found, in words; None if it is."""
    if entry["identity"] != identity(plugin):
        return "it was installed anew, or comes from another place"
    if entry["entry_points"] != [list(point) for point in plugin.entry_points or ()]:
        return "its entry points have changed"
    return None


def identity(plugin: Plugin) -> list[str]:
    """Return what a record is a record of: with another one it does not hold."""
    distribution = plugin.distribution
    return [
        plugin.name,
        plugin.origin or "",
        plugin.source,
        distribution.name if distribution else "",
        distribution.version if distribution else "",
    ]
