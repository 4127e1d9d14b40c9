"""What does the import of a plugin depend on, and does it do more than register?

In: imports of plugins, while they are recorded. Out: a trace of each. Its record holds as long as what the import read
stays the same; a plugin whose import has other effects is imported at every start. An effect counts only if the
plugin's own code causes it: a library that registers an exit handler when it is first imported is no reason to import
the plugin at every start.
"""

from __future__ import annotations

import _frozen_importlib
import _thread
import os
import sys
import time
from functools import partial
from types import ModuleType

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import describe_exception
from pegboard.importer import divert, end_diversion
from pegboard.startup.recording.effects.comparison import Comparison
from pegboard.startup.recording.effects.effect import NOT_SHOWN, SEEN, Effect
from pegboard.startup.recording.effects.heap import Heap
from pegboard.startup.recording.effects.import_statements import has_only_imported, next_load
from pegboard.startup.recording.effects.naming import namespace_of
from pegboard.startup.recording.effects.observation import Observation
from pegboard.startup.recording.effects.subclasses import Subclasses
from pegboard.startup.recording.holding_packages import stand_in
from pegboard.startup.recording.import_traces import ImportTrace, ImportTraces, name_in
from pegboard.startup.recording.replaced_functions import ReplacedFunctions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType
    from typing import Any, Self

    from pegboard.ledger import Plugin
    from pegboard.sources import Adapter
    from pegboard.startup.recording.ownership import Ownership


_IMPORTING = ("pegboard", "importlib", "_frozen_importlib", "_frozen_importlib_external")
"""Packages whose frames lie between an import statement and what it loads."""
ACTIVE: list[Recorder] = []
"""The recorders that are tracing imports now."""


def never(plugin: Plugin) -> bool:
    """Return False: none of the plugins is meant."""
    del plugin
    return False


class Recorder:
    """Traces the imports of plugins inside a `with` block; what other threads do meanwhile does not count."""

    def __init__(
        self,
        importing: Callable[[], Plugin | None],
        ownership: Ownership,
        application: str,
        *,
        rows: Callable[[], int] = int,
        most_at_once: int = 1,
        adapter: Adapter | None = None,
    ) -> None:
        """Make a recorder.

        Args:
            importing: Returns the plugin that this thread is importing, or None.
            ownership: Says whether a module is the plugin's own code, and which plugin it is a part of.
            application: The host's name.
            rows: Returns how much has been registered so far by the application and by plugins that are being imported.
            most_at_once: How many plugins may share one comparison of all objects. With more than one it may stay open
                what some of them do; see `compare`.
            adapter: The application's.
        """
        self._adapter = adapter
        self._most_at_once = most_at_once
        self._find_importing = importing
        self._holding = ownership.holding
        self._rows = rows
        self.is_judging: Callable[[Plugin], bool] = lambda _: True
        """Returns whether a plugin, which is not being imported yet, is to be observed."""
        self.is_alone: Callable[[Plugin], bool] = never
        """Returns whether a plugin shares no comparison with others."""
        self.holding_cost_s: float = 0.0
        """The CPU time that it took to observe what plugins share, beyond what that took itself; to be set back."""
        self.unobserved: int = 0
        """How many plugins are being imported without being observed: what is observed meanwhile lies within them."""
        self._stand_ins: list[tuple[Plugin, Plugin | None]] = []
        """What is observed instead of a plugin, the innermost last, each with the plugin that was being imported."""
        self._is_own = ownership.is_own
        self._owner = ownership.owner
        self._application = application.partition(".")[0]
        self._heap: Heap | None = None
        self._observed: list[Observation] = []
        """The observations that are going on, the innermost last."""
        self._comparison: Comparison | None = None
        self._has_failed = False
        self._made: dict[str, list[Any]] = {}
        """What each plugin has made while it was observed; it is looked at when another one imports that plugin."""
        self._subclasses = Subclasses(self._application)
        self._functions = ReplacedFunctions()
        self.thread: int = _thread.get_ident()
        """The thread whose imports are traced."""
        self._traces = ImportTraces(
            self._importing, ownership, self._application, adapter=adapter, used=self._compare_before_use
        )

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment before the first import: what a record is bound to."""
        return self._traces.variables.before

    def _importing(self) -> Plugin | None:
        plugin = self._find_importing()
        if self._stand_ins and self._stand_ins[-1][1] is plugin and self.thread == _thread.get_ident():
            return self._stand_ins[-1][0]
        return plugin

    def __enter__(self) -> Self:
        ACTIVE.append(self)
        ended = divert("", None, -id(self))  # over all imports: the methods of streams are compared, too
        self._functions.append(lambda: end_diversion(ended))
        self._traces.watch(self._functions)
        self._watch_loading()
        return self

    def __exit__(self, *_: object) -> None:
        self._functions.restore()
        if self._heap is not None:
            self._heap.close()
            self._heap = None
        self._traces.forget()
        self._made.clear()
        self._rows = int  # else what it asks waits, with all that it knows, for the garbage collector
        ACTIVE.remove(self)

    def trace(self, plugin: Plugin) -> ImportTrace:
        """Return the trace of *plugin* so far."""
        return self._traces.trace(plugin)

    # -- what is done -------------------------------------------------------------------------------------------------

    def _watch_loading(self) -> None:
        """Observe only the plugin's own code: the bodies of others' modules are no effect of the plugin."""

        def loading(original: Callable[..., ModuleType]) -> Callable[..., ModuleType]:
            def find_and_load(name: str, import_: Any) -> ModuleType:
                observation = self._observed[-1] if self._observed else None
                if name in sys.modules or self.thread != _thread.get_ident():
                    if self._comparison is not None and self._owner(name) is None:
                        self._comparison.is_up_to_date = False
                    return original(name, import_)

                def load() -> ModuleType:
                    return original(name, import_)

                is_apart = self._holding.is_observed_alone(name)
                if is_apart and observation is not None:
                    is_apart = not (observation.is_own(name) and self._is_whole(observation, name))
                run = partial(self._load_holding, name, load) if is_apart else load
                if observation is None:
                    if not is_apart and self._owner(name) is None and self._comparison is not None:
                        self._comparison.end_before_others()
                    return run()
                return self._load(observation, name, run, is_apart=is_apart)

            return find_and_load

        self._functions.replace(_frozen_importlib, "_find_and_load", loading)

    def _is_whole(self, observation: Observation, name: str) -> bool:
        """Return whether what is observed is all that has *name* for its own."""
        is_stand_in = any(observation.plugin is each for each, _ in self._stand_ins)
        return is_stand_in or self._holding.plugins(name) == [observation.plugin]

    def _load_holding(self, name: str, load: Callable[[], ModuleType]) -> ModuleType:
        """Load what is code of the plugins beside it, and observe it if one of them is to be judged."""
        plugins = self._holding.plugins(name)
        if not any(map(self.is_judging, plugins)):
            if self._comparison is not None and not self._observed:
                self._comparison.end_before_others()
            self._holding.note(name, ImportTrace())
            return load()
        instead, rows = stand_in(name), self._rows()
        self._stand_ins.append((instead, self._find_importing()))
        observation = self.observe(instead, is_alone=any(map(self.is_alone, plugins)), is_shared=len(plugins) > 1)
        try:
            return load()
        finally:
            self._finish_holding(instead, observation, has_registered=self._rows() > rows)
            self._stand_ins.pop()

    def _finish_holding(self, instead: Plugin, observation: Observation | None, *, has_registered: bool) -> None:
        trace = self.trace(instead)
        try:
            self.finish(instead, observation)
        except Exception as error:  # what it has left behind is looked at
            self.abandon(observation)
            trace.effects.append(Effect(NOT_SHOWN, f"cannot be judged: {describe_exception(error)}", ""))
            trace.is_judged = True
        if observation is not None:
            self.holding_cost_s += observation.cost_s
            if has_registered:
                words = f"registers something in {instead.module}, outside of its own module"
                trace.effects.append(Effect(SEEN, words, observation.origin))
        self._holding.note(instead.module, trace)

    def _load(
        self, observation: Observation, name: str, load: Callable[[], ModuleType], *, is_apart: bool
    ) -> ModuleType:
        is_outer = not observation.is_paused or observation.awaited is not None
        body = _importing_body(observation) if is_outer else None
        if is_apart or not observation.is_own(name):
            if is_outer:
                observation.pause(
                    name, has_only_imported=body is not None and has_only_imported(body, observation.is_own)
                )
            return self._load_between(observation, name, load, body, is_outer=is_outer)
        if is_outer and not observation.is_paused:
            return load()
        observation.resume()
        try:
            return load()
        finally:
            observation.loaded.add(name)
            if not is_outer:
                observation.pause(name)

    def _load_between(
        self,
        observation: Observation,
        name: str,
        load: Callable[[], ModuleType],
        body: FrameType | None,
        *,
        is_outer: bool,
    ) -> ModuleType:
        """Load others' code, which is not observed."""
        awaited = None
        if self._comparison is not None:
            self._comparison.is_up_to_date = False
        try:
            module = load()
            observation.loaded.add(name)
            awaited = None if body is None else next_load(body, observation.is_own)
        finally:
            observation.loaded.add(name)
            if is_outer:
                observation.resume(awaited=awaited)
        return module

    # -- around one import --------------------------------------------------------------------------------------------

    def observe(self, plugin: Plugin, *, is_alone: bool = False, is_shared: bool = False) -> Observation | None:
        """Begin to observe what the code of *plugin*, which runs next, does besides registering.

        Each observation is ended by `finish`, or by `abandon` when the import has failed. A plugin that is imported
        meanwhile may be observed, too: what it does is its own.

        Args:
            plugin: What is imported.
            is_alone: Whether all objects are compared before and after this one import, whatever that costs.
            is_shared: Whether what it makes is several plugins', so that each of them may change it.

        Returns:
            None where nothing can be observed: a profiler or a debugger is active, or observing itself has failed.
        """
        if is_observed_by_others() or self._has_failed:
            return None
        try:
            return self._observe(plugin, is_alone=is_alone, is_shared=is_shared)
        except Exception:  # objects of strangers are looked at; the plugin's import goes on
            self._has_failed = True
            return None

    def _observe(self, plugin: Plugin, *, is_alone: bool, is_shared: bool) -> Observation:
        began_s, started = time.thread_time(), time.perf_counter()
        module = sys.modules.get(plugin.module)  # it is there before its code runs
        own = (module, namespace_of(module)) if issubclass(type(module), ModuleType) and module is not None else ()
        if self._heap is None or self._comparison is None:
            self._heap = Heap((*self._ignored(), *own))
            self._comparison = Comparison(self._heap, self._application, self._most_at_once)
        self._heap.ignore(own)
        if self.unobserved:
            self._comparison.is_up_to_date = False
        if is_alone or self._observed:
            self._comparison.end(plugin.module)
        is_stand_in = any(plugin is each for each, _ in self._stand_ins)
        is_own = partial(self._holding.is_own, plugin.module) if is_stand_in else partial(self._is_own, plugin)
        observation = Observation(
            plugin,
            self._heap,
            self._comparison,
            is_own=is_own,
            application=self._application,
            subclasses=self._subclasses,
            adapter=self._adapter,
        )
        observation.is_to_be_compared = is_alone or is_shared or bool(self._observed) or self.unobserved > 0
        observation.is_shared = is_shared
        self._observed.append(observation)
        observation.cost_s = time.thread_time() - began_s
        observation.elapsed_s = time.perf_counter() - started
        observation.resume()
        return observation

    def _compare_before_use(self, used: Plugin) -> None:
        """Compare all objects before one plugin may change those of another one, *used*, which it imports."""
        if self._heap is None or self._comparison is None or used.module not in self._made:
            return
        self._comparison.end()
        if self._observed and not self._observed[-1].is_paused:
            self._comparison.begin(self._observed[-1])
        self._heap.add(self._made.pop(used.module))

    def skips_comparison(self) -> bool:
        """Note that other code is going to run, and return whether nothing has to be compared before."""
        return self._comparison is None or self._comparison.is_left_to_others()

    def compare(self, loading: str = "") -> set[Plugin]:
        """Compare all objects now: other code is going to run; return the plugins that are to be judged alone.

        *loading* is the module of a plugin that is about to run.
        What earlier plugins were seen to change is in their traces then. The others have no verdict.
        """
        if self._comparison is None:
            return set()
        self._comparison.end(loading)
        self._comparison.is_up_to_date = False
        doubtful: set[Plugin] = set()
        for plugin in self._comparison.doubtful:
            self.trace(plugin).is_judged = False
            doubtful.update(self._holding.plugins(plugin.module) if self._holding.has(plugin.module) else (plugin,))
        return doubtful

    def inherit(self, plugin: Plugin, trace: ImportTrace) -> None:
        """Add to the *trace* of *plugin* what was seen of the packages that hold it."""
        self._holding.bequeath(plugin, trace)

    def abandon(self, observation: Observation | None) -> None:
        """End an observation without a verdict: the import has failed."""
        if observation is not None:
            observation.close()
            if observation in self._observed:
                self._observed.remove(observation)

    def finish(self, plugin: Plugin, observation: Observation | None) -> ImportTrace:
        """Complete and return the trace of *plugin*, which has just been imported.

        Args:
            plugin: The plugin.
            observation: From `observe`, right before the import; None for an import that was only traced: then
                `ImportTrace.is_judged` is false.
        """
        trace = self.trace(plugin)
        if observation is not None:
            trace.effects = observation.end()
            trace.is_judged = True
            self._observed.remove(observation)
            if observation.is_shared and self._heap is not None:
                self._heap.add_later(observation.own_objects)
            else:
                self._made[plugin.module] = observation.own_objects
        self._traces.variables.note_changes(next(iter(self._holding.plugins(plugin.module)), plugin))
        self._traces.add_package_traces(trace)
        return trace

    def _ignored(self) -> list[object]:
        """Return what changes at each import by itself."""
        bootstrap: Any = _frozen_importlib
        external = sys.modules["_frozen_importlib_external"]
        return [
            sys.path_importer_cache,
            vars(bootstrap),
            vars(external),
            bootstrap._module_locks,
            bootstrap._blocking_on,
            os.environ._data,  # type: ignore[attr-defined]
        ]


def _importing_body(observation: Observation) -> FrameType | None:
    """Return the frame that is importing something now, if it is the body of a module of the observed plugin."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = name_in(frame.f_globals)
        if name.partition(".")[0] not in _IMPORTING:
            is_body = frame.f_code.co_name == "<module>" and observation.is_own(name)
            return frame if is_body else None
        frame = frame.f_back
    return None


def is_observed_by_others() -> bool:
    """Return whether a profiler or a debugger is active: it would be disturbed, and disturb."""
    return sys.getprofile() is not None or sys.gettrace() is not None
