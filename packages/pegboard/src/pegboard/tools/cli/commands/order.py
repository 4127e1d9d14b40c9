"""`plugins order`: show in which order plugins come, and why, or change it in `plugins.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import UnusableIndexError
from pegboard.index import read
from pegboard.startup.policy.ordering import order
from pegboard.startup.recording.encoding import content_of
from pegboard.tools.cli.commands import DONE, command
from pegboard.tools.cli.completion import PLUGINS, taking
from pegboard.tools.cli.user_settings import UserSettings
from pegboard.tools.states import last_known_states

if TYPE_CHECKING:
    import argparse
    from typing import Any

    from pegboard.host import Host
    from pegboard.ledger import Plugin
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `order`."""
    parser = command(
        commands,
        "order",
        run,
        "show in which order plugins come, and why, or set it in plugins.toml",
        epilog="Named plugins come in that order among themselves; all others keep their places as far as they can.",
    )
    names = parser.add_argument("names", metavar="NAME", nargs="*", help="plugins, in the order that is wished")
    taking(names, PLUGINS)
    parser.add_argument("--clear", action="store_true", help="forget the order that was set")
    parser.set_defaults(usage_error=parser.error)


def run(host: Host, options: argparse.Namespace, output: Output) -> int:
    """Show it, or set it first."""
    names: list[str] = options.names
    if options.clear and names:
        options.usage_error("--clear takes no names")
    if twice := next((name for name in names if names.count(name) > 1), None):
        options.usage_error(f"{twice!r} is named twice")
    settings = UserSettings(host)
    plugins = host.plugins  # found before the file is changed
    is_changed = False
    if names or options.clear:
        settings.check_names(names)
        is_changed = settings.file.set(("order",), names or None)
        if is_changed:
            settings.file.write()
        effect = "counts from the next start on" if is_changed else "was so already: nothing is changed"
        output.say(f"the order in {settings.file.path} {effect}", "")
    wishes = settings.policy().order
    _recall_wishes(host, plugins)
    ordered, problems = order(plugins, wishes, built_in_first=host.settings.built_in_first)
    states = last_known_states(host)
    rows = [
        (str(number), plugin.name, states[plugin.name], _reason(plugin, wishes))
        for number, plugin in enumerate(ordered, 1)
    ]
    output.table(("place", "name", "state", "why there"), rows)
    for problem in problems:
        output.say("", problem.render("note"))
    answer: list[dict[str, Any]] = [
        {"place": number, "name": plugin.name, "state": states[plugin.name], "why": _reason(plugin, wishes)}
        for number, plugin in enumerate(ordered, 1)
    ]
    output.answer(
        {
            "file": settings.file.path,
            "is_changed": is_changed,
            "order": list(wishes),
            "plugins": answer,
            "problems": [problem.summary() for problem in problems],
        }
    )
    return DONE


def _recall_wishes(host: Host, plugins: tuple[Plugin, ...]) -> None:
    """Take from the records what the authors wish, also from an index that does not hold any more."""
    path = host.settings.index_path()
    try:
        index = read(path) if path else None
    except UnusableIndexError:
        return
    recorded = content_of(index)["plugins"] if index is not None else {}
    for plugin in plugins:
        record = recorded.get(plugin.module, {}).get("record")
        if record and not (plugin.after or plugin.before):
            plugin.after, plugin.before = tuple(record["after"]), tuple(record["before"])


def _reason(plugin: Plugin, wishes: tuple[str, ...]) -> str:
    reasons = ["by name, built-in" if plugin.is_built_in else "by name"]
    if plugin.after:
        reasons.append(f"it wishes to come after {', '.join(plugin.after)}")
    if plugin.before:
        reasons.append(f"it wishes to come before {', '.join(plugin.before)}")
    if plugin.name in wishes:
        reasons.append(f"number {wishes.index(plugin.name) + 1} of the order in plugins.toml")
    return "; ".join(reasons[1:] or reasons)
