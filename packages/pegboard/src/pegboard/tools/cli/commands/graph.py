"""`plugins graph`: contributions, and what each overrides or wraps, as text that other programs draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import PluginNotFoundError
from pegboard.tools.cli.commands import DONE, command
from pegboard.tools.cli.completion import PLUGINS, taking
from pegboard.tools.inspection.graph import as_dot, as_mermaid, graph_of
from pegboard.tools.inspection.survey import survey

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `graph`."""
    parser = command(commands, "graph", run, "print who brings what and whom that overrides, as Mermaid or DOT text")
    names = parser.add_argument(
        "names", metavar="NAME", nargs="*", help="only these plugins, and what they have to do with"
    )
    taking(names, PLUGINS)
    parser.add_argument("--format", choices=("mermaid", "dot"), default="mermaid", help="mermaid if not said otherwise")


def run(host: Host, options: argparse.Namespace, output: Output) -> int:
    """Print it.

    Raises:
        PluginNotFoundError: If there is none of a name that is given.
    """
    from dataclasses import asdict

    seen = survey(host)
    for name in options.names:
        if seen.plugin(name) is None:
            raise PluginNotFoundError(name, tuple(plugin.name for plugin in seen.plugins))
    graph = graph_of(seen, only=options.names)
    output.answer(asdict(graph))
    output.say(as_dot(graph) if options.format == "dot" else as_mermaid(graph))
    return DONE
