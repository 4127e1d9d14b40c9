"""A cold start: how do plugins become ready when no index says what they register?

In: settings, and the parts of a host that import plugins. Out: the plugins in their order, as a search has found them,
and a new index, when they have been recorded.
"""

from __future__ import annotations

import _thread
from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.adaptation import parse
from pegboard.entry_objects import is_distribution, offer
from pegboard.errors import PegboardError, RecordedProblem, RequiredPluginError, UnusedObjectError, describe_exception
from pegboard.importer import Journal
from pegboard.ledger import ACTIVE, FOUND, PRIMED
from pegboard.startup.journal import quarantine
from pegboard.startup.journal.one_file import OneFile
from pegboard.startup.journal.place import no_journal
from pegboard.startup.recording.encoding import add_wishes, empty_index
from pegboard.startup.recording.files import remove
from pegboard.startup.recording.original_functions import OriginalFunctions
from pegboard.startup.search import ordered, search, user_order
from pegboard.waiting_threads import watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from pegboard.early_imports import EarlyImports
    from pegboard.importer import Attribution, Importer
    from pegboard.index import Index, Settings
    from pegboard.ledger import Contribution, Ledger, Plugin, Records
    from pegboard.startup.recording.rebuild import Rebuild
    from pegboard.startup.search import Search


@dataclass(frozen=True, slots=True)
class Recording:
    """What came of recording the plugins."""

    index: Index
    save_error: str | None
    """Why the index could not be written, in words; None when it was, or is not meant to be."""


class ColdStart:
    """One start without a valid index. Any thread may ask; no lock is held while a plugin is imported."""

    def __init__(
        self,
        settings: Settings,
        attribution: Attribution,
        ledger: Ledger,
        importer: Importer,
        *,
        early: EarlyImports,
        is_recording: Callable[[], bool],
        index: Index | None,
        known: Iterable[Plugin],
        activate: Callable[[Plugin, str], bool],
        use: Callable[[Index, Sequence[Plugin]], object],
        report: Callable[[PegboardError], None],
        report_clashes: Callable[[], None],
        problems: Sequence[PegboardError],
        readers: AbstractSet[Plugin],
    ) -> None:
        """Make one that has not searched yet.

        Args:
            settings: The host's.
            attribution: Is told of the plugins that are found.
            ledger: Gets what the plugins register.
            importer: Is asked for every import from the search on.
            early: Knows the plugins that were imported before the start.
            is_recording: Returns whether plugins are put on record.
            index: The index in use, when plugins are searched for or put in order while the application runs.
            known: The plugins in use, in order; a search returns the same objects.
            activate: Imports a plugin for a reason, and returns whether it is usable.
            use: Called with a new index and the plugins, before it is written.
            report: Told of each contained fault.
            report_clashes: Called when every plugin has registered.
            problems: Every fault that was reported so far.
            readers: Plugins that have read a registry while they were imported.
        """
        self._settings = settings
        self._attribution = attribution
        self._ledger = ledger
        self._importer = importer
        self._early = early
        self._is_recording = is_recording
        self._activate = activate
        self._use = use
        self._report = report
        self._report_clashes = report_clashes
        self._problems = problems
        self._readers = readers
        self._lock = _thread.RLock()
        self._search: Search | None = None
        self._plugins = tuple(known)
        self.recording: Recording | None = None
        """What came of the last recording; None when plugins have not been recorded."""
        self._has_recorder = False  # some thread is recording, or has recorded
        self._is_disturbed = any(plugin.state == ACTIVE for plugin in self._plugins)  # not seen being imported
        self._is_first = not self._plugins  # none is in use yet
        if index is not None:
            add_wishes(index, self._plugins)

    # -- which plugins are there? -------------------------------------------------------------------------------------

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """All plugins in their order."""
        if not self._plugins:
            self.search()
        return self._plugins

    def search(self) -> Search:
        """Search for the plugins, unless that has been done, and report what is wrong with them."""
        with self._lock:
            if self._search is not None:
                return self._search
            known = self._early.plugins | {plugin.module: plugin for plugin in self._plugins}
            found = search(self._settings, known)
            self._plugins = found.plugins
            self._attribution.add_plugins(found.plugins)
            self._importer.watch()
            self._ledger.invalidate()
            self._search = found  # last: a child that is forked meanwhile searches once more
        for problem in found.problems:
            self._report(problem)
        return found

    def rescan(self) -> None:
        """Search once more; plugins that were known stay the same objects."""
        self._search = None
        self.search()
        self._offer_entry_points()

    def _offer_entry_points(self) -> None:
        """Let entry points be contributions, which need no import to be known."""
        for plugin in self.plugins:
            if is_distribution(plugin) and plugin.is_usable:
                offer(plugin, self._ledger, None)

    def reorder(self) -> None:
        """Put the plugins in order again, now that their authors' wishes are known; report what cannot be met."""
        names = user_order(self._settings) if self._search is None else self._search.user_order
        self._plugins, problems = ordered(self._plugins, names, built_in_first=self._settings.built_in_first)
        self._ledger.invalidate()
        for problem in problems:
            self._report(problem)

    # -- what do they register? ---------------------------------------------------------------------------------------

    def run(self, eager_kinds: AbstractSet[str]) -> None:
        """Make the plugins ready; the journal knows of it until that is done.

        Args:
            eager_kinds: Kinds of contributions whose plugins are imported at every start.
        """
        journal = Journal(lambda: self._settings.journal, lambda: True)
        entry = journal.begin(None, 0)
        if entry is None and self._settings.keeps_journal:
            self._report(no_journal(self._settings))
        try:
            with self._lock:
                is_mine = self._settings.is_lazy and not self._has_recorder
                self._is_disturbed = self._is_disturbed or (self._settings.is_lazy and not is_mine)
                self._has_recorder = self._has_recorder or is_mine
            with OneFile(self._importer):
                if is_mine:
                    self.record(eager_kinds)
                else:
                    if not self._settings.is_lazy:
                        self._early.settle(self.plugins)
                    self._import_all()
        finally:
            if _thread._count():  # noqa: SLF001 -- as in the manager
                watch(self._attribution.owner, self._settings.application)
            if entry is not None:
                journal.end(*entry)
        if not self._settings.left_out:
            quarantine.succeeded(self._settings.journal)

    def record(self, eager_kinds: AbstractSet[str], *, is_from_scratch: bool = False) -> None:
        """Import the plugins whose record does not hold, prime the others, and put a new index in place.

        Args:
            eager_kinds: As in `run`.
            is_from_scratch: Whether no record holds.
        """
        rebuild = self._rebuild(eager_kinds, is_from_scratch=is_from_scratch)
        self._offer_entry_points()
        rebuild.run(self.plugins)
        self.reorder()
        try:
            with OriginalFunctions():
                index = rebuild.make_index(self.plugins)
        except Exception as error:  # a plugin has replaced something that it takes to make one
            self._report(_no_index(error))
            self._import_all()
            return
        self._use(index, self.plugins)
        self._report_unused()
        self._report_clashes()
        try:
            with OriginalFunctions():
                why_not = rebuild.save(self._problems)
        except Exception as error:
            self._report(_no_index(error))
            why_not = describe_exception(error)
        self.recording = Recording(index, why_not)

    def _import_all(self) -> None:
        self._offer_entry_points()
        for plugin in self.plugins:
            if plugin.is_usable:
                self._activate(plugin, "eager")
        self.reorder()
        self._report_unused()
        self._report_clashes()

    def _report_unused(self) -> None:
        """Say which plugins register nothing, and have entry points with an object, which nobody calls."""
        if self._settings.adapter is not None:  # it may use them
            return
        objects = {
            plugin: [value for _, _, value, _ in plugin.entry_points or () if parse(value)[1]]
            for plugin in self.plugins
            if not is_distribution(plugin)
        }
        named = [plugin for plugin, values in objects.items() if values and plugin.is_usable]
        ledger = self._ledger
        owners = {row.owner for kind in ledger.kinds() for row in ledger.contributions(kind)} if named else set()
        for plugin in named:
            if plugin not in owners:
                values = ", ".join(f"{plugin.module}:{parse(value)[1]}" for value in objects[plugin])
                self._report(UnusedObjectError(plugin.name, str(plugin.distribution or ""), values, plugin.origin))

    def record_alone(self, plugin: Plugin, eager_kinds: AbstractSet[str]) -> None:
        """Import *plugin*, and make a record and an index of it as `record` does; neither is written or used."""
        rebuild = self._rebuild(eager_kinds, is_from_scratch=True)
        rebuild.run([plugin])
        self.reorder()
        rebuild.make_index([plugin])

    def _rebuild(self, eager_kinds: AbstractSet[str], *, is_from_scratch: bool) -> Rebuild:
        from pegboard.startup.recording.rebuild import Rebuild  # an eager start records nothing

        found = self.search()
        early = self._early.settle(found.plugins) if self._is_first else []
        return Rebuild(
            self._settings,
            found,
            self._attribution,
            self._ledger,
            self._importer,
            activate=self._activate,
            eager_kinds=eager_kinds,
            early=early,
            is_disturbed=lambda: self._is_disturbed or not self._is_recording(),
            readers=self._readers,
            is_from_scratch=is_from_scratch,
        )


def _no_index(error: BaseException) -> PegboardError:
    cause = f"the index could not be made, so that the next start is slow: {describe_exception(error)}"
    return RecordedProblem("index-unwritable", cause, "a plugin may have replaced what it takes to make one")


def check_required(names: Sequence[str], named: Callable[[str], Plugin | None]) -> None:
    """Raise if a plugin that the application cannot do without is unusable.

    Args:
        names: The plugins that it requires.
        named: Returns the plugin of a name.

    Raises:
        RequiredPluginError: For the first such plugin.
    """
    for name in names:
        plugin = named(name)
        if plugin is None:
            raise RequiredPluginError(name, "", "it is not installed")
        if not plugin.is_usable:
            owner, reason = str(plugin.distribution or ""), plugin.reason or "it is not usable"
            raise RequiredPluginError(name, owner, reason, plugin.origin) from plugin.error


def raise_problems(application: str, found: Sequence[PegboardError]) -> None:
    """Raise what was *found*, as strict mode wants it, but for what is harmless.

    Raises:
        PegboardError: The one that there is.
        ExceptionGroup: Of all of them, if there are several.
    """
    problems = [problem for problem in found if not problem.is_quiet]
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ExceptionGroup(f"the plugins of {application} have problems", problems)


def drop_damaged(records: Records) -> None:
    """Remove the file of *records*, which is damaged; they are empty then, and no plugin is primed."""
    for plugin in records.known_plugins.values():
        if plugin.state == PRIMED:
            plugin.state = FOUND
    remove(records.index.path)
    records.replace(empty_index())


def activate_all(contributions: Iterable[Contribution], activate: Callable[[Plugin, Contribution], bool]) -> None:
    """Import the owner of each primed contribution of *contributions*."""
    for contribution in contributions:
        if contribution.is_primed and contribution.owner.is_usable:
            activate(contribution.owner, contribution)
