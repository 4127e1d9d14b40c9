"""The plugin manager: which plugins does this process have, and are they ready?

In: settings. Out: plugins, and what they registered, from the index if that holds, or by a cold start.

Hot: each start loads this file. With a valid index nothing is searched and nothing imported; all else is in `startup`.
"""

import _thread
import os
import sys
from _weakref import ref

from pegboard.index import read, why_invalid

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from typing import Any, Final

    from pegboard.errors import PegboardError
    from pegboard.importer import Attribution, Importer
    from pegboard.index import Index, Settings
    from pegboard.ledger import Contribution, Ledger, Plugin, Records
    from pegboard.startup.cold_start import ColdStart, Recording
    from pegboard.startup.search import Search

NEW: "Final" = "new"
STARTING: "Final" = "starting"
READY: "Final" = "ready"


class PluginManager:
    """The plugins of one host in this process. Any thread may ask; no lock is held while a plugin is imported."""

    def __init__(
        self,
        settings: "Settings",
        *,
        report: "Callable[[PegboardError], None]",
        report_clashes: "Callable[[], None]",
        end_failed: "Callable[[Plugin], None]",
        problems: "Sequence[PegboardError]",
    ) -> None:
        """Make a manager that knows no plugin yet.

        Args:
            settings: What the application's author said.
            report: Told of each contained fault.
            report_clashes: Called when every plugin has registered: reports names that several plugins claim.
            end_failed: Called with a plugin whose import has failed: ends what the import has opened.
            problems: Every fault that was reported so far.
        """
        self.settings: Settings = settings
        self.why_not_used: str | None = None
        """Why the index on disk could not be used as it was, in words; None when it could."""
        self._report = report
        self._report_clashes = report_clashes
        self._end_failed = end_failed
        self._problems = problems
        self._lock = _thread.RLock()
        self._finder: Any = finder_of(self)
        self._parts: tuple[Attribution, Ledger, Importer] | None = None
        self._index: Index | None = None
        self._records: Records | None = None
        self._plugins: tuple[Plugin, ...] | None = None  # those of the index, once somebody has asked
        self._cold_start: ColdStart | None = None  # None as long as the index holds
        self._eager_kinds = {"middleware"}
        self._journal: str | None = None  # its folder, once earlier entries have been looked at
        self._starting: set[int] = set()  # threads that are making the plugins ready
        self._is_ready = False

    @property
    def state(self) -> str:
        """`new`, `starting`, or `ready`: whether the plugins have been made ready."""
        return READY if self._is_ready else STARTING if self._starting else NEW

    def configure(self, **changes: "Any") -> None:
        """Change settings before the plugins are found; see `Settings.replace`.

        Raises:
            HostError: If the plugins have been found already.
        """
        if self._index is not None or self._cold_start is not None:
            from pegboard.errors import HostError

            raise HostError("the plugins have been found already", "change settings before the host is first used")
        self.settings = self.settings.replace(**changes)

    @property
    def is_strict(self) -> bool:
        """Whether faults are raised: the author says so, or else the user."""
        if self.settings.strict is not None:
            return self.settings.strict
        if self._cold_start is not None:
            return self._cold_start.search().is_strict
        return self._index is not None and self._index.head["Q"] == [["1"]]

    # -- the parts that a start may do without ------------------------------------------------------------------------

    @property
    def attribution(self) -> "Attribution":
        """What knows which plugin's code is running."""
        return (self._parts or self._make_parts())[0]

    @property
    def ledger(self) -> "Ledger":
        """The table of all contributions, made at the first use: to list names, the index is enough."""
        return (self._parts or self._make_parts())[1]

    @property
    def importer(self) -> "Importer":
        """What imports plugins."""
        return (self._parts or self._make_parts())[2]

    def _make_parts(self) -> "tuple[Attribution, Ledger, Importer]":
        with self._lock:
            if self._parts is None:
                from pegboard.importer import Attribution, Importer, Journal
                from pegboard.ledger import Ledger

                attribution = Attribution(self.settings.application)
                ledger = Ledger(attribution.registering)
                importer = Importer(
                    attribution,
                    ledger,
                    Journal(lambda: self._journal or "", lambda: bool(self._starting)),
                    self,
                    finder=self._finder,
                    prefix=self.settings.prefix,
                    namespace=self._namespace,
                )
                self._parts = attribution, ledger, importer
                self._use_records()
            return self._parts

    def _use_records(self) -> "Records | None":
        """Let every part use the records of the index, if one is in use; return the records."""
        with self._lock:
            if self._records is None and self._index is not None:
                from pegboard.ledger import Records

                self._records = Records(self._index, self._recover)
            if self._parts is not None:
                self._parts[0].use(self._records)
                self._parts[1].prime(self._records)
            return self._records

    def _namespace(self) -> "tuple[str, Iterable[str], str | None] | None":
        if self._records is None or self._cold_start is not None:  # a search extends the namespace itself
            return None
        portions, init = self._records.namespace()
        return self.settings.application, portions, init

    @property
    def index(self) -> "Index | None":
        """The index in use; None when every plugin is imported at the start, or before the start."""
        return self._index

    def texts(self, kind: str) -> "tuple[str, ...]":
        """Return the text of every contribution of *kind* once, in order."""
        if self._parts is None and self._index is not None:
            try:
                return self._index.texts(kind)
            except Exception as error:
                from pegboard.errors import UnusableIndexError

                if not isinstance(error, UnusableIndexError):
                    raise  # else the records notice, too, and replace the index
        return self.ledger.texts(kind)

    # -- plugins ------------------------------------------------------------------------------------------------------

    @property
    def plugins(self) -> "tuple[Plugin, ...]":
        """All plugins in their order, disabled and broken ones included."""
        self._check_journal()
        if self._cold_start is None and self.settings.is_lazy and self._use_index():
            if self._plugins is None:
                records = self._records or self._use_records()
                self._plugins = None if records is None else records.plugins()
            return self._plugins or ()
        return self._cold().plugins

    def named(self, name: str) -> "Plugin | None":
        """Return the plugin of that name; None when there is none."""
        if self._cold_start is None and self._index is not None:
            records = self._records or self._use_records()
            return None if records is None else records.plugin_named(name)
        return next((plugin for plugin in self.plugins if plugin.name == name), None)

    def activate(self, plugin: "Plugin", reason: "str | Contribution" = "") -> bool:
        """Import *plugin*; return False, with the fault reported and kept on the plugin, when that fails."""
        from pegboard.errors import PluginError

        try:
            self.importer.activate(plugin, reason)
        except PluginError:
            return False
        return True

    def activate_at_start(self, kind: str) -> None:
        """Import plugins that contribute to *kind* at every start, and now if the start is over."""
        if kind not in self._eager_kinds:
            self._eager_kinds.add(kind)
            if self._is_ready:
                for row in self.ledger.rows(kind):
                    if row.is_primed and row.owner.is_usable:
                        self.activate(row.owner, row)

    def imported(self, plugin: "Plugin", batch: "Sequence[Contribution]") -> None:
        """Compare what a plugin has just registered with its record, and refresh the record if they differ."""
        slow_after = self.settings.slow_after
        if self._suspects() or (slow_after is not None and (plugin.cost_ms or 0) > slow_after * 1000):
            from pegboard.startup.journal.quarantine import survived

            survived(plugin, self._suspects(), self._journal or "", slow_after, self._report)
        if self._records is not None and not self._records.is_as_recorded(plugin, batch):
            from pegboard.startup.cold_start import refresh

            self.ledger.mark_diverged()
            refresh(self._records.index.path, plugin, batch)

    def _suspects(self) -> "Sequence[Sequence[str]]":
        """Return the module of each plugin that has crashed, and may be imported nevertheless."""
        if self._cold_start is not None:
            return self._cold_start.search().suspects
        return () if self._index is None else self._index.head.get("K", ())

    def import_failed(self, plugin: "Plugin", error: BaseException, seconds: float) -> None:
        """End what the import of *plugin* has opened, and report *error*."""
        self._end_failed(plugin)
        from pegboard.errors import PegboardError

        if isinstance(error, PegboardError):
            self._report(error)
        else:
            from pegboard.startup.journal.quarantine import interrupted

            interrupted(
                plugin,
                error,
                seconds,
                journal=self._journal or "",
                slow_after=self.settings.slow_after,
                report=self._report,
            )

    def find_spec(self, fullname: str, path: "Any" = None, target: "Any" = None) -> "ModuleSpec | None":
        """Return the spec of a plugin, see `Importer.find_spec`; the importer is made when a plugin is imported."""
        importer = None if self._parts is None else self._parts[2]
        if importer is None or not importer.is_watching:
            if not fullname.startswith(f"{self.settings.application}.plugins") and (
                self._index is None or self._index.packages.isdisjoint((fullname, fullname.rpartition(".")[0]))
            ):
                return None
            importer = self.importer
            importer.prepare()
        return importer.find_spec(fullname, path, target)

    # -- starting -----------------------------------------------------------------------------------------------------

    def start(self) -> bool:
        """Make the plugins ready, and return whether this call did; nothing happens when they are.

        Raises:
            RequiredPluginError: If a required plugin cannot be used.
        """
        if self._is_ready:
            return False
        if _thread.get_ident() in self._starting:  # a plugin, while imported, reads a registry
            return False
        self._check_journal()
        self._starting.add(_thread.get_ident())
        try:
            if self._cold_start is None and self.settings.is_lazy and self._use_index() and self._index is not None:
                self._start_warm(self._index)
            else:
                self._cold().run(self._eager_kinds)
            if self.settings.required:
                from pegboard.startup.cold_start import check_required

                check_required(self.settings.required, self.named)
        finally:
            self._starting.discard(_thread.get_ident())
        self._is_ready = True
        return True

    def start_without_plugins(self) -> None:
        """Search for the plugins, and be ready without importing any; one that is imported later counts then."""
        self.search()
        self._is_ready = True

    def _check_journal(self) -> None:
        """Look, once, whether earlier processes died while they imported a plugin: then the journal has entries."""
        if self._journal is None:
            self._journal = self.settings.journal
            try:
                entries = os.listdir(self._journal) if self._journal else ()
            except OSError:  # there has never been a journal
                return
            if entries:
                from pegboard.startup.journal.check import check_journal

                left_out = check_journal(self.settings, self._report)
                self.settings = self.settings.replace(left_out=(*self.settings.left_out, *left_out))

    def _use_index(self) -> bool:
        """Use the index on disk if it holds; return whether an index is in use."""
        with self._lock:
            if self._index is not None:
                return True
            if self._cold_start is not None:
                return False
            facts = self.settings.facts()
            path = self.settings.index_path_for(facts)
            if path is None:
                self.why_not_used = "there is no place for an index"
                return False
            try:
                index = read(path)
                self.why_not_used = why_invalid(index, facts, os.environ)
                if self.why_not_used is None and ("B" in index.head or not index.packages.isdisjoint(sys.modules)):
                    from pegboard.startup.recording.early import why_invalid_for_early

                    self.why_not_used = why_invalid_for_early(index)
            except Exception as error:
                from pegboard.errors import UnusableIndexError

                if not isinstance(error, UnusableIndexError):
                    raise
                self.why_not_used = str(error)
            if self.why_not_used is not None:
                return False
            self._index = index
            if self._parts is not None:
                self._use_records()
        return True

    def _start_warm(self, index: "Index") -> None:
        if not index.packages.isdisjoint(sys.modules) and (records := self._use_records()) is not None:
            from pegboard.startup.recording.early import early_plugins, mark_active

            for plugin in early_plugins(records):
                mark_active(plugin, self.ledger)
        for problem in index.head.get("W", ()):
            from pegboard.errors import RecordedProblem

            self._report(RecordedProblem(*problem))
        for (module,) in index.head.get("G", ()):
            eager = self.attribution.plugin(module)
            if eager is not None:
                self.activate(eager, "eager")
        sys.meta_path.insert(0, self._finder)

    # -- a start without a valid index --------------------------------------------------------------------------------

    def _cold(self, known: "Mapping[str, Plugin] | None" = None) -> "ColdStart":
        with self._lock:
            if self._cold_start is None:
                from pegboard.startup.cold_start import ColdStart

                self._cold_start = ColdStart(
                    self.settings,
                    self.attribution,
                    self.ledger,
                    self.importer,
                    activate=self.activate,
                    use=self._use_new_index,
                    report=self._report,
                    report_clashes=self._report_clashes,
                    problems=self._problems,
                    known=known,
                )
            return self._cold_start

    def _use_new_index(self, index: "Index", plugins: "Sequence[Plugin]") -> None:
        with self._lock:
            self._index, self._records = index, None
            records = self._use_records()
            if records is not None:
                records.replace(index, plugins)

    def search(self) -> "Search":
        """Search for the plugins, and report what is wrong with them, unless that has been done."""
        self._check_journal()
        return self._cold().search()

    def rescan(self) -> None:
        """Search once more; plugins that were known stay the same objects."""
        if self._cold_start is None:
            self._cold({plugin.module: plugin for plugin in self._with_wishes()}).search()
        else:
            self._cold_start.rescan()

    def reorder(self) -> None:
        """Put the plugins in order again, since their authors' wishes may have changed; report what cannot be met."""
        if self._cold_start is not None:
            self._cold_start.reorder()
            return
        from pegboard.startup.search import ordered, user_order

        built_in_first = self.settings.built_in_first
        self._plugins, problems = ordered(self._with_wishes(), user_order(self.settings), built_in_first=built_in_first)
        self.ledger.invalidate()
        for problem in problems:
            self._report(problem)

    def _with_wishes(self) -> "tuple[Plugin, ...]":
        """Return the plugins of the index, those that have not been imported with their recorded wishes."""
        from pegboard.startup.recording.encoding import add_wishes

        plugins = self.plugins
        if self._index is not None:
            add_wishes(self._index, plugins)
        return plugins

    def record_anew(self) -> "Recording":
        """Import and record every plugin, whatever is on record, and put a new index in place.

        Raises:
            HostError: If the plugins are in use already.
        """
        if self._is_ready:
            from pegboard.errors import HostError

            raise HostError("the plugins are in use already", "record them before the host is first used")
        self._check_journal()
        self._starting.add(_thread.get_ident())
        try:
            recording = self._cold().record(self._eager_kinds, is_from_scratch=True)
        finally:
            self._starting.discard(_thread.get_ident())
        self._is_ready = True
        return recording

    def _recover(self, damaged: "Index") -> None:
        """Replace the index in use, which turns out to be *damaged*."""
        with self._lock:
            records = self._records
            if records is None or records.index is not damaged:  # another thread has done it
                return
            from pegboard.startup.cold_start import drop_damaged

            self.why_not_used = "the index is damaged"
            known = records.known_plugins
            drop_damaged(damaged, known.values())
            self._index = self._records = self._cold_start = None
            self._use_records()
            cold_start = self._cold(known)
        cold_start.record(self._eager_kinds, is_from_scratch=True)
        records.replace(self._index or damaged, self.plugins)  # whoever has asked it asks it once more


def _find_spec(fullname: str, path: "Any" = None, target: "Any" = None, manager: "Any" = None) -> "ModuleSpec | None":
    known = manager()
    return None if known is None else known.find_spec(fullname, path, target)


def finder_of(manager: "Any") -> "Any":
    """Return what stands for *manager* on `sys.meta_path`, and keeps neither it nor this module alive.

    That list lives until the very end of the interpreter, with all that can be reached from it, and what is alive by
    then is taken apart piece by piece, for 1 % of a bare start. Hence the weak reference, and a function that knows no
    names of its module.
    """
    function: Any = type(_find_spec)
    namespace: Any = type(sys.implementation)  # that is `types.SimpleNamespace`
    return namespace(find_spec=function(_find_spec.__code__, {}, "find_spec", (None, None, ref(manager))))
