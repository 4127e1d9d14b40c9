"""What does a person see while many plugins are imported for the first time? One line on a terminal."""

from __future__ import annotations

import sys
import time
from typing import Final

from pegboard.terminal import tell

_DELAY_S: Final = 0.5


class Progress:
    """Shows, on a terminal, how many plugins have been imported, as soon as that has taken half a second."""

    def __init__(self, application: str, total: int) -> None:
        self._application = application
        self._total = total
        self._done = 0
        self._started = time.monotonic()
        self._is_shown = False

    def step(self) -> None:
        self._done += 1
        if time.monotonic() - self._started < _DELAY_S or not self._is_terminal():
            return
        self._is_shown = True
        tell(f"\r{self._application}: recording plugin {self._done} of {self._total}")

    def finish(self) -> None:
        if self._is_shown:
            tell("\r\x1b[K")

    def _is_terminal(self) -> bool:
        try:
            return bool(sys.stderr.isatty())
        except Exception:  # a plugin has replaced it by something else
            return False
