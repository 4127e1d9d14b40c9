"""`plugins enable`, and what `plugins disable` shares with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pegboard.ledger import Plugin
from pegboard.tools.cli.commands import DONE, command
from pegboard.tools.cli.completion import LEFT_OUT, taking
from pegboard.tools.cli.user_settings import UserSettings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pegboard.host import Host
    from pegboard.startup.policy.policy import Policy
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `enable`."""
    parser = command(commands, "enable", run, "let plugins run that plugins.toml leaves out")
    names = parser.add_argument("names", metavar="NAME", nargs="+", help="a plugin's name")
    taking(names, LEFT_OUT)


def run(host: Host, options: argparse.Namespace, output: Output) -> int:
    """Enable them."""
    return switch_plugins(host, options.names, output, is_on=True)


def switch_plugins(host: Host, names: Sequence[str], output: Output, *, is_on: bool) -> int:
    """Enable or disable the plugins *names*, all of them or none, and print the effect.

    Raises:
        PluginNotFoundError: If one is unknown.
        SettingsError: If the application needs one, or the file cannot be changed.
    """
    settings = UserSettings(host)
    names = list(dict.fromkeys(names))
    plugins = settings.plugins
    settings.check_names(names)
    if not is_on:
        settings.check_disabling(names)
    before = settings.policy_of_file()
    changed = [name for name in names if _set_enabled(settings, before, name, plugins.get(name), is_on)]
    if changed:
        settings.file.write()
    now = settings.policy()
    answers: list[dict[str, Any]] = []
    for name in names:
        plugin = plugins.get(name)
        objection = _objection(now, name, plugin)
        is_overridden = (objection is None) is not is_on
        beaten_by = (objection or f"enabled by {settings.prefix}_PLUGINS") if is_overridden else None
        answers.append(
            {
                "name": name,
                "is_installed": plugin is not None,
                "is_built_in": plugin is not None and plugin.is_built_in,
                "is_enabled": is_on,
                "is_changed": name in changed,
                "overridden_by": beaten_by,
            }
        )
        output.say(*_lines(host, settings, plugin, answers[-1]))
    output.answer({"file": settings.file.path, "is_changed": bool(changed), "plugins": answers})
    return DONE


def _set_enabled(settings: UserSettings, before: Policy, name: str, plugin: Plugin | None, is_on: bool) -> bool:  # noqa: FBT001
    if (_objection(before, name, plugin) is None) is is_on:
        return False
    return settings.file.set(("plugins", name, "enabled"), is_on)


def _objection(policy: Policy, name: str, plugin: Plugin | None) -> str | None:
    return policy.why_disabled(plugin or Plugin(name, name))


def _lines(host: Host, settings: UserSettings, plugin: Plugin | None, answer: dict[str, Any]) -> list[str]:
    who = plugin.who() if plugin else f"plugin {answer['name']!r}"
    word = "enabled" if answer["is_enabled"] else "disabled"
    if not answer["is_changed"]:
        lines = [f"{who} is {word} already in {settings.file.path}, or by default: nothing is changed"]
    elif answer["is_enabled"]:
        lines = [f"{who} is enabled: it is used from the next start on"]
    else:
        lines = [f"{who} is disabled: it is left out from the next start on"]
    if plugin is None:
        lines.append("  note: it is not installed")
    elif plugin.is_built_in and answer["is_changed"] and not answer["is_enabled"]:
        lines.append(f"  note: it is built in; {host.name} loses what it provides")
    if answer["overridden_by"]:
        lines.append(f"  note: this has no effect now, since it is {answer['overridden_by']}, which beats the file")
    if plugin is not None and plugin.state == "broken" and answer["is_enabled"]:
        lines.append(f"  note: it cannot be used: {plugin.reason}")
    return lines
