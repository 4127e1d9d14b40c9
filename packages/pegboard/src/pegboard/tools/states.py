"""The words for the state of a plugin, the same in every command.

In: a plugin, or what an index says of one. Out: one of `STATES`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import UnusableIndexError
from pegboard.index import read
from pegboard.ledger import ACTIVE, BROKEN, DISABLED, FOUND, PRIMED, QUARANTINED
from pegboard.startup.recording.encoding import content_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pegboard.host import Host
    from pegboard.ledger import Plugin

EAGER = "eager"
"""The state of a plugin that works, and is imported at every start."""
MEANINGS = {
    BROKEN: "its import failed",
    QUARANTINED: "left out, since it took the process down",
    EAGER: "imported at every start",
    ACTIVE: "imported",
    PRIMED: "known from its record; it is imported when something of it is used",
    FOUND: "it is there, and was not imported yet",
    DISABLED: "left out",
}
STATES = tuple(MEANINGS)
"""Each state, the one first that needs attention."""


def state_of(plugin: Plugin) -> str:
    """Return the state of *plugin*, of a host that has started."""
    return EAGER if plugin.eager and plugin.is_usable else str(plugin.state)


def recorded_state(state: str, *, is_eager: bool, is_recorded: bool, is_early: bool = False) -> str:
    """Return the state of a plugin as an index has it.

    Args:
        state: As it was found there.
        is_eager: Whether it is imported at every start.
        is_recorded: Whether there is a record of it; there is none of a plugin that fails.
        is_early: Whether it has none since it had been imported before plugins were looked for.
    """
    if state not in (FOUND, PRIMED, ACTIVE):
        return state
    if not is_recorded and not is_early:
        return BROKEN
    return EAGER if is_eager else state


def last_known_states(host: Host) -> dict[str, str]:
    """Return the state of each plugin by its name: as the last start has left it, without another start."""
    path = host.settings.index_path()
    try:
        recorded = content_of(read(path))["plugins"] if path else {}
    except UnusableIndexError:
        recorded = {}
    return {plugin.name: _last_known(plugin, recorded.get(plugin.module)) for plugin in host.plugins}


def _last_known(plugin: Plugin, entry: Mapping[str, Any] | None) -> str:
    if plugin.state != FOUND or entry is None:
        return state_of(plugin)
    return recorded_state(entry["state"], is_eager=entry["is_eager"], is_recorded=entry["record"] is not None)
