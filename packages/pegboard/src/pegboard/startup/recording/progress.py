"""What does a person see while many plugins are imported for the first time? One line on a terminal."""

from __future__ import annotations

import sys
import time

from pegboard._typing import TYPE_CHECKING
from pegboard.terminal import tell

if TYPE_CHECKING:
    from typing import Final

_DELAY_S: Final = 0.5
_STEP_S: Final = 0.05


class Progress:
    """Shows, on a terminal, how many plugins have been imported, as soon as that has taken half a second."""

    def __init__(self, application: str, total: int) -> None:
        self._application = application
        self._total = total
        self._done = 0
        self._next = time.monotonic() + _DELAY_S  # when the line is shown
        self._is_shown = False

    def step(self) -> None:
        self._done += 1
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _STEP_S
        if not self._is_terminal():
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
