"""`plugins list`: all plugins, with state, reason, contributions and cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.reporting import muted
from pegboard.tools.cli.commands import DONE, command
from pegboard.tools.inspection.survey import survey

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output
    from pegboard.tools.inspection.survey import PluginView

STATES = ("primed", "eager", "active", "found", "disabled", "broken", "quarantined")

_FEW = 4


def add(commands: Group) -> None:
    """Add `list`."""
    parser = command(
        commands,
        "list",
        run,
        "list the plugins: state and why, contributions, cost",
        epilog="It starts the application as any command does, and imports a plugin only if that does.",
    )
    parser.add_argument(
        "--state", metavar="STATE", action="append", choices=STATES, help=f"only these: {', '.join(STATES)}"
    )
    parser.add_argument("--others", action="store_true", help="leave out those that the application brings itself")


def run(host: Host, options: argparse.Namespace, output: Output) -> int:
    """List them."""
    seen = survey(host)
    chosen = [
        plugin
        for plugin in seen.plugins
        if (not options.state or plugin.state in options.state) and not (options.others and plugin.source == "built-in")
    ]
    silent = list(muted(host.settings.file("plugins.toml")))
    output.answer(
        {"application": seen.application, "plugins": [plugin_data(plugin) for plugin in chosen], "muted": silent}
    )
    if not chosen:
        output.say("there is no such plugin" if seen.plugins else f"{seen.application} has no plugins")
        return DONE
    headings = ("name", "version", "distribution", "state", "why", "contributions", "ms")
    output.table(headings, [_row(plugin) for plugin in chosen])
    if silent:
        output.tell(f"muted, so that no start tells of it: {', '.join(silent)} ({options.prog} unmute)")
    return DONE


def plugin_data(plugin: PluginView) -> dict[str, object]:
    """Return what `--json` shows of *plugin*."""
    from dataclasses import asdict

    return asdict(plugin)


def _row(plugin: PluginView) -> tuple[str, ...]:
    return (
        plugin.name,
        plugin.version or "",
        plugin.distribution or plugin.source,
        plugin.state,
        plugin.why,
        _contributions(plugin) or "-",
        "" if plugin.cost_ms is None else f"{plugin.cost_ms:.1f}",
    )


def _contributions(plugin: PluginView) -> str:
    """Return what it contributes, by kind: their names, or how many there are."""
    by_kind: dict[str, list[str]] = {}
    for claim in plugin.contributions:
        by_kind.setdefault(claim.kind, []).append(claim.name.rpartition(":")[2])
    return "; ".join(
        f"{kind}: {', '.join(names) if len(names) <= _FEW else len(names)}" for kind, names in by_kind.items()
    )
