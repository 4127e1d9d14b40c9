"""Where does go what the process of a plugin writes to its standard output and error?

In: bytes, as they come out of a pipe: of Python, of code in C, and of processes that the plugin has started. Out: lines
on the application's standard error, each after the plugin's name; and the last ones, for the error that says why the
process has died.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.terminal import shortened, tell, visible

if TYPE_CHECKING:
    from typing import Final

_MOST_BYTES: Final = 65536
"""A longer line is broken."""
_MOST_LINES: Final = 40
_SHOWN: Final = 3
"""How many lines an error shows."""
_FATAL: Final = "Fatal Python error: "
"""How what `faulthandler` and the interpreter print begins; a traceback follows, the innermost frame first."""


class Output:
    """What one process has written."""

    def __init__(self, who: str) -> None:
        """Start with nothing.

        Args:
            who: The application and the plugin, e.g. `notes: plugin 'csv' of acme-csv 1.2.0`.
        """
        self._who = who
        self._rest = b""
        self._lines: list[str] = []

    def write(self, data: bytes) -> None:
        """Show the lines that end in *data*; the rest waits for what comes next."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        while len(self._rest) > _MOST_BYTES:
            lines.append(self._rest[:_MOST_BYTES])
            self._rest = self._rest[_MOST_BYTES:]
        self._show(lines)

    def end(self) -> None:
        """Show the last line, which has no end."""
        rest, self._rest = self._rest, b""
        self._show([rest] if rest else [])

    def _show(self, lines: list[bytes]) -> None:
        if not lines:
            return
        texts = [visible(line.decode("utf-8", "replace").rstrip("\r"), keeping="\t") for line in lines]
        self._lines = [*self._lines, *filter(str.strip, texts)][-_MOST_LINES:]
        tell("".join([f"{self._who} prints: {text}\n" for text in texts]))

    @property
    def last_words(self) -> str:
        """What the process has written at its end, in one line: the last lines, or those that say why it has died."""
        fatal = [at for at, line in enumerate(self._lines) if line.startswith(_FATAL)]
        lines = self._lines[-_SHOWN:]
        if fatal:
            frames = [line for line in self._lines[fatal[0] + 1 :] if line.startswith("  File ")]
            lines = [self._lines[fatal[0]], *frames[:2]]
        return " | ".join(shortened(line.strip(), 300) for line in lines)
