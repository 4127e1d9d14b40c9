"""The evidence: the plugins as a new search finds them, and everything that is installed, each read once."""

from __future__ import annotations

import csv
import os
from functools import cached_property
from typing import TYPE_CHECKING

from pegboard.errors import UnusableIndexError
from pegboard.index import read, why_invalid
from pegboard.startup.discovery import finders
from pegboard.startup.discovery.application import Application
from pegboard.startup.discovery.distributions import installed, normalise, without_stale
from pegboard.startup.discovery.file_system import Files
from pegboard.startup.discovery.owners import Owners
from pegboard.startup.journal.check import check_journal
from pegboard.startup.journal.place import with_journal
from pegboard.startup.recording.encoding import content_of
from pegboard.startup.recording.notes import Notes
from pegboard.startup.search import search

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from pegboard.errors import PegboardError
    from pegboard.host import Host
    from pegboard.index import Settings
    from pegboard.ledger import Plugin
    from pegboard.startup.discovery import Discovery
    from pegboard.startup.discovery.distributions import Installed
    from pegboard.tools.doctor.finding import Finding


class Evidence:
    """What the checks look at, and what they have found so far."""

    def __init__(self, host: Host, commands: str) -> None:
        """Search for the plugins of *host*, which is not started, and collect the problems of that search.

        Args:
            host: The application's host.
            commands: How the user calls the `plugins` commands, e.g. `notes plugins`.
        """
        self.host: Host = host
        self.commands: str = commands
        """How the user calls the `plugins` commands."""
        self.problems: list[PegboardError] = []
        """What the search has reported."""
        self.settings: Settings = with_journal(host.settings, makes_it=False)
        """Those of the host, with a folder for the journal."""
        check_journal(self.settings, self.problems.append)  # safe mode or not: nothing is imported here
        found = search(self.settings, {})
        self.problems += found.problems
        self.discovery: Discovery = found.discovery
        self.plugins: Sequence[Plugin] = found.plugins
        """All plugins in their order."""
        self.files: Files = Files()
        self.entries: Sequence[str] = finders.path_entries()
        everything = installed(self.entries, self.files)
        self.installed: Sequence[Installed] = without_stale(everything)[0]
        """Every distribution once."""
        self.owners: Owners = Owners(host.name, everything, self.files, host.settings.namespace)
        self.findings: list[Finding] = []
        """The findings of the checks that have run."""

    def is_reported(self, code: str, text: str) -> bool:
        """Whether a finding says this already; *text* may include its cause."""
        return any(
            found.code == code and text in (found.what, f"{found.what}: {found.cause}") for found in self.findings
        )

    # -- plugins ------------------------------------------------------------------------------------------------------

    def plugin(self, name: str) -> Plugin | None:
        """Return the plugin of that name."""
        return next((plugin for plugin in self.plugins if plugin.name == name), None)

    def plugin_of_file(self, path: str) -> Plugin | None:
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
        """The files of plugins that are reported as installed twice."""
        names = {found.plugin for found in self.findings if found.code == "plugin-duplicate"}
        return {plugin.origin for plugin in self.plugins if plugin.name in names and plugin.origin}

    # -- distributions ------------------------------------------------------------------------------------------------

    @cached_property
    def by_key(self) -> Mapping[str, Installed]:
        """Every distribution by its normalised name."""
        return {item.key: item for item in self.installed}

    @cached_property
    def with_plugins(self) -> Mapping[str, tuple[Installed, list[Plugin]]]:
        """The distributions of all plugins, built-in ones included, with these, by normalised name."""
        found: dict[str, tuple[Installed, list[Plugin]]] = {}
        for plugin in self.plugins:
            item = self.by_key.get(normalise(plugin.distribution.name)) if plugin.distribution else None
            if item is not None:
                found.setdefault(item.key, (item, []))[1].append(plugin)
        return dict(sorted(found.items()))

    @cached_property
    def application_key(self) -> str:
        """The normalised name of the application's distribution; empty when nobody has installed it."""
        owner = Application(self.host.name, self.owners, self.files, self.settings.namespace).owner
        return owner.installed.key if owner is not None else ""

    @cached_property
    def with_application(self) -> Mapping[str, tuple[Installed, list[Plugin]]]:
        """As `with_plugins`, and the application's distribution, which may have no plugins."""
        found = dict(self.with_plugins)
        if self.application_key in self.by_key:
            found.setdefault(self.application_key, (self.by_key[self.application_key], []))
        return found

    def plugins_of(self, key: str) -> list[Plugin]:
        """Return the plugins of the distribution of that normalised name."""
        return self.with_plugins[key][1] if key in self.with_plugins else []

    def blame(self, item: Installed) -> int:
        """Return how likely *item* is at fault, if it is one of two that claim a file: the application is not."""
        if item.key in (self.application_key, "pegboard"):
            return 0
        return 2 if item.key in self.with_plugins else 1

    def files_of(self, item: Installed, *, outside: bool = False) -> Iterator[tuple[str, str]]:
        """Yield absolute path and hash of each file that the `RECORD` of *item* lists.

        Args:
            item: A distribution.
            outside: Whether files outside its directory count, too: programs and data.
        """
        for row in csv.reader(item.read("RECORD").splitlines()):
            is_outside = bool(row) and row[0].startswith(("..", "/"))
            if row and row[0] and (outside or not is_outside) and not row[0].endswith(".pyc"):
                yield os.path.normpath(os.path.join(item.base, row[0])), row[1] if len(row) > 1 else ""

    @cached_property
    def installed_files(self) -> Mapping[str, Sequence[tuple[Installed, str]]]:
        """Every file that an installer has recorded, with each distribution that lists it and the hash there."""
        found: dict[str, list[tuple[Installed, str]]] = {}
        for item in self.installed:
            if not item.is_egg:
                for path, digest in self.files_of(item, outside=True):
                    found.setdefault(path, []).append((item, digest))
        return found

    # -- records ------------------------------------------------------------------------------------------------------

    @cached_property
    def index_path(self) -> str | None:
        """The path of the index, which need not exist."""
        return self.host.settings.index_path()

    @cached_property
    def _index(self) -> tuple[Mapping[str, Any], str | None]:
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
        """The content of the index, valid or not; empty when it cannot be read."""
        return self._index[0]

    @property
    def index_problem(self) -> str | None:
        """Why the index on disk is not used, in words; None when it is used, or when there is none."""
        return self._index[1]

    @property
    def has_valid_index(self) -> bool:
        """Whether there is an index that is used."""
        return bool(self.content) and self.index_problem is None

    def record(self, plugin: Plugin) -> Mapping[str, Any] | None:
        """Return the record of *plugin*, valid or not; None when there is none."""
        entry = self.content.get("plugins", {}).get(plugin.module)
        return entry["record"] if entry else None

    @cached_property
    def notes(self) -> Notes:
        """The notes of the last recording."""
        return Notes.beside(self.index_path or "")
