"""What does a person see while many plugins are imported for the first time? One line on a terminal."""

from __future__ import annotations

import sys
import time

from pegboard._typing import TYPE_CHECKING
from pegboard.terminal import tell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final, Self

    from pegboard.ledger import Plugin

_DELAY_S: Final = 0.5
_STEP_S: Final = 0.05


class Progress:
    """Shows, on a terminal, how many plugins have been imported, as soon as that has taken half a second."""

    def __init__(self, application: str, plugins: Sequence[Plugin]) -> None:
        """Show nothing yet; to iterate over it yields the *plugins*, each as it is imported.

        It iterates by itself because the position in a loop is an object that changes while plugins are observed.
        """
        self._application = application
        self._plugins = plugins
        self._total = len(plugins)
        self._done = 0
        self._next = time.monotonic() + _DELAY_S  # when the line is shown
        self._is_shown = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Plugin:
        if self._done == self._total:
            raise StopIteration
        self._step()
        return self._plugins[self._done - 1]

    def _step(self) -> None:
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
