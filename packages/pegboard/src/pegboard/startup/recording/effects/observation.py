"""What does one import do besides registering?

In: an import, between `begin` and `end`, with `pause` and `resume` around each module of others that it loads. Out: a
list of effects. What is done while it is paused is the library's own business, and nobody's effect.
"""

from __future__ import annotations

import _thread
import contextvars
import sys
import time
import weakref

from pegboard._typing import TYPE_CHECKING
from pegboard.adaptation import codes_of
from pegboard.errors import describe_exception
from pegboard.startup.recording.effects import audit
from pegboard.startup.recording.effects.calls import Calls
from pegboard.startup.recording.effects.changes import Judge
from pegboard.startup.recording.effects.effect import LIBRARY, NOT_SHOWN, SEEN, Effect
from pegboard.startup.recording.effects.harmless import HARMLESS_FUNCTIONS
from pegboard.startup.recording.effects.heap import Heap
from pegboard.startup.recording.effects.loggers import logger_differences, logger_states
from pegboard.startup.recording.effects.process_state import (
    EXIT_HANDLERS,
    KEEPS_FILE_OPEN,
    is_of_library,
    process_state,
)
from pegboard.startup.recording.effects.undoing import Undoable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import FrameType
    from typing import Any

    from pegboard.ledger import Plugin
    from pegboard.sources import Adapter
    from pegboard.startup.recording.effects.calls import Call
    from pegboard.startup.recording.effects.comparison import Comparison
    from pegboard.startup.recording.effects.subclasses import Subclasses


_OF_LIBRARIES = ("decimal_context", "numpy.ufunc.extobj")  # set at the first use; `process_state` compares them


class Observation:
    """The observation of one import."""

    def __init__(
        self,
        plugin: Plugin,
        heap: Heap,
        comparison: Comparison,
        *,
        is_own: Callable[[str], bool],
        application: str,
        subclasses: Subclasses,
        adapter: Adapter | None,
    ) -> None:
        """Prepare.

        Args:
            plugin: What is imported.
            heap: The objects of the process, as they were last seen.
            comparison: Compares all objects before and after the import, and perhaps some others before it.
            is_own: Returns whether a module is the plugin's own code.
            application: The application's top-level package.
            subclasses: Knows whose subclasses are looked for.
            adapter: The application's, whose code counts as the plugin's while it is called for it.
        """
        self.plugin: Plugin = plugin
        self.thread: int = _thread.get_ident()
        self.effects: list[Effect] = []
        self.changed: Undoable = Undoable(self.effects)
        """What has changed so far, and may be changed back."""
        self._events: list[Effect] = []
        self.loaded: set[str] = set()
        """Modules that the import system has loaded meanwhile."""
        self._heap = heap
        self._comparison = comparison
        self.is_own = is_own
        self._application = application
        self._subclasses = subclasses
        self._calls = Calls(
            is_own, self._is_new, application, self._look_around, dict.fromkeys(codes_of(adapter), plugin.module)
        )
        self.own_objects: list[Any] = []
        """What the import has made."""
        self.is_to_be_compared: bool = True
        """Whether its comparison ends when this observation does, and is not shared with the next one."""
        self.is_shared: bool = False
        """Whether what the import makes is several plugins', so that each of them may change it."""
        self._own_ids: set[int] = set()
        self._state: dict[str, Any] = {}
        self._loggers: dict[str, Any] = {}
        self._context: contextvars.Context | None = None
        self._finalizers: dict[Any, Any] = {}
        self._had_finalizers = False
        self._is_paused = True
        self._has_paused = False
        self.awaited: str | None = None
        """The module that is loaded next, if nothing happens before."""
        self._resumed_s = 0.0
        self.failure: str | None = None
        """Why not everything was observed, in words."""
        self.elapsed_s: float = 0.0
        """The time that observing has taken so far, beyond what the import itself took."""
        self.cost_s: float = 0.0
        """The CPU time that observing has taken so far, beyond what the import itself took."""

    # -- one import ---------------------------------------------------------------------------------------------------

    def resume(self, *, awaited: str | None = None) -> None:
        """Take everything as it is now for given, and observe.

        Args:
            awaited: The module that is loaded next; nothing happens before that, and so nothing is observed yet.
        """
        self.awaited = awaited
        if self.failure is None and awaited is None:
            self._guarded(self._resume)

    def pause(self, loading: str = "", *, has_only_imported: bool = False) -> None:
        """Judge what has been done so far, and observe nothing.

        Args:
            loading: The module that is loaded now.
            has_only_imported: Whether the import has done nothing so far but import what was loaded.
        """
        if self.awaited is not None:
            self._expect(loading)
        elif has_only_imported and not self._has_paused and self._comparison.leave(self):
            self._stop(compares=False)
        else:
            self._stop(compares=True)
        self._has_paused = True

    def end(self) -> list[Effect]:
        """End the observation, and return what was seen; more is added if a later plugin shares the comparison."""
        if self.awaited is not None:
            self._expect("")
        self._stop(compares=self.is_to_be_compared)
        self._guarded(self._conclude)
        self.close()
        if self.failure is not None:
            self.effects.append(Effect(NOT_SHOWN, self.failure, self.origin))
        return self.effects

    def _expect(self, loading: str) -> None:
        if self.awaited != loading and self.failure is None:
            self.failure = f"could not be observed: it was to import {self.awaited}, and did something else"
        self.awaited = None

    def _stop(self, *, compares: bool) -> None:
        if not self._is_paused:
            self._guarded(self._pause)
            if compares or self._comparison.is_full:
                self._guarded(self._comparison.end)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Do *step*; if it fails, the plugin's import goes on, and is not shown to do no more than register."""
        began_s, started = time.thread_time(), time.perf_counter()
        try:
            step()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # objects of strangers are looked at
            self.failure = f"could not be observed: {describe_exception(error)}"
            self.close()
        self.cost_s += time.thread_time() - began_s
        self.elapsed_s += time.perf_counter() - started

    def _resume(self) -> None:
        self._comparison.begin(self)
        self._take_states()
        self._heap.settle()  # what is new from now on is what the import makes
        self._is_paused = False
        audit.listen(self._note_event)
        self._resumed_s = time.thread_time()
        self._calls.start()

    def _take_states(self) -> None:
        self._had_finalizers = weakref.finalize._registered_with_atexit  # type: ignore[attr-defined]
        self._context = contextvars.copy_context()
        self._finalizers = dict(weakref.finalize._registry)  # type: ignore[attr-defined]
        self._loggers = logger_states()
        self._state = process_state()

    def _pause(self) -> None:
        self._is_paused = True
        self._calls.stop()
        self.cost_s += time.thread_time() - self._resumed_s  # what it runs takes a third of that; the rest notes calls
        audit.stop_listening()
        self._take_new()
        self._compare_states()

    def _take_new(self) -> None:
        new = self._heap.new_objects()
        self.own_objects += new
        self._own_ids.update(map(id, new))

    def _look_around(self, *, begins: bool) -> None:
        """Let a function of `gc` find all objects, as it does when nobody observes."""
        if begins:
            self._take_new()
            self._heap.show_all()
        else:
            self._heap.settle()

    def _conclude(self) -> None:
        for words in self.changed.state_differences():
            kind = LIBRARY if is_of_library(words.partition("changes ")[2]) else SEEN
            if words == KEEPS_FILE_OPEN:  # only its author can know that it is read when it is used
                kind = NOT_SHOWN
            self.effects.append(Effect(kind, words, self.origin))
        if self._calls.failure is not None:
            self.effects.append(Effect(NOT_SHOWN, self._calls.failure, self.origin))
        self.effects[:0] = [*self._events, *self._calls.effects]  # these have the very line
        for name, base in self._subclasses.found(self.own_objects, self.is_own):
            self.effects.append(
                Effect(SEEN, f"derives {name} from {base}, of which the subclasses are looked for", self.origin)
            )

    @property
    def is_paused(self) -> bool:
        """Whether nothing is observed now."""
        return self._is_paused

    def close(self) -> None:
        """Let go of everything, whatever happened."""
        self._is_paused = True
        self._calls.stop()
        audit.stop_listening()

    @property
    def origin(self) -> str:
        path = self.plugin.origin or getattr(sys.modules.get(self.plugin.module), "__file__", None)
        return f"{path}:1" if type(path) is str else ""

    # -- what was done ------------------------------------------------------------------------------------------------

    def _is_new(self, each: object) -> bool:
        """Return whether *each* was made by the import itself."""
        return id(each) in self._own_ids or any(each is other for other in self._heap.new_objects())

    def _note_event(self, kind: str, words: str) -> None:
        """Note an audit event, unless the import system or the host has caused it."""
        frame: FrameType | None = sys._getframe(2)
        location = None
        while frame is not None:
            name = frame.f_globals.get("__name__")
            if (name, frame.f_code.co_name) in HARMLESS_FUNCTIONS:
                return
            if self._calls.is_own_frame(frame):
                location = f"{frame.f_code.co_filename}:{frame.f_lineno}"
                break
            if type(name) is str and (name.startswith("importlib._boot") or name.partition(".")[0] == "pegboard"):
                return
            frame = frame.f_back
        if location is not None:
            self._events.append(Effect(kind, words, location))

    @property
    def calls(self) -> Collection[Call]:
        """The functions that the import has called."""
        return self._calls.by_code.values()

    def files(self) -> set[str]:
        """Return the files of the plugin's own code that has run."""
        return {call.code.co_filename for call in self.calls if self.is_own(call.module)}

    def _compare_states(self) -> None:
        state = process_state()
        if weakref.finalize._registered_with_atexit and not self._had_finalizers:  # type: ignore[attr-defined]
            self._state[EXIT_HANDLERS] += 1  # of the first finalizer of the process
        self._state[EXIT_HANDLERS] += self._calls.exit_handlers_of_libraries
        self._calls.exit_handlers_of_libraries = 0
        self.changed.add_states(self._state, state)
        for words in logger_differences(self._loggers, logger_states(), self.is_own, self.plugin):
            judge = Judge(
                self._heap, self.is_own, self._application, calls=self.calls, loaded=self.loaded, origin=self.origin
            )
            self.effects.append(Effect(SEEN, words, judge.location("logging")))
        self._compare_context()
        self._compare_finalizers()

    def _compare_context(self) -> None:
        before = self._context
        for variable, value in contextvars.copy_context().items():
            if variable.name in _OF_LIBRARIES:
                continue
            if before is not None and variable in before:
                if before[variable] is not value:
                    self.effects.append(Effect(SEEN, f"sets the context variable {variable.name!r}", self.origin))
            elif self._heap.holds(variable):
                self.effects.append(Effect(SEEN, f"sets the context variable {variable.name!r}", self.origin))

    def _compare_finalizers(self) -> None:
        for finalizer, info in dict(weakref.finalize._registry).items():  # type: ignore[attr-defined]
            if finalizer not in self._finalizers:
                what = info.weakref()
                if what is not None and not self._is_new(what):
                    words = f"has a finalizer called for an object of type {type(what).__name__} that is not its own"
                    self.effects.append(Effect(SEEN, words, self.origin))
