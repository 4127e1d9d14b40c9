"""`plugins release`: lift a quarantine, so that a plugin is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import PluginNotFoundError
from pegboard.startup.journal.crashes import LIMIT, Strikes, changing, path_beside
from pegboard.tools.cli.commands import DONE, FAILED, command

if TYPE_CHECKING:
    import argparse
    from typing import Any

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `release`."""
    parser = command(commands, "release", _release, "let plugins run again that took the process down")
    parser.add_argument("names", metavar="NAME", nargs="*", help="the plugins' names")
    parser.add_argument("--all", action="store_true", help="every plugin that has strikes")
    parser.set_defaults(parser=parser)


def _release(host: Host, options: argparse.Namespace, output: Output) -> int:  # noqa: C901 -- a line for each answer
    if bool(options.names) == options.all:
        options.parser.error("give the names of plugins, or --all")
    known = tuple(plugin.name for plugin in host.plugins)
    journal = host.settings.journal
    path = path_beside(journal) if journal else ""
    struck = {case["name"] for case in Strikes(path).cases.values()} if journal else set()
    for name in options.names:
        if name not in known and name not in struck:
            raise PluginNotFoundError(name, tuple(sorted({*known, *struck})))
    wanted = sorted(struck) if options.all else list(dict.fromkeys(options.names))
    released: list[dict[str, Any]] = []
    if struck.intersection(wanted) or (options.all and journal):
        with changing(path) as strikes:
            for key, case in list(strikes.cases.items()):
                if case["name"] in wanted:
                    released.append(case)
                    del strikes.cases[key]
            strikes.failed_starts = []
        if any(case["name"] in wanted for case in Strikes(path).cases.values()):
            output.complain(f"error: {path} cannot be written")
            return FAILED
    for case in released:
        kind = "quarantine" if case["strikes"] >= LIMIT else "its one strike"
        output.say(f"released {case['name']} ({kind}: {case['how']}, {case['when']}); it runs at the next start")
    idle = [name for name in wanted if name not in {case["name"] for case in released}]
    for name in idle:
        output.say(f"{name} has no strikes: there is nothing to lift")
    if options.all and not released:
        output.say("no plugin has strikes: there is nothing to lift")
    output.answer(
        {
            "released": [
                {key: case[key] for key in ("name", "distribution", "version", "strikes", "when", "how")}
                for case in released
            ],
            "without_strikes": idle,
        }
    )
    return DONE
