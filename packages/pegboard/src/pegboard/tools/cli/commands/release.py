"""`plugins release`: lift a quarantine, so that a plugin is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import PluginNotFoundError
from pegboard.startup.journal.crashes import LIMIT, Crashes, changing_crashes, crashes_path
from pegboard.startup.journal.place import with_journal
from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.cli.completion import QUARANTINE, taking

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.startup.journal.crashes import Crash
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `release`."""
    parser = command(commands, "release", _release, "let plugins run again that took the process down")
    names = parser.add_argument("names", metavar="NAME", nargs="*", help="the plugins' names")
    taking(names, QUARANTINE)
    parser.add_argument("--all", action="store_true", help="every plugin that has strikes")
    parser.set_defaults(parser=parser)


def _release(host: Host, options: argparse.Namespace, output: Output) -> int:
    if bool(options.names) == options.all:
        options.parser.error("give the names of plugins, or --all")
    journal = with_journal(host.settings, makes_it=False).journal
    path = crashes_path(journal) if journal else ""
    crashed = Crashes(path).names if path else set()
    known = {plugin.name for plugin in host.plugins} | crashed
    for name in options.names:
        if name not in known:
            raise PluginNotFoundError(name, tuple(sorted(known)))
    wanted = sorted(crashed) if options.all else list(dict.fromkeys(options.names))
    released: list[Crash] = []
    if path and (options.all or crashed.intersection(wanted)):
        with changing_crashes(path) as crashes:
            released = crashes.release(wanted)
        if Crashes(path).names.intersection(wanted):
            output.complain(f"error: {path} cannot be written")
            return FAILED
    for crash in released:
        kind = "quarantine" if crash["strikes"] >= LIMIT else "its one strike"
        output.say(f"released {crash['name']} ({kind}: {crash['how']}, {crash['when']}); it runs at the next start")
    idle = [name for name in wanted if name not in {crash["name"] for crash in released}]
    for name in idle:
        output.say(f"{name} has no strikes: there is nothing to lift")
    if options.all and not released:
        output.say("no plugin has strikes: there is nothing to lift")
    fields = ("name", "distribution", "version", "strikes", "when", "how")
    shown = [{field: value for field, value in crash.items() if field in fields} for crash in released]
    output.answer({"released": shown, "without_strikes": idle})
    return DONE
