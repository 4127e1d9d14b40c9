"""What happens when the plugins are asked for while the application's API is being imported?

In: the frames of a start. Out: an API that is complete, as plugins need it, or an error with both places.

A unit test imports a plugin, which imports the API, which imports the module that makes the host; and that module asks
for names. So the API is half there. It is imported once more: what it wants from the application is there by now, and
the copy that was begun is dropped when it ends.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import StartTooEarlyError
from pegboard.second_host import tell

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from pegboard.errors import PegboardError


def check_start(manager: Any, report: Callable[[PegboardError], object]) -> None:
    """Tell of other hosts, and import the API anew if this thread is importing it; then no record is made.

    Args:
        manager: The manager that is about to start.
        report: Told of another host.

    Raises:
        StartTooEarlyError: If it cannot be imported, since it needs what the application does not have yet.
    """
    if manager.others:
        tell(manager, report)
    application = manager.settings.application
    plugins = manager.settings.namespace or f"{application}.plugins"
    bodies = [
        (name, f"{frame.f_code.co_filename}:{frame.f_lineno}")
        for name, frame in _bodies()
        if name.startswith(f"{application}.") and not name.startswith(plugins)
    ]
    parts = [name for name, _ in bodies[1:] if f"{name}.".startswith(f"{application}.api.")]
    if not parts:
        return
    outermost = [name for name, _ in bodies].index(parts[-1])
    manager.is_recording = False
    begun = {name: sys.modules.pop(name) for name, _ in bodies[1 : outermost + 1] if name in sys.modules}
    try:
        for name in parts:
            __import__(name)
    except Exception as error:
        sys.modules.update(begun)
        here, there = bodies[0][1], bodies[outermost][1]
        raise StartTooEarlyError(application, here, parts[-1], there, f"{type(error).__name__}: {error}") from error


def _bodies() -> list[tuple[str, FrameType]]:
    """Return the name of each module that this thread is executing, and its frame; the innermost first."""
    found = []
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 -- frames have no public door
    while frame is not None:
        name = frame.f_globals.get("__name__")
        if frame.f_code.co_name == "<module>" and isinstance(name, str):
            found.append((name, frame))
        frame = frame.f_back
    return found
