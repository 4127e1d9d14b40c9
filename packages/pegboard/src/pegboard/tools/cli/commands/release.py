"""`plugins release`: lift a quarantine, so that a plugin is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import PluginNotFoundError
from pegboard.startup.journal.crashes import LIMIT, Strikes, changing, path_beside
from pegboard.tools.cli.commands import DONE, FAILED, command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
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


def _release(host: Host, options: argparse.Namespace, output: Output) -> int:
    if bool(options.names) == options.all:
        options.parser.error("give the names of plugins, or --all")
    journal = host.settings.journal
    path = path_beside(journal) if journal else ""
    crashed = {case["name"] for case in Strikes(path).cases.values()} if path else set()
    known = {plugin.name for plugin in host.plugins} | crashed
    for name in options.names:
        if name not in known:
            raise PluginNotFoundError(name, tuple(sorted(known)))
    wanted = sorted(crashed) if options.all else list(dict.fromkeys(options.names))
    released: list[dict[str, Any]] = []
    if path and (options.all or crashed.intersection(wanted)):
        released = _remove_cases(path, wanted)
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
    fields = ("name", "distribution", "version", "strikes", "when", "how")
    shown = [{field: case[field] for field in fields} for case in released]
    output.answer({"released": shown, "without_strikes": idle})
    return DONE


def _remove_cases(path: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """Remove what the file *path* knows of the plugins *names*, and of starts that failed; return the former."""
    with changing(path) as strikes:
        removed = [case for case in strikes.cases.values() if case["name"] in names]
        strikes.cases = {key: case for key, case in strikes.cases.items() if case not in removed}
        strikes.failed_starts = []
    return removed
