"""What the checks look at: the plugins as they are found afresh, and everything that is installed, read once."""

from __future__ import annotations

import csv
import os
from functools import cached_property
from typing import TYPE_CHECKING

from pegboard.errors import UnusableIndexError
from pegboard.index import read, why_invalid
from pegboard.startup.discovery import finders
from pegboard.startup.discovery.distributions import installed, normalise, without_stale
from pegboard.startup.discovery.file_system import Files
from pegboard.startup.discovery.owners import Owners
from pegboard.startup.journal.check import check_journal
from pegboard.startup.recording.encoding import content_of
from pegboard.startup.recording.notes import Notes
from pegboard.startup.search import search

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from pegboard.errors import PegboardError
    from pegboard.host import Host
    from pegboard.ledger import Plugin
    from pegboard.startup.discovery import Discovery
    from pegboard.startup.discovery.distributions import Installed
    from pegboard.tools.doctor.finding import Finding


class Examination:
    """One look at everything; no plugin is imported for it."""

    def __init__(self, host: Host) -> None:
        """Search for the plugins of *host*, which has not been started, and take all problems that this brings up."""
        self.host: Host = host
        self.problems: list[PegboardError] = []
        """What the search has reported."""
        check_journal(host.settings, self.problems.append)  # safe mode or not: nothing is imported that could fail
        found = search(host.settings, {})
        self.problems += found.problems
        self.found: Discovery = found.discovery
        self.plugins: Sequence[Plugin] = found.plugins
        """All plugins in their order."""
        self.files: Files = Files()
        self.entries: Sequence[str] = finders.path_entries()
        everything = installed(self.entries, self.files)
        self.installed: Sequence[Installed] = without_stale(everything)[0]
        """Every distribution once."""
        self.owners: Owners = Owners(host.name, everything, self.files)
        self.findings: list[Finding] = []
        """What the checks before this one have found."""

    # -- plugins ------------------------------------------------------------------------------------------------------

    def named(self, name: str) -> Plugin | None:
        """Return the plugin of that name."""
        return next((plugin for plugin in self.plugins if plugin.name == name), None)

    def owner_of(self, path: str) -> Plugin | None:
        """Return the plugin that the file *path* belongs to."""
        real = os.path.realpath(path)
        for plugin in self.plugins:
            if plugin.origin is None:
                continue
            origin = os.path.realpath(plugin.origin)
            is_package = os.path.basename(origin).startswith("__init__.")
            if real == origin or (is_package and real.startswith(os.path.dirname(origin) + os.sep)):
                return plugin
        return None

    @property
    def duplicates(self) -> set[str]:
        """The files of plugins that are known to be brought twice."""
        names = {found.plugin for found in self.findings if found.code == "plugin-duplicate"}
        return {plugin.origin for plugin in self.plugins if plugin.name in names and plugin.origin}

    @property
    def commands(self) -> str:
        """How the user calls the `plugins` commands."""
        return f"{self.host.name} plugins"

    # -- distributions ------------------------------------------------------------------------------------------------

    @cached_property
    def by_key(self) -> Mapping[str, Installed]:
        """Every distribution by its normalised name."""
        return {item.key: item for item in self.installed}

    @cached_property
    def concerned(self) -> Mapping[str, tuple[Installed, list[Plugin]]]:
        """The distributions that plugins come from, built-in ones included, by normalised name."""
        found: dict[str, tuple[Installed, list[Plugin]]] = {}
        for plugin in self.plugins:
            item = self.by_key.get(normalise(plugin.distribution.name)) if plugin.distribution else None
            if item is not None:
                found.setdefault(item.key, (item, []))[1].append(plugin)
        return dict(sorted(found.items()))

    def recorded(self, item: Installed) -> Iterator[tuple[str, str]]:
        """Yield absolute path and hash of each file that the `RECORD` of *item* has below its own directory."""
        for row in csv.reader(item.read("RECORD").splitlines()):
            if row and row[0] and not row[0].startswith(("..", "/")) and not row[0].endswith(".pyc"):
                yield os.path.normpath(os.path.join(item.base, row[0])), row[1] if len(row) > 1 else ""

    @cached_property
    def brought(self) -> Mapping[str, Sequence[tuple[Installed, str]]]:
        """Every file that an installer has recorded, with each distribution that brought it, and its hash there."""
        found: dict[str, list[tuple[Installed, str]]] = {}
        for item in self.installed:
            if not item.is_egg:
                for path, digest in self.recorded(item):
                    found.setdefault(path, []).append((item, digest))
        return found

    # -- records ------------------------------------------------------------------------------------------------------

    @cached_property
    def index_path(self) -> str | None:
        """Where the index is, or would be."""
        return self.host.settings.index_path

    @cached_property
    def _looked(self) -> tuple[Mapping[str, Any], str | None]:
        path = self.index_path
        if path is None or not os.path.lexists(path):
            return {}, None
        try:
            index = read(path)
            content = content_of(index)
        except (UnusableIndexError, ValueError) as error:
            return {}, str(error)
        return content, why_invalid(index, self.host.settings.facts(), os.environ)

    @property
    def content(self) -> Mapping[str, Any]:
        """What the index holds, whether it is valid or not; empty when there is none that can be read."""
        return self._looked[0]

    @property
    def objection(self) -> str | None:
        """Why the index on disk is not used, in words; None when it is, or when there is none."""
        return self._looked[1]

    @property
    def has_valid_index(self) -> bool:
        """Whether what is recorded still holds."""
        return bool(self.content) and self.objection is None

    def record(self, plugin: Plugin) -> Mapping[str, Any] | None:
        """Return what is recorded of *plugin*, valid or not; None when nothing is."""
        entry = self.content.get("plugins", {}).get(plugin.module)
        return entry["record"] if entry else None

    @cached_property
    def notes(self) -> Notes:
        """What was noted at the last recording."""
        return Notes.beside(self.index_path or "")
