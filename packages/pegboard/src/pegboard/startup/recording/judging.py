"""What does the import of each plugin do besides registering, as far as there is time to find out?

In: imports of plugins, also of those that another plugin imports. Out: their traces.
"""

from __future__ import annotations

import _thread
import time

from pegboard._typing import TYPE_CHECKING
from pegboard.entry_objects import is_distribution
from pegboard.errors import describe_exception
from pegboard.ledger import ISOLATED
from pegboard.startup.recording.effects.effect import NOT_SHOWN, Effect
from pegboard.startup.recording.recorder import never

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from pegboard.importer import Importer
    from pegboard.ledger import Plugin
    from pegboard.startup.recording.budget import Budget
    from pegboard.startup.recording.effects.observation import Observation
    from pegboard.startup.recording.import_traces import ImportTrace
    from pegboard.startup.recording.recorder import Recorder


class Judging:
    """Observes, inside a `with` block, the imports that this thread makes of plugins, within a budget."""

    def __init__(self, importer: Importer, recorder: Recorder, budget: Budget, alone: Iterable[str]) -> None:
        """Observe nothing yet.

        Args:
            importer: Lets the imports be observed.
            recorder: Observes them.
            budget: How much time there is.
            alone: Names of plugins that share no comparison with others.
        """
        self._importer = importer
        self._recorder = recorder
        self._budget = budget
        self._thread = _thread.get_ident()
        self._alone = frozenset(alone)
        self.doubtful: set[str] = set()
        """Names of plugins that are to be judged alone: while several were compared at once, one changed something."""
        self.traces: dict[Plugin, ImportTrace] = {}
        """What the import of each plugin that was observed read and did."""
        self.costs_ms: dict[str, float] = {}
        """How long it took to judge each, by name; milliseconds of CPU beyond the import itself."""

    def __enter__(self) -> Self:
        self._importer.around = self._run
        self._recorder.is_judging = self._budget.allows
        self._recorder.is_alone = lambda plugin: plugin.name in self._alone
        return self

    def __exit__(self, *_: object) -> None:
        self._importer.around = None
        self._recorder.is_alone = never  # else the two, and all that they know, wait for the garbage collector

    def _run(self, plugin: Plugin, execute: Callable[[], object]) -> None:
        if _thread.get_ident() != self._thread or is_distribution(plugin) or plugin.source == ISOLATED:
            execute()
            return
        if not self._budget.allows(plugin):
            self.compare(plugin.module)
            self._recorder.unobserved += 1
            try:
                execute()
            finally:
                self._recorder.unobserved -= 1
                self.compare()
            return
        observation = self._recorder.observe(plugin, is_alone=plugin.name in self._alone)
        try:
            execute()
        except BaseException:  # what it lacks may be all that is wrong with it
            self._judge(plugin, observation)
            self.compare()
            raise
        self._judge(plugin, observation)

    def compare(self, loading: str = "") -> None:
        """Complete the traces of all plugins that were observed so far."""
        if self._recorder.skips_comparison():
            return
        began_s, started = time.thread_time(), time.perf_counter()
        for plugin in self._recorder.compare(loading):
            self.doubtful.add(plugin.name)
        self._budget.spend(time.thread_time() - began_s, judged=0)
        self._importer.observing_s += time.perf_counter() - started

    def _judge(self, plugin: Plugin, observation: Observation | None) -> None:
        began_s = time.thread_time()
        try:
            self.traces[plugin] = self._recorder.finish(plugin, observation)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # what the plugin has left behind is looked at
            self._recorder.abandon(observation)
            trace = self.traces[plugin] = self._recorder.trace(plugin)
            trace.effects.append(Effect(NOT_SHOWN, f"cannot be judged: {describe_exception(error)}", ""))
            trace.is_judged = True
        cost_s = time.thread_time() - began_s if observation is None else observation.cost_s
        shared_s, self._recorder.holding_cost_s = self._recorder.holding_cost_s, 0.0
        cost_s += shared_s  # that of the package that holds it comes right before it
        self._importer.observing_s += 0.0 if observation is None else observation.elapsed_s
        self._budget.spend(cost_s)
        self.costs_ms[plugin.name] = round(cost_s * 1000, 3)
