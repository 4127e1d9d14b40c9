"""For whose thread does a process wait at its end?

In: who owns a module. Out: when the user interrupts that wait, a message that names the plugins, and no traceback.

Source: the `sys` reference, `unraisablehook`; the interpreter reports what ends its wait for threads there.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.foreign_object import module_of
from pegboard.terminal import tell, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

    from pegboard.ledger import Plugin

_is_watching: list[bool] = []


def watch(owner_of: Callable[[str], Plugin | None], application: str) -> None:
    """Name the plugins whose threads the process waits for, if the user interrupts that.

    Args:
        owner_of: Returns the plugin that a module belongs to, or None.
        application: What is named first.
    """
    if _is_watching or "threading" not in sys.modules:
        return
    _is_watching.append(True)
    original = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        lines = list(_lines(owner_of)) if _is_end_of_waiting(unraisable) else []
        if not lines:
            original(unraisable)
        for line in lines:
            tell(f"{application}: interrupted while waiting for {line}\n")

    sys.unraisablehook = hook


def _is_end_of_waiting(unraisable: Any) -> bool:
    steps = unraisable.exc_traceback  # the object is the module `threading`, or missing since Python 3.13
    return (
        unraisable.exc_type is KeyboardInterrupt
        and steps is not None
        and steps.tb_frame.f_code.co_name == "_shutdown"
        and module_of(steps.tb_frame) == "threading"
    )


def _lines(owner_of: Callable[[str], Plugin | None]) -> Iterator[str]:
    frames = sys._current_frames()  # noqa: SLF001 -- there is no other way
    for thread in sys.modules["threading"].enumerate():
        if not thread.daemon and thread is not sys.modules["threading"].main_thread():
            found = _owner(frames.get(thread.ident or 0), owner_of)
            if found is not None:
                plugin, place = found
                yield (
                    f"{visible(plugin.who())}: its thread {visible(thread.name)!r} does not end, at {visible(place)} "
                    "(hint: update or disable it, or tell its author)"
                )


def _owner(frame: FrameType | None, owner_of: Callable[[str], Plugin | None]) -> tuple[Plugin, str] | None:
    """Return the plugin whose code the outermost frame of a plugin runs, and where it is."""
    found = None
    while frame is not None:
        plugin = owner_of(module_of(frame))
        if plugin is not None and not plugin.is_built_in:
            found = plugin, f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return found
