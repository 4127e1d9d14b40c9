"""Which threads still run code that was unloaded?

In: the global namespaces of unloaded modules. Out: threads, each with the module it was started for and its location.
"""

from __future__ import annotations

import sys
import threading
from time import monotonic

from pegboard._typing import TYPE_CHECKING
from pegboard.foreign_object import module_of

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from types import FrameType


def threads_of(namespace_ids: AbstractSet[int]) -> list[tuple[threading.Thread, str, str]]:
    """Return the threads that were started for code in these namespaces.

    Args:
        namespace_ids: The ids of the global namespaces of modules; see `DetachedModules.namespace_ids`.

    Returns:
        Each thread, the module that it was started for, and its innermost location in that code, as `file:line`. A
        thread that was started for other code and calls this code does not count.
    """
    frames = sys._current_frames()
    found = []
    for thread in threading.enumerate():
        frame = frames.get(thread.ident or 0)
        if frame is not None and thread is not threading.current_thread():
            module, location = _started_for(frame, namespace_ids)
            if module:
                found.append((thread, module, location))
    return found


def _started_for(frame: FrameType | None, namespace_ids: AbstractSet[int]) -> tuple[str, str]:
    module, location = "", ""
    while frame is not None:
        is_in_namespaces = id(frame.f_globals) in namespace_ids
        if is_in_namespaces and not location:
            location = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        name = module_of(frame)
        if name != "threading":
            module = name if is_in_namespaces else ""  # the outermost frame outside `threading` decides
        frame = frame.f_back
    return module, location


def wait_for_threads(
    namespace_ids: AbstractSet[int], deadline_s: float | None
) -> list[tuple[threading.Thread, str, str]]:
    """Wait up to *deadline_s* seconds for these threads, not at all if None; return those that have not ended."""
    end = monotonic() + (deadline_s or 0)
    for thread, _, _ in threads_of(namespace_ids):
        thread.join(max(0.0, end - monotonic()))
    return threads_of(namespace_ids)
