"""Why is there no command of that name?

In: the registry of an application's commands, and what the user has typed. Out: the plugin whose command it is, with
its state and a remedy; or the nearest command.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pegboard.errors import PegboardError, UnusableIndexError
from pegboard.ledger import BROKEN, DISABLED, QUARANTINED
from pegboard.regular_file import read_file
from pegboard.reporting import commands_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pegboard.index import Settings
    from pegboard.ledger import Plugin
    from pegboard.manager import PluginManager
    from pegboard.registry import Registry


def why_absent(commands: Registry[Any], name: str, certain: str, perhaps: str) -> str:
    """Return whose command *name* is, why it is not there, and what to do; empty if it is nobody's.

    Args:
        commands: The registry.
        name: What the user has typed.
        certain: What precedes the plugin if it has registered the command, e.g. `it is in`.
        perhaps: What precedes it if that is likely, since there is no record of the plugin.
    """
    try:
        commands.winner(name)
    except PegboardError as error:
        if getattr(error, "cause", ""):
            return f"{error.because()}"
    manager = commands._manager  # noqa: SLF001 -- an application gives an adapter its registry
    for plugin, is_certain in _owners(commands.name, name, manager):
        whose = certain if is_certain else perhaps
        reason = plugin.reason if plugin.error is None else plugin.error.because() or plugin.reason
        why = f": {reason}" if reason else ""
        return f"{whose} {plugin.who()}, which is {plugin.state}{why}{_remedy(plugin, manager)}"
    return ""


def nearest_command(name: str, commands: Registry[Any], known: Iterable[str]) -> str:
    """Return which of the *known* commands, and of that for plugins, is spelt most like *name*; empty if none is."""
    own = commands_of(commands._manager.settings.commands).split()[1:2]  # noqa: SLF001 -- as above
    return next(iter(get_close_matches(name, [*known, *own], n=1)), "")


def _owners(kind: str, name: str, manager: PluginManager) -> list[tuple[Plugin, bool]]:
    """Return the plugins that cannot be used and have registered *name*, or may do, the certain ones first."""
    left_out = [plugin for plugin in manager.plugins if not plugin.is_usable]
    records = _records(manager.settings)
    certain, perhaps = [], []
    for plugin in left_out:
        record = records.get(plugin.module, {}).get("record")
        if record and any(row[:2] == [kind, name] for row in record["rows"]):
            certain.append((plugin, True))
        elif not record and _mentions(plugin, name):
            perhaps.append((plugin, False))
    return [*certain, *perhaps]


def _records(settings: Settings) -> Any:
    from pegboard.index import read
    from pegboard.startup.recording.encoding import content_of

    path = settings.index_path()
    try:
        return content_of(read(path))["plugins"] if path else {}
    except (UnusableIndexError, ValueError):
        return {}


def _mentions(plugin: Plugin, name: str) -> bool:
    """Return whether *plugin*, of which there is no record, is called *name* or has that text in its source."""
    if name in (plugin.name, plugin.distribution.name if plugin.distribution else ""):
        return True
    if plugin.origin is None or not plugin.origin.endswith(".py"):
        return False
    try:
        source = read_file(plugin.origin)
    except (OSError, ValueError):
        return False
    return any(f"{quote}{name}{quote}".encode("utf-8", "replace") in source for quote in "\"'")


def _remedy(plugin: Plugin, manager: PluginManager) -> str:
    commands = commands_of(manager.settings.commands)
    reason = plugin.reason or ""
    if "--no-plugins" in reason:
        return "; do without --no-plugins to use it"
    if plugin.state == DISABLED and reason.startswith("left out by "):
        return f"; unset {reason.removeprefix('left out by ')} to use it"
    if not commands:
        return ""
    words = {DISABLED: f"enable {plugin.name}", QUARANTINED: f"release {plugin.name}", BROKEN: "doctor"}
    return f"; try: {commands} {words[plugin.state]}" if plugin.state in words else ""
