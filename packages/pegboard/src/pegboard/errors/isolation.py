"""What is wrong with the process of an isolated plugin?"""

from __future__ import annotations

from pegboard.errors.plugin import PluginError


class PluginProcessError(PluginError):
    """An isolated plugin could not be started in a process of its own."""

    code = "plugin-process-failed"
    phase = "import"
    _what = "{who} could not be started in a process of its own"
    cause: str
    place: str | None = None  #: The interpreter of its environment.
    advice: str | None = None


class PluginProcessDiedError(PluginProcessError):
    """The process of an isolated plugin has ended, or was ended, while something of it was used."""

    code = "plugin-process-died"
    phase = "call"
    _what = "the process of {who} has ended while {doing}"
    _hint = "the next use starts another; if it happens again, report the cause to its author"
    doing: str = "it was idle"
    printed: str = ""  #: The last lines that it printed.

    def because(self) -> str | None:
        return f"{self.cause}; it said last: {self.printed}" if self.printed else self.cause


class ConfinementError(PluginProcessError):
    """An isolated plugin is to be confined, and the system cannot do that; so it is not started."""

    code = "plugin-not-confined"
    _what = "{who} is to be confined, and cannot be on this system"
    advice = "without `confined = true` it runs as before, with all that the user may do"
