"""Which plugins are imported without the host, and what do they register?

In: the frames of this thread, and `sys.modules`. Out: the owner of a registration, when plugins are not known yet or
are imported outside the importer's bracket: by a unit test, by a worker process, or by the application, before the
module that makes the host has been imported. Such an import is bracketed from the first registration on. The
application's adapter sees the module in a bracket of its own, once the plugins are known.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import PluginError
from pegboard.ledger import ACTIVE, BROKEN, DISABLED, FOUND, QUARANTINED, Plugin, Records, application

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import FrameType, ModuleType
    from typing import Any, Final, Protocol

    from pegboard.errors import PegboardError
    from pegboard.ledger import Contribution, Ledger
    from pegboard.sources import Adapter

    class Bracket(Protocol):
        """What runs code of a plugin so that all it registers is the plugin's; `Importer` is one."""

        adapter: Adapter | None
        attribution: Any

        def run(
            self, plugin: Plugin, execute: Callable[[], None], kept: Sequence[Contribution] | None = None
        ) -> None: ...
        def failure(self, plugin: Plugin, error: BaseException) -> PegboardError: ...


BODY: Final = "<module>"
"""The name of the code that the import of a module runs."""
EARLY: Final = "imported early"
"""The source of a plugin of which nothing is known yet but its module."""


class EarlyImports:
    """What one host knows of plugins that are imported outside the importer's bracket."""

    def __init__(
        self,
        application: Plugin,
        owner: Callable[[str], Plugin | None],
        ledger: Ledger,
        *,
        imported: Callable[[Plugin, Sequence[Contribution]], object],
        failed: Callable[[Plugin], object],
        report: Callable[[PegboardError], object],
        namespace: str,
        importer: Bracket,
    ) -> None:
        """Start with none.

        Args:
            application: The owner of what belongs to no plugin.
            owner: Returns the known plugin that a module belongs to.
            ledger: Gets what the plugins register.
            imported: Told of each import, with what was registered.
            failed: Told of each import that has failed; whoever imports the plugin gets the exception.
            report: Told of each fault of the application.
            namespace: The package that plugins are modules of; empty when there is none.
            importer: Has the bracket, and the application's adapter.
        """
        self._importer = importer
        self._is_settled = False
        self._application = application
        self._prefix = f"{namespace}."
        self._owner = owner
        self._ledger = ledger
        self._imported = imported
        self._failed = failed
        self.report: Callable[[PegboardError], object] = report
        """Told of each fault."""
        self.plugins: dict[str, Plugin] = {}
        """The plugins that were imported before the plugins were known, by module."""
        self._elsewhere: dict[tuple[str, ...], Plugin] = {}  # owners for now, by the modules that may be plugins
        self._open: set[Plugin] = set()  # being imported, in a bracket

    # -- whose is a registration? -------------------------------------------------------------------------------------

    def registering(
        self, frame: FrameType | None, own: tuple[str, ...], *, is_complete: bool
    ) -> tuple[Plugin | None, bool]:
        """Return whose code is registering, None for nobody's, and whether this thread is importing it.

        The innermost plugin that this thread is importing owns what is registered; else the nearest frame of a plugin
        decides. A module of the application that is being imported registers for the application, whoever imports it.

        Args:
            frame: The innermost frame.
            own: How the names of the application's own modules begin, each with a dot behind.
            is_complete: Whether the plugins are known. Until then, any other module may be one by an entry point.
        """
        nearest: Plugin | None = None
        elsewhere: list[str] = []
        while frame is not None:
            module = frame.f_globals.get("__name__")
            if isinstance(module, str):
                plugin = self._owner(module) or (None if is_complete else self._early(module))
                is_body = frame.f_code.co_name == BODY
                if plugin is not None:
                    if is_body and module == plugin.module and self.adopt(plugin):
                        return plugin, True
                    nearest = nearest or plugin
                elif is_body and f"{module}.".startswith(own):
                    break
                elif is_body and _is_being_imported(sys.modules.get(module)):
                    elsewhere.append(module)
            frame = frame.f_back
        if nearest is None and elsewhere and not is_complete:
            return self._elsewhere.setdefault(tuple(elsewhere), application(self._application.module)), False
        return nearest, False

    def _early(self, module: str) -> Plugin | None:
        """Return the plugin that *module*, below the namespace, belongs to; None if it is elsewhere."""
        if not module.startswith(self._prefix):
            return None
        name = module[len(self._prefix) :].partition(".")[0]
        full = self._prefix + name
        if full not in self.plugins:
            loaded = sys.modules.get(full)
            if loaded is None:
                return None
            plugin = Plugin(name, full, origin=getattr(loaded, "__file__", None), source=EARLY)
            if not _is_being_imported(loaded):
                plugin.state = ACTIVE
            self.plugins[full] = plugin
        return self.plugins[full]

    def is_undecided(self, plugin: Plugin) -> bool:
        """Return whether *plugin* is the owner for now of what modules elsewhere register."""
        return any(plugin is owner for owner in self._elsewhere.values())

    # -- the bracket around an import that has begun already ----------------------------------------------------------

    def adopt(self, plugin: Plugin) -> bool:
        """Put the rest of the import of *plugin* into a bracket; return whether it is in one."""
        if plugin in self._open:
            return True
        module = sys.modules.get(plugin.module)
        if not _is_being_imported(module) or not _call_at_end(module, lambda: self._end(plugin)):
            return False
        self._open.add(plugin)
        self._ledger.begin(plugin)
        return True

    def _end(self, plugin: Plugin) -> None:
        self._open.discard(plugin)
        if plugin.module not in sys.modules:
            self._ledger.discard(plugin)
            self._failed(plugin)
            if plugin.is_usable:  # the start tries it again
                plugin.state = FOUND
            return
        batch = self._ledger.commit(plugin)
        if plugin.is_usable and self._is_settled and self._importer.adapter is not None:
            plugin.state = ACTIVE
            self._adapt_loaded([plugin])
        elif plugin.is_usable:
            plugin.state = ACTIVE
            self._imported(plugin, batch)
        else:
            self._ledger.revoke(plugin)

    def keep(self, plugins: Iterable[Plugin]) -> None:
        """Remember those of *plugins* that have been imported: they are the same objects once all are found anew."""
        for plugin in plugins:
            if plugin.state == ACTIVE:
                self.plugins[plugin.module] = plugin

    # -- what the module offers ---------------------------------------------------------------------------------------

    def adapt(self, plugin: Plugin) -> None:
        """Let the adapter see the module of *plugin*, which was executed outside the bracket, in a bracket of its own.

        Raises:
            PluginError: If that fails; it has been reported, and nothing of the plugin is left.
        """
        importer = self._importer
        adapter, attribution = importer.adapter, importer.attribution
        if adapter is None or any(plugin in stack for stack in list(attribution.stacks.values())):
            return  # of the second, its own bracket sees to it
        from pegboard.adaptation import offer

        kept = [row for row in self._ledger.contributions_of(plugin) if not row.is_ephemeral]
        try:
            importer.run(plugin, lambda: offer(plugin, adapter, attribution.records), kept)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            failure = importer.failure(plugin, error)
            self._failed(plugin)
            self._ledger.revoke(plugin)
            plugin.fail(failure)
            self.report(failure)
            raise failure from error

    def _adapt_loaded(self, plugins: Iterable[Plugin]) -> None:
        """Let the adapter see those of *plugins* that it has not seen."""
        adapter = self._importer.adapter
        for plugin in plugins if adapter is not None else ():
            if adapter is not None and plugin not in adapter.adapted:
                try:
                    self.adapt(plugin)
                except PluginError:  # it has been reported
                    continue

    # -- when the plugins are known -----------------------------------------------------------------------------------

    def settle_recorded(self, records: Records) -> None:
        """Do what `settle` does with the plugins of *records* whose modules are loaded."""
        modules = [module for module in list(sys.modules) if type(module) is str]
        self.settle([plugin for module in modules if (plugin := records.plugin(module)) is not None], records)

    def settle(self, plugins: Iterable[Plugin], records: Records | None = None) -> list[Plugin]:
        """Mark plugins that were imported early as active, or take back what they registered if they are disabled.

        Args:
            plugins: All plugins whose modules are loaded.
            records: What is known of them; None if a search has just found them.

        Returns:
            Those that were imported early.
        """
        running = set(_running(sys._getframe(1)))  # noqa: SLF001 -- frames have no public door
        early, loaded = [], []
        for plugin in plugins:
            module = sys.modules.get(plugin.module)
            if not getattr(module, "__file__", None):
                continue
            is_open = _is_being_imported(module)
            if is_open and not (plugin.module in running and self.adopt(plugin)):
                continue  # another thread is importing it, after its own start
            early.append(plugin)
            is_new = plugin.module in self.plugins
            if is_new and records is not None:
                _complete(plugin, records)
            adapter = self._importer.adapter
            if plugin.state in (DISABLED, QUARANTINED):
                self._ledger.revoke(plugin)
                continue
            if plugin.state == BROKEN and adapter is not None and plugin in adapter.adapted:
                continue  # the start before this one has found out
            if adapter is not None and not is_open and plugin not in adapter.adapted:
                loaded.append(plugin)
            has_registered = plugin.state == ACTIVE
            plugin.state = ACTIVE
            if is_open or not has_registered or records is None:
                self._ledger.ignore_record(plugin)
            elif is_new and records is not None and plugin not in loaded:
                batch = self._ledger.contributions_of(plugin)
                self._imported(plugin, [contribution for contribution in batch if not contribution.is_ephemeral])
        self._settle_elsewhere()
        self._ledger.invalidate()  # their ranks are known now
        self._is_settled = True
        self._adapt_loaded(sorted(loaded, key=lambda plugin: plugin.rank))
        return early

    def _settle_elsewhere(self) -> None:
        """Give what modules elsewhere registered to the plugins that they are; the rest is the application's."""
        for modules, owner_for_now in tuple(self._elsewhere.items()):
            owners = [plugin for plugin in map(self._owner, modules) if plugin is not None]
            if owners and owners[0].is_usable and owners[0].module in sys.modules:
                plugin = owners[0]
                plugin.after += owner_for_now.after
                plugin.before += owner_for_now.before
                plugin.inputs += owner_for_now.inputs
                plugin.eager = plugin.eager or owner_for_now.eager
                self._ledger.transfer(owner_for_now, plugin)
            elif owners:
                self._ledger.revoke(owner_for_now)
            else:
                self._ledger.transfer(owner_for_now, self._application)
                if owner_for_now.inputs or owner_for_now.eager or owner_for_now.after or owner_for_now.before:
                    self.report(not_in_a_plugin(f"{modules[0]} is not a plugin"))
        self._elsewhere.clear()


def not_in_a_plugin(advice: str) -> PegboardError:
    """Return what is wrong with a `declare` outside the import of a plugin."""
    from pegboard.errors import HostError

    return HostError("declare() works only while a plugin is being imported", advice)


def _running(frame: FrameType | None) -> Iterator[str]:
    """Yield the name of each module that this thread is importing, the innermost first."""
    while frame is not None:
        name = frame.f_globals.get("__name__")
        if frame.f_code.co_name == BODY and isinstance(name, str):
            yield name
        frame = frame.f_back


def _complete(plugin: Plugin, records: Records) -> None:
    """Add what is on record of *plugin*, of which nothing is known but its module."""
    records.known_plugins.pop(plugin.module, None)
    recorded = records.plugin(plugin.module)
    records.known_plugins[plugin.module] = plugin
    if recorded is None:
        return
    for name in ("name", "origin", "source", "distribution", "rank", "is_plain", "eager"):
        setattr(plugin, name, getattr(recorded, name))
    if not recorded.is_usable:
        plugin.state, plugin.reason = recorded.state, recorded.reason


def _is_being_imported(module: ModuleType | None) -> bool:
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


def _call_at_end(module: ModuleType | None, function: Callable[[], None]) -> bool:
    """Have *function* called when the import of *module* ends, in whatever way; return whether that is possible.

    The import system sets an attribute of the module's spec when it has executed the module, or failed to. From now on
    that attribute of this one spec is a property.

    Source:
        `importlib._bootstrap._load_unlocked`, in CPython 3.11 to 3.13.
    """
    spec: Any = getattr(module, "__spec__", None)
    kind = type(spec)

    class Watched(kind):  # type: ignore[misc, valid-type]  # the kind that it has
        @property
        def _initializing(self) -> bool:
            return bool(vars(self)["_initializing"])

        @_initializing.setter
        def _initializing(self, value: bool) -> None:
            object.__getattribute__(self, "__dict__")["_initializing"] = value
            if not value:
                self.__class__ = kind
                function()

    try:
        spec.__class__ = Watched
    except TypeError:
        return False
    return True
