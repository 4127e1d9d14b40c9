"""The inspector's data, from which its page and the output of `--json` are made."""

from __future__ import annotations

from dataclasses import asdict

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import BROKEN
from pegboard.tools.inspection.graph import graph_of
from pegboard.tools.states import EAGER, STATES

if TYPE_CHECKING:
    from typing import Any

    from pegboard.tools.inspection.start_imports import Import, Start
    from pegboard.tools.inspection.survey import PluginView, Survey


def inspector_data(seen: Survey, start: Start, *, commands: str) -> dict[str, Any]:
    """Return everything that the inspector shows.

    Args:
        seen: The plugins.
        start: The start that preceded the survey.
        commands: How the `plugins` commands are called, e.g. `utt plugins`.
    """
    by_name = {plugin.name: plugin for plugin in seen.plugins}
    states = [plugin.state for plugin in seen.plugins]
    return {
        "application": seen.application,
        "commands": commands,
        "counts": {state: states.count(state) for state in STATES if state in states},
        "plugins": [asdict(plugin) for plugin in seen.plugins],
        "own_contributions": [asdict(claim) for claim in seen.claims if not claim.plugin],
        "hooks": [asdict(hook) for hook in seen.hooks],
        "graph": asdict(graph_of(seen)),
        "start": {
            "total_ms": start.total_ms,
            "imports": [
                {**asdict(each), "because": _because(each, by_name.get(each.plugin))} for each in start.imports
            ],
        },
        "faults": [asdict(fault) for fault in seen.faults],
    }


def _because(each: Import, plugin: PluginView | None) -> str:
    if each.inside is not None:
        return f"plugin {each.inside!r} imports it"
    if plugin is None:
        return "unknown"
    if plugin.state == EAGER:
        return f"eager: {plugin.why}"
    if plugin.state == BROKEN:
        return "broken, and tried again at every start"
    return plugin.why
