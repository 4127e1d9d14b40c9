"""The plugin manager and its registries: which plugins are there, are they ready, and what did they register by name?

In: settings. Out: plugins and their contributions, from the index if that holds, or by a cold start.

Hot: each start loads this file. With a valid index nothing is searched and nothing imported; all else is in `startup`.
The manager and `Registry` share a file, since one more would cost every start half a percent; see
`benchmarks/README.md`.
"""

import _thread
import os
import sys
from _weakref import ref

from pegboard.index import deferred, load, read, why_invalid

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from typing import Any, Final, TypeVar

    from pegboard.early_imports import EarlyImports
    from pegboard.errors import PegboardError
    from pegboard.importer import Attribution, Importer
    from pegboard.index import Index, Settings
    from pegboard.ledger import Contribution, Ledger, Plugin, Records
    from pegboard.manager_methods import ManagerMethods
    from pegboard.registry_methods import RegistryMethods
    from pegboard.startup.cold_start import ColdStart

    T = TypeVar("T")
else:
    T = None
    ManagerMethods = object
    RegistryMethods = {T: object}

NEW: "Final" = "new"
STARTING: "Final" = "starting"
READY: "Final" = "ready"


class PluginManager(ManagerMethods):
    """The plugins of one host in this process. Any thread may ask; no lock is held while a plugin is imported."""

    def __init__(
        self,
        settings: "Settings",
        host: "Any",
        *,
        own: str = "",
        place: str = "",
    ) -> None:
        """Make a manager that knows no plugin yet.

        Args:
            settings: What the application's author said.
            host: The host: it is told of faults and of plugins whose import has failed, and decides who has a name.
            own: The package that makes the host; it is the application's, whatever it is called.
            place: The file and the line in which the host is made.
        """
        self.settings: Settings = settings
        self.state: str = NEW
        """`new`, `starting`, or `ready`: whether the plugins have been made ready."""
        self.why_not_used: str | None = None
        """Why the index on disk could not be used as it was, in words; None when it could."""
        self._host = host
        self._lock = _thread.RLock()
        self._finder: Any = finder_of(self)
        sys.meta_path.insert(0, self._finder)
        self._own = own
        self._is_asked = False  # somebody has seen the plugins
        self._early: EarlyImports | None = None
        self._has_only_searched = False  # then nobody imports plugins in their order
        self.is_recording: bool = True
        """Whether what plugins register is put on record: not where several hosts share plugins, for instance."""
        self.registries: Mapping[str, Registry[Any]] = {}
        """The registries of the host, by name."""
        self.is_closed: bool = False
        """Whether the host has been closed, so that another one of its name replaces it."""
        self.after_import: Callable[[Plugin], None] | None = None
        """Called with each plugin that has been imported; see `hooks.announcements`."""
        self.others: list[Any] = []
        """References to other hosts of the same application."""
        self.place: str = place
        """The file and the line in which the host was made."""
        self._parts: tuple[Attribution, Ledger, Importer] | None = None
        self.index: Index | None = None
        """The index in use; None when every plugin is imported at the start, or before the start."""
        self._records: Records | None = None
        self._plugins: tuple[Plugin, ...] | None = None  # those of the index, once somebody has asked
        self._known: Sequence[Plugin] = ()  # those in use when the index turned out to be damaged
        self._cold_start: ColdStart | None = None  # None as long as the index holds
        self._looked_for: str | None = None  # the path of the index that was looked for last
        self._eager_kinds = {"middleware"}
        self.journal: str | None = None
        """The folder of the journal, once earlier entries have been looked at; empty if none is kept."""
        self._starting: set[int] = set()  # threads that are making the plugins ready

    def configure(self, **changes: "Any") -> None:
        """Change settings before the plugins are found; see `Settings.replace`.

        Raises:
            HostError: If the plugins have been found already.
        """
        if self.state != NEW or self._is_asked:
            from pegboard.errors import HostError

            raise HostError("the plugins have been found already", "change settings before the host is first used")
        if self.index is not None or self._cold_start is not None:  # found to import one of them
            self._forget_plugins()
        self.settings = self.settings.replace(**changes)
        if self._parts is not None:
            self._parts[2].adapter = self.settings.adapter

    @property
    def is_strict(self) -> bool:
        """Whether faults are raised: the author says so, or else the user."""
        if self.settings.strict is not None:
            return self.settings.strict
        if self.index is not None:
            return self.index.head["Q"] == [["1"]]
        return self._cold_start is not None and self._cold_start.search().is_strict

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
                load("ledger", "importer")
                from pegboard.importer import make_parts

                self._parts = make_parts(self, self._own, self._finder, STARTING)
                self._use_records()
            return self._parts

    def _use_records(self, index: "Index | None" = None, plugins: "Iterable[Plugin]" = ()) -> "Records | None":
        """Let every part use the records of the index in use, and return them; None when there is no index.

        Args:
            index: A new index to use from now on.
            plugins: The objects that the plugins of a new index have in this process.
        """
        with self._lock:
            used = self.index if index is None else index
            if used is not None and (index is not None or self._records is None):
                from pegboard.ledger import Records

                records = Records(used, self)
                # before anybody reads them: a plugin is one object
                records.replace(used, plugins if plugins or self._early is None else self._early.plugins.values())
                self.index, self._records = used, records
            if self._parts is not None:
                self._parts[0].use_records(self._records)
                self._parts[1].prime(self._records)
            return self._records

    def texts(self, kind: str) -> "tuple[str, ...]":
        """Return the text of every contribution of *kind* once, in order."""
        if self._parts is None and self.index is not None:
            try:
                return self.index.texts(kind)
            except Exception:  # noqa: S110 -- it is damaged: the records notice that, too, and replace it
                pass
        return self.ledger.texts(kind)

    # -- plugins ------------------------------------------------------------------------------------------------------

    def imported(  # noqa: C901 -- one more function would cost each run
        self, plugin: "Plugin", batch: "Sequence[Contribution]"
    ) -> None:
        """Compare what a plugin has just registered with its record, and refresh the record if they differ."""
        if self.after_import is not None:
            self.after_import(plugin)
        slow_after = self.settings.slow_after
        suspects: Sequence[Sequence[str]] = ()  # modules of plugins that have crashed before
        if self.index is not None:
            suspects = self.index.head.get("K", ())
        elif self._cold_start is not None:
            suspects = self._cold_start.search().suspects
        if suspects or (slow_after is not None and (plugin.cost_ms or 0) > slow_after * 1000):
            from pegboard.startup.journal.quarantine import survived

            survived(plugin, suspects, self.journal or "", slow_after, self._host.report)
        records = self._records
        if records is None:
            return
        if _thread._count():  # noqa: SLF001 -- as `threading.active_count` would count, which few have loaded
            from pegboard.waiting_threads import watch

            watch(self.attribution.owner, self.settings.application)
        try:
            if records.is_as_recorded(plugin, batch):
                if plugin in self.ledger.readers and not (plugin.eager or plugin.is_lazy_by_author):
                    from pegboard.startup.recording.amendment import note_reader

                    note_reader(records.index.path, plugin)
                return
        except Exception:  # noqa: S110 -- its record does not fit
            pass
        self.ledger.mark_diverged()
        if self.is_recording:
            try:
                from pegboard.startup.recording.amendment import drop_drifted

                drop_drifted(records.index.path, plugin)
            except Exception:  # noqa: S110 -- a plugin has hidden what this needs: the next start sees to it
                pass

    def find_spec(self, fullname: str, path: "Any" = None, target: "Any" = None) -> "ModuleSpec | None":
        """Return the spec of a plugin, see `Importer.find_spec`; the importer is made when a plugin is imported."""
        importer = None if self._parts is None else self._parts[2]
        if importer is None or not importer.is_watching:
            namespace = self.settings.namespace
            if not (namespace and fullname.startswith(namespace)) and (
                self.index is None or self.index.packages.isdisjoint((fullname, fullname.rpartition(".")[0]))
            ):
                return None
            if self.state == NEW:
                loaded, spec = self.import_early(fullname, is_reload=target is not None)
                if loaded:
                    return spec
            importer = self.importer
            importer.prepare()
        return importer.find_spec(fullname, path, target)

    # -- starting -----------------------------------------------------------------------------------------------------

    def start(self, *, imports: bool = True, afresh: bool = False) -> bool:  # noqa: C901 -- a function more costs a start
        """Make the plugins ready, and return whether this call did; nothing happens when they are.

        Args:
            imports: Whether plugins are imported as far as that is needed. False searches for them: what one of them
                registers counts from when it is imported.
            afresh: Whether every plugin is imported and recorded, whatever is on record; see `ColdStart.recording`.

        Raises:
            RequiredPluginError: If a required plugin cannot be used.
        """
        if self.state == READY:
            return False
        if _thread.get_ident() in self._starting:
            self._read_while_starting()
            return False
        self._check_start()
        self._check_journal()
        self._starting.add(_thread.get_ident())
        if self.state == NEW:
            if self._cold_start is not None and self._looked_for not in (None, self.settings.index_path()):
                self._forget_plugins()  # the import path was another one when one of them was imported early
            self.state = STARTING
            if self._parts is not None:
                self.ledger.started_by.update(self.attribution.stack())
        try:
            if not imports:
                self._has_only_searched = True
                self.cold_start.search()
            elif afresh:
                self.cold_start.record(self._eager_kinds, is_from_scratch=True)
            elif self.settings.is_lazy and self._use_index() and self.index is not None:
                self._start_warm(self.index)
            else:
                self.cold_start.run(self._eager_kinds)
            if self.settings.required and imports:
                from pegboard.startup.cold_start import check_required

                check_required(self.settings.required, self.named)
            self.state = READY
        finally:
            self._starting.discard(_thread.get_ident())
            if self.state == STARTING and not self._starting:  # it has failed; the next use starts once more
                self.state = NEW
        return True

    def _check_start(self) -> None:
        """Look for other hosts, and whether this thread is importing the API, so that no plugin can be imported."""
        is_odd = bool(self.others)
        api = f"{self.settings.application}.api"
        frame = sys._getframe(1) if api in sys.modules else None  # noqa: SLF001 -- frames have no public door
        while frame is not None:
            if frame.f_code.co_name == "<module>" and str(frame.f_globals.get("__name__")).startswith(api):
                is_odd = True
            frame = frame.f_back
        if is_odd:
            from pegboard.early_start import check_start

            check_start(self, self._host.report)

    def _check_journal(self) -> None:
        """Look, once, whether earlier processes died while they imported a plugin: then the journal has entries."""
        if self.journal is None:
            self.journal = self.settings.journal
            entries: Sequence[str] = ()
            try:
                entries = os.listdir(self.journal)
                is_usable = os.access(self.journal, os.W_OK) and os.stat(self.journal).st_uid == os.geteuid()
            except (OSError, AttributeError):  # there has never been a journal; Windows has no user ids
                is_usable = False
            if not is_usable and self.settings.keeps_journal:
                from pegboard.startup.journal.place import with_journal

                self.settings = with_journal(self.settings)
                self.journal = self.settings.journal
                entries = os.listdir(self.journal) if self.journal else ()
            if entries:
                from pegboard.startup.journal.check import check_journal

                left_out = check_journal(self.settings, self._host.report)
                self.settings = self.settings.replace(left_out=(*self.settings.left_out, *left_out))

    def _use_index(self) -> bool:
        """Use the index on disk if it holds; return whether an index is in use."""
        with self._lock:
            if self.index is not None:
                if self.state == NEW or set(self.index.head.get("B", ((),))[0]).issubset(sys.modules):
                    return True
                self._forget_plugins()  # one that had been imported early is not recorded yet
            if self._cold_start is not None:
                return False
            facts = self.settings.facts()
            path = self.settings.index_path(facts)
            self._looked_for = path
            if path is None:
                self.why_not_used = "there is no place for an index"
                return False
            try:
                index = read(path)
                self.why_not_used = why_invalid(index, facts, os.environ)
                if self.state != NEW and not set(index.head.get("B", ((),))[0]).issubset(sys.modules):
                    self.why_not_used = "a plugin that had been imported early is not recorded yet"
            except Exception as error:  # whatever is wrong with an index makes a start slow, never wrong
                from pegboard.errors import UnusableIndexError

                self.why_not_used = str(error) if isinstance(error, UnusableIndexError) else "the index is damaged"
            if self.why_not_used is not None:
                return False
            self.index = index
            if self._parts is not None:
                self._use_records()
        return True

    def _start_warm(self, index: "Index") -> None:
        if self._early is not None or not index.packages.isdisjoint(sys.modules):
            records = self._use_records()
            if records is not None:
                self.early.settle_recorded(records)
        for (module,) in index.head.get("G", ()):
            eager = self.attribution.plugin(module)
            if eager is not None:
                self.activate(eager, "eager")
        if not index.head.keys().isdisjoint("WOL") or (
            self._parts is not None and self.ledger.has_names_of_application
        ):
            from pegboard.startup.recording.replay import report_recorded

            attribution = self.attribution
            report_recorded(
                index,
                self.ledger,
                attribution.application,
                plugin_of=attribution.plugin,
                report=self._host.report,
                report_clashes=self._host._report_clashes,  # noqa: SLF001 -- see `__init__`
            )

    vars().update(
        deferred(
            "pegboard.manager_methods.ManagerMethods",
            "early plugins named cold_start recover import_early import_in_order activate activate_at_start isolated "
            "_forget_plugins _read_while_starting",
        )
    )


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


# -- registries -------------------------------------------------------------------------------------------------------

_LEFT_OUT: "Final" = object()


class Registry(RegistryMethods[T]):
    """Contributions of one type by name: commands, exporters, themes.

    `Host.registry` makes one. Reading it starts the host. `names`, `describe` and `in` import no primed plugin;
    `registry[name]` imports the plugin that owns the name.

    If two plugins register one name, the first in order keeps it, unless a later one registers with
    `override=True` or the registry was made with `allow_override=True`. The other one is reported, and `explain`
    shows it.
    """

    isolable = False
    """Whether contributions can be used from another process; see `Host.registry`."""

    def __init__(
        self,
        name: str,
        manager: "PluginManager",
        *,
        ready: "Callable[[], None]",
        report: "Callable[[PegboardError], None]",
        allow_override: bool = False,
    ) -> None:
        if name in ("component", "decorator", "middleware") or name.startswith("hook "):
            from pegboard.errors import HostError

            raise HostError(
                f"a registry cannot be called {name!r}", "contributions to the container or to hooks are called so"
            )
        self.name: str = str.__str__(name)
        """The name of the registry, e.g. `commands`; it is the kind of its contributions."""
        self._manager: PluginManager = manager
        self._ready = ready
        self._report = report
        self.allow_override: bool = allow_override
        """Whether a later plugin may take a name without saying `override=True`."""
        self.of: Any = None
        """The type of the contributions; see `Host.registry`."""
        self.schema: Any = None
        """The fields of their metadata; see `Host.registry`."""
        self.passing: tuple[type[BaseException], ...] = ()
        """Exceptions that `call` does not convert, e.g. the application's own error for users."""
        self.builds: Any = None
        """Returns what the container builds for a contribution, as far as the application says; see `Host.registry`."""
        self._reported: set[tuple[Plugin, str]] = set()
        # What has been read, as long as the ledger does not change; see `_refresh`.
        self._ledger: Ledger | None = None
        self._generation = -1
        self._live: dict[str, T] = {}
        self._winners: dict[str, Contribution] = {}
        self._present: set[object] = set()
        self._names: list[tuple[str, ...]] = []  # at most one

    if not TYPE_CHECKING:

        def __class_getitem__(cls, item: object) -> type:
            """Make `Registry[int]` legal where an annotation is evaluated; `typing.Generic` is slow to import."""
            del item
            return cls

        # `TypedRegistry` says what these are to type checkers: overloads would be made at every start

        def register(
            self, name: str, item: "Any" = _LEFT_OUT, /, *, override: bool = False, **metadata: "Any"
        ) -> "Any":
            """Add *item* under *name*; as a decorator when *item* is left out.

            Args:
                name: At least one character, on one line.
                item: The contribution itself.
                override: Whether it may replace what an earlier plugin registered under that name.
                **metadata: Plain data that describes it; what lists, help and completion show.

            Returns:
                *item*, or a decorator that returns what it decorates.

            Raises:
                InvalidNameError: If *name* cannot be shown in a list.
                MetadataError: If *metadata* is not plain data.
                ContributionMismatchError: If *item* is not what the registry is made for; see `Host.registry`.
                MetadataMismatchError: If *metadata* is not as the registry's schema says.
            """
            if type(name) is not str or not name.strip() or not name.isprintable():
                from pegboard.plain_data import plain_name

                name = plain_name(name, f"a contribution to {self.name!r}")
            for field, value in metadata.items():
                if type(value) is not str or type(field) is not str or not (value.isascii() and field.isascii()):
                    from pegboard.plain_data import plain_metadata

                    metadata = plain_metadata(self.name, name, metadata)
                    break
            if item is _LEFT_OUT:

                def decorate(decorated: "T") -> "T":
                    return self.register(name, decorated, override=override, **metadata)

                return decorate
            if self.of is not None or self.schema is not None:
                attribution = self._manager.attribution
                stack = attribution.stack()
                if not stack or stack[-1].state != "primed":  # else it was checked when it was recorded
                    from pegboard.expectations import check

                    check(self, name, item, metadata, attribution.owner)
            self._manager.ledger.add(self.name, name, item, metadata=metadata, override=override)
            return item

    # -- reading ------------------------------------------------------------------------------------------------------

    def _refresh(self) -> "tuple[Ledger, int]":
        """Make the plugins ready, and forget what is out of date.

        Returns:
            The ledger and its generation. What is read next may be kept if the generation is the same afterwards, in a
            cache that was taken before: when the generation changes, caches are replaced and not emptied.
        """
        self._ready()
        ledger = self._manager.ledger
        generation = ledger.generation
        if self._generation != generation:
            self._live, self._winners, self._present, self._names = {}, {}, set(), []
            self._generation = generation
        if self._manager.state == READY and not ledger.is_importing():
            self._ledger = ledger
            return ledger, generation
        return ledger, -1  # nothing is kept until the plugins are ready

    def __getitem__(self, name: str) -> "T":
        """Return the contribution of that name, importing its plugin if need be.

        Raises:
            ContributionNotFoundError: If there is none; a KeyError that knows the nearest name.
            PluginError: If its plugin cannot be imported.
        """
        ledger = self._ledger
        if ledger is not None and ledger.generation == self._generation:
            try:
                return self._live[name]
            except KeyError:
                pass
        (ledger, generation), live_objects = self._refresh(), self._live
        failed: set[Plugin] = set()
        while True:
            contribution = self.winner(name, failed)
            try:
                live: T = self._manager.importer.live(contribution)
            except Exception:
                # its import failed, which has been reported: what it took the name from has it again
                failed.add(contribution.owner)
                if contribution.owner.is_usable or self.decide(name, failed)[0] is None:
                    raise
            else:
                break
        if ledger.generation == generation:
            live_objects[name] = live
        return live

    def names(self) -> "tuple[str, ...]":
        """Return all names in order, without importing a primed plugin."""
        ledger = self._ledger
        if ledger is None:  # to list names, the index is enough
            self._ready()
            return self._manager.texts(self.name)
        if ledger.generation == self._generation and self._names:
            return self._names[0]
        (ledger, generation), kept = self._refresh(), self._names
        names = self._manager.texts(self.name)
        if ledger.generation == generation:
            kept[:] = [names]
        return names

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        ledger = self._ledger
        if ledger is not None and ledger.generation == self._generation and name in self._present:
            return True
        (ledger, generation), present = self._refresh(), self._present
        for contribution in ledger.find(self.name, name):
            if contribution.owner.is_usable:
                if ledger.generation == generation:
                    present.add(name)
                return True
        return False

    def __iter__(self) -> "Iterator[str]":
        names = self.names()
        for name in names:
            if self.names() is names or name in self:  # else its plugin has failed meanwhile
                yield name

    # -- deciding -----------------------------------------------------------------------------------------------------

    def winner(self, name: str, without: "Collection[Plugin]" = ()) -> "Contribution":
        """Return the contribution in use for *name*, those of some plugins left out, and report who else claims it.

        Raises:
            ContributionNotFoundError: If there is none.
        """
        if not without:
            ledger = self._ledger
            if ledger is not None and ledger.generation == self._generation and name in self._winners:
                return self._winners[name]
        (ledger, generation), winners = self._refresh(), self._winners
        winner, losers = self.decide(name, without)
        for loser in losers:
            if winner is not None and (loser.owner, loser.text) not in self._reported:
                from pegboard.precedence import clash

                self._reported.add((loser.owner, loser.text))
                self._report(clash(loser, winner))
        if winner is None:
            from pegboard.precedence import not_found

            raise not_found(self.name, name, ledger, self.names())
        if not without and ledger.generation == generation:
            winners[name] = winner
        return winner

    def decide(self, name: str, without: "Collection[Plugin]" = ()) -> "tuple[Contribution | None, list[Contribution]]":
        """Return the contribution in use for *name*, and those that claim it and may not have it."""
        self._ready()
        contributions = []
        for contribution in self._manager.ledger.find(self.name, name):
            if contribution.owner.is_usable:
                contributions.append(contribution)  # noqa: PERF401 -- a comprehension is one more function
        if len(contributions) < 2 and not without:  # noqa: PLR2004 -- nobody else claims it
            return (contributions[0] if contributions else None), []
        from pegboard.precedence import decide_without, rule_for

        return decide_without(contributions, without, rule_for(self.name, allow_override=self.allow_override))

    vars().update(
        deferred(
            "pegboard.registry_methods.RegistryMethods",
            "get items describe owner call acall aget reference override explain __len__ __repr__",
        )
    )
