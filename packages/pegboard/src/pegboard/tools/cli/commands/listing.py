"""`plugins list`: all plugins, one line each; with `--long` also why, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.ledger import BROKEN, DISABLED, QUARANTINED
from pegboard.reporting import muted
from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.cli.environment_commands import add_source_options
from pegboard.tools.inspection.survey import survey
from pegboard.tools.states import STATES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pegboard.errors import PegboardError
    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output
    from pegboard.tools.inspection.survey import PluginView

_FEW = 4


def add(commands: Group) -> None:
    """Add `list`."""
    parser = command(
        commands,
        "list",
        run,
        "list the plugins: version, state and what they add",
        epilog="It starts the application as any command does, and imports a plugin only if that does. Of one that is "
        "not in use, the last column says why. Built-in plugins come last.",
    )
    parser.add_argument(
        "--state", metavar="STATE", action="append", choices=STATES, help=f"only these: {', '.join(STATES)}"
    )
    parser.add_argument("--others", action="store_true", help="leave out those that the application brings itself")
    parser.add_argument("--long", action="store_true", help="with distribution, reason and cost of each")
    parser.add_argument(
        "--outdated", action="store_true", help="only those of which there is a newer version, as the index says"
    )
    add_source_options(parser)
    parser.set_defaults(shows=_shows)


def _shows(options: argparse.Namespace, problem: PegboardError) -> bool:
    is_left_out = options.others and problem.summary().startswith("built-in ")
    return not (options.outdated or is_left_out) and (not options.state or BROKEN in options.state)


def run(host: Host, options: argparse.Namespace, output: Output) -> int:
    """List them."""
    seen = survey(host)
    chosen = [
        plugin
        for plugin in seen.plugins
        if (not options.state or plugin.state in options.state) and not (options.others and plugin.source == "built-in")
    ]
    newest: dict[str, str] = {}
    status = DONE
    if options.outdated:
        newest, status = _newest(chosen, options, output)
        chosen = [plugin for plugin in chosen if plugin.distribution in newest]
    data = [
        plugin_data(plugin) | ({"newest": newest[plugin.distribution or ""]} if newest else {}) for plugin in chosen
    ]
    silent = list(muted(host.settings.file("plugins.toml")))
    output.answer({"application": seen.application, "plugins": data, "muted": silent})
    if not chosen:
        none = "no newer version of a plugin is known" if options.outdated else "there is no such plugin"
        output.say(none if seen.plugins else f"{seen.application} has no plugins")
        return status
    chosen.sort(key=lambda plugin: plugin.source == "built-in")
    if options.long:
        headings = ("name", "version", "distribution", "state", "why", "contributions", "ms")
        output.table(headings, [_long_row(plugin) for plugin in chosen])
    else:
        more = ("newest",) if newest else ()
        output.lines(("name", "version", *more, "state", "adds"), [_row(plugin, newest) for plugin in chosen])
    if silent:
        output.tell(f"muted, so that no start tells of it: {', '.join(silent)} ({options.prog} unmute)")
    return status


def plugin_data(plugin: PluginView) -> dict[str, object]:
    """Return what `--json` shows of *plugin*."""
    from dataclasses import asdict

    return asdict(plugin)


def _newest(plugins: list[PluginView], options: argparse.Namespace, output: Output) -> tuple[dict[str, str], int]:
    """Return the newest version of each distribution that is older, by its name as it is installed, and the status."""
    from pegboard.tools.installing.catalogue import Catalogue
    from pegboard.tools.installing.wheels import is_older

    catalogue = Catalogue.of(options)
    installed = {
        plugin.distribution: plugin.version or ""
        for plugin in plugins
        if plugin.distribution and plugin.source != "built-in"
    }
    found = {}
    for name, version in installed.items():
        output.progress(f"asking for versions of {name} ...")
        newest = catalogue.newest(name)
        if newest is not None and is_older(version, newest):
            found[name] = newest
    for problem in catalogue.problems:
        output.complain(f"warning: {problem}")
    return found, FAILED if catalogue.problems else DONE


def _row(plugin: PluginView, newest: Mapping[str, str]) -> tuple[str, ...]:
    more = (newest[plugin.distribution or ""],) if newest else ()
    is_off = plugin.state in (BROKEN, DISABLED, QUARANTINED)
    return plugin.name, plugin.version or "-", *more, plugin.state, plugin.why if is_off else adds(plugin) or "-"


def _long_row(plugin: PluginView) -> tuple[str, ...]:
    return (
        plugin.name,
        plugin.version or "",
        plugin.distribution or plugin.source,
        plugin.state,
        plugin.why,
        adds(plugin) or "-",
        "" if plugin.cost_ms is None else f"{plugin.cost_ms:.1f}",
    )


def adds(plugin: PluginView) -> str:
    """Return what *plugin* contributes and what of that is not in use, by kind: the names, or how many there are."""
    had: dict[str, list[str]] = {}
    lost: dict[str, list[str]] = {}
    for claim in plugin.contributions:
        (had if claim.is_in_use else lost).setdefault(claim.kind, []).append(claim.name.rpartition(":")[2])
    parts = [f"{kind}: {_some(names)}" for kind, names in had.items()]
    return "; ".join([*parts, *(f"not in use: {kind} {_some(names)}" for kind, names in lost.items())])


def _some(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= _FEW else str(len(names))
