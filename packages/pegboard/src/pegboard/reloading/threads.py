"""Threads that run code which was unloaded."""

from __future__ import annotations

import sys
import threading
from time import monotonic

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from types import FrameType


def started_by(variables: AbstractSet[int]) -> list[tuple[threading.Thread, str, str]]:
    """Return the threads that run for code with these global variables.

    A thread that was started for something else and is only passing through is not among them.

    Args:
        variables: The identities of modules' global variables; see `Aside.globals`.

    Returns:
        Of each the thread, the module it was started for, and the place it is at, as `file:line`.
    """
    frames = sys._current_frames()
    found = []
    for thread in threading.enumerate():
        frame = frames.get(thread.ident or 0)
        if frame is not None and thread is not threading.current_thread():
            module, place = _begun_for(frame, variables)
            if module:
                found.append((thread, module, place))
    return found


def _begun_for(frame: FrameType | None, variables: AbstractSet[int]) -> tuple[str, str]:
    module, place = "", ""
    while frame is not None:
        is_theirs = id(frame.f_globals) in variables
        if is_theirs and not place:
            place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        name = frame.f_globals.get("__name__", "")
        if name != "threading":
            module = name if is_theirs else ""  # the outermost frame but for Python's own has the last word
        frame = frame.f_back
    return module, place


def outlasting(variables: AbstractSet[int], deadline_s: float | None) -> list[tuple[threading.Thread, str, str]]:
    """Return those that do not end by themselves within *deadline_s* seconds; None does not wait."""
    end = monotonic() + (deadline_s or 0)
    for thread, _, _ in started_by(variables):
        thread.join(max(0.0, end - monotonic()))
    return started_by(variables)
