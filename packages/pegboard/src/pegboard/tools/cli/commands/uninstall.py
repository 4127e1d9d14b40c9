"""`plugins uninstall`: remove the distributions of plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import InstallRefusedError, PluginNotFoundError
from pegboard.ledger import ISOLATED
from pegboard.startup.discovery.distributions import normalise
from pegboard.startup.isolating.candidates import command_for
from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.cli.completion import OWNERS, taking
from pegboard.tools.cli.environment_commands import (
    add_options,
    installer_for,
    is_confirmed,
    record_plugins,
    reporting_state,
)
from pegboard.tools.installing.change import uninstall as change
from pegboard.tools.installing.dependencies import closure, needs
from pegboard.tools.installing.installed import Snapshot, plugins_by_distribution

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output
    from pegboard.tools.installing.installer import Installer


def add(commands: Group) -> None:
    """Add `uninstall`."""
    parser = command(commands, "uninstall", _run, "remove plugins with their distributions")
    names = parser.add_argument("names", metavar="NAME", nargs="+", help="a plugin or its distribution")
    taking(names, OWNERS)
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    add_options(parser, resolves=False)


def _run(host: Host, options: argparse.Namespace, output: Output) -> int:
    installer = installer_for(options, output)  # which tells of a change that was interrupted, before a name is missed
    return remove(host, options, output, installer, distributions_of(host, options.names))


def distributions_of(host: Host, names: Sequence[str]) -> list[str]:
    """Return the distributions that *names* mean, of plugins or their own; all distributions of plugins without names.

    Raises:
        PluginNotFoundError: For a name that is neither.
    """
    plugins = plugins_by_distribution(host)
    if not names:
        return sorted(plugins)
    found = []
    for name in names:
        owners = [key for key, brings in plugins.items() if normalise(name) == key]
        owners = owners or [key for key, brings in plugins.items() if name in brings]
        if not owners and (isolated := isolated_distribution(host, name)):
            cause = f"{name} is isolated: what is in its environment is not installed beside the application"
            advice = f"`{command_for(host.settings, isolated).replace(' isolate ', ' isolate --off ')}` ends that"
            raise InstallRefusedError(cause, "", advice)
        if not owners:
            raise PluginNotFoundError(
                name, tuple({*plugins, *(each for brings in plugins.values() for each in brings)})
            )
        found += owners
    return sorted(set(found))


def isolated_distribution(host: Host, name: str) -> str | None:
    """Return the isolated distribution that *name* means, or that brings the plugin of that name; None if none does."""
    for plugin in host.plugins:
        if plugin.source == ISOLATED and plugin.distribution is not None:
            key = normalise(plugin.distribution.name)
            if normalise(name) == key or name == plugin.name:
                return key
    return None


def remove(host: Host, options: argparse.Namespace, output: Output, installer: Installer, keys: Sequence[str]) -> int:
    """Remove the distributions *keys*, unless something that stays needs one of them.

    Raises:
        InstallRefusedError: If something needs one.
    """
    snapshot = Snapshot()
    in_use = closure(dict.fromkeys(snapshot.distributions.keys() - set(keys), ()), snapshot.requires)
    for key in sorted(in_use.keys() - set(keys)):
        if needed := needs(snapshot.requires[key], in_use[key]).keys() & set(keys):
            raise InstallRefusedError(f"{key} needs {', '.join(sorted(needed))}", "", f"uninstall {key} as well")
    plugins = plugins_by_distribution(host)
    answer = {
        "environment": installer.environment.kind,
        "removed": [
            {"distribution": key, "version": snapshot.versions.get(key), "plugins": plugins.get(key, [])}
            for key in keys
        ],
        "done": False,
    }
    for key in keys:
        brings = f" (plugins: {', '.join(plugins[key])})" if key in plugins else ""
        output.say(f"{'would remove' if options.dry_run else 'remove'} {key} {snapshot.versions.get(key)}{brings}")
    if options.dry_run:
        output.answer(answer)
        return DONE
    if not options.yes and not is_confirmed(output):
        return FAILED
    with reporting_state(options, output):
        output.say(*change(installer, keys, set(plugins)))
    status, _ = record_plugins(host, options, (), output)
    output.answer({**answer, "done": True})
    return status
