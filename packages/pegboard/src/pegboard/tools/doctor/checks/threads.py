"""Plugins that start a thread while they are imported, for which every command waits at its end."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.ledger import Plugin

_GRACE_S = 0.5
"""How long a thread may take to end."""


class ThreadWatch:
    """Watches, in the process of a worker, which threads imports leave behind."""

    def __init__(self) -> None:
        self._known = set(threading.enumerate())

    def findings(self, plugin: Plugin) -> Iterator[Finding]:
        """Yield each thread that the import of *plugin* has started, and that the interpreter waits for."""
        new = [each for each in threading.enumerate() if each not in self._known and not each.daemon]
        self._known.update(new)
        deadline = time.monotonic() + _GRACE_S
        for thread in new:
            thread.join(max(0.0, deadline - time.monotonic()))
            frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 -- there is no other way
            if thread.is_alive():
                yield finding(
                    "plugin-thread-endless",
                    f"a thread of {plugin.who()} does not end: a command may hang at its end",
                    about=plugin,
                    cause=f"its import starts the thread {thread.name!r}, which is no daemon",
                    where=f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else plugin.origin or "",
                    remedy="update it or disable it, or tell its author",
                )
