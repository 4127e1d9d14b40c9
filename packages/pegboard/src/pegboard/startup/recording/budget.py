"""Which plugins are judged in this start, and when has that taken long enough?

In: how long judging may take, and what earlier starts have noted. Out: yes or no for each plugin. An application
without an index imports every plugin, too; observing the imports comes on top of that, and makes later starts fast. So
it gets a limited time in each start, and goes on in the next one.
"""

from __future__ import annotations

import math

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pegboard.index import Settings
    from pegboard.ledger import Plugin

_USUAL_S = 0.008
"""What judging takes for one plugin, before any has been judged."""


class Budget:
    """The time for judging in one start. At least one plugin is judged, however long that takes."""

    def __init__(self, seconds: float, waiting: Sequence[Plugin], uses: Mapping[str, int], usual_s: float) -> None:
        """Choose the plugins.

        Args:
            seconds: CPU time beyond that of plain imports; infinite for no limit.
            waiting: The plugins that wait to be judged, in order.
            uses: How many processes have used each plugin, by name; those that are used most come first.
            usual_s: What judging took for each plugin in the last start; 0 if that is not known.
        """
        self._left_s = seconds
        self._chosen = set(waiting)
        self.spent_s: float = 0.0
        """How long judging has taken so far."""
        self.judged: int = 0
        """How many plugins it has judged."""
        if not math.isinf(seconds) and any(plugin.name in uses for plugin in waiting):
            count = max(1, math.ceil(seconds / (usual_s or _USUAL_S)))
            by_use = sorted(waiting, key=lambda plugin: -uses.get(plugin.name, 0))
            self._chosen = set(by_use[:count])

    def allows(self, plugin: Plugin) -> bool:
        """Return whether *plugin* is judged in this start."""
        return plugin in self._chosen and (self.judged == 0 or self._left_s > 0)

    def spend(self, seconds: float, judged: int = 1) -> None:
        """Note that so many plugins have been judged, which took so many *seconds*."""
        self.judged += judged
        self.spent_s += seconds
        self._left_s -= seconds


def allowed_s(settings: Settings) -> float:
    """Return the seconds that a start may spend on judging: what the user's environment says, else the application."""
    said = settings.environ.get(f"{settings.prefix}_PLUGINS_JUDGING_S", "")
    try:
        seconds = float(said)
    except ValueError:
        return settings.judging_s
    return seconds if seconds >= 0 else settings.judging_s
