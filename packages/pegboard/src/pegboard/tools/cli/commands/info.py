"""`plugins info`: all that is known of one plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.startup.discovery.distributions import by_name, normalise
from pegboard.tools.cli.commands import DONE, command
from pegboard.tools.cli.commands.listing import adds, plugin_data
from pegboard.tools.cli.completion import OWNERS, taking
from pegboard.tools.cli.shown_faults import is_of
from pegboard.tools.inspection.lookup import plugin_named, when_recorded
from pegboard.tools.inspection.survey import survey

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output
    from pegboard.tools.inspection.survey import PluginView

_IMPORTED_AGAIN_IF = {
    "files": "{} changes",
    "variables": "the environment variable {} changes",
    "packages": "the package {} changes",
    "missing": "a module {} is installed; it was looked for in vain",
}
"""What each kind of dependency of a record means, in words."""


def add(commands: Group) -> None:
    """Add `info`."""
    parser = command(commands, "info", run, "show everything of one plugin")
    name = parser.add_argument("name", metavar="NAME", help="a plugin, or its distribution")
    taking(name, OWNERS)
    parser.set_defaults(shows=lambda options, problem: is_of(problem, options.name))


def run(host: Host, options: argparse.Namespace, output: Output) -> int:
    """Show it.

    Raises:
        PluginNotFoundError: If there is none of that name.
    """
    from dataclasses import asdict

    seen = survey(host)
    brings = [] if seen.plugin(options.name) else seen.of_distribution(options.name)
    if len(brings) > 1:
        return _of_distribution(brings, output)
    name = plugin_named(options.name, {plugin.name: plugin.distribution for plugin in seen.plugins})
    plugin = next(plugin for plugin in seen.plugins if plugin.name == name)
    about = _about(plugin.distribution)
    output.answer({**asdict(plugin), "about": about})
    for label, text in _lines(plugin, about):
        output.tell(f"{label + ':':<15} {text}".rstrip())
    if plugin.contributions:
        output.tell("", "contributions:")
        for claim in plugin.contributions:
            output.tell(f"  {claim.id}: {claim.status}")
            if claim.implementation:
                output.tell(f"      function: {claim.implementation}")
            for field, value in claim.metadata.items():
                output.tell(f"      {field}: {value}")
    if plugin.fault is not None:
        output.tell("", f"error[{plugin.fault.code}]: {plugin.fault.what}")
        for label, detail in (
            ("cause", plugin.fault.cause),
            ("where", plugin.fault.where),
            ("hint", plugin.fault.hint),
        ):
            if detail:
                output.tell(f"  {label}: {detail}")
    return DONE


def _of_distribution(brings: Sequence[PluginView], output: Output) -> int:
    """Show a distribution with several plugins."""
    first = brings[0]
    about = _about(first.distribution)
    output.answer(
        {
            "distribution": first.distribution,
            "version": first.version,
            "about": about,
            "plugins": [plugin_data(plugin) for plugin in brings],
        }
    )
    for label, text in (("distribution", f"{first.distribution} {first.version}"), *about.items()):
        output.tell(f"{label + ':':<15} {text}".rstrip())
    output.tell("", "plugins:")
    for plugin in brings:
        output.tell(f"  {plugin.name}: {plugin.state}; {adds(plugin) or plugin.why}")
    return DONE


def _lines(plugin: PluginView, about: Mapping[str, str]) -> list[tuple[str, str]]:
    owner = f"{plugin.distribution} {plugin.version}" if plugin.distribution else f"none ({plugin.source})"
    lines = [
        ("name", plugin.name),
        ("state", plugin.state),
        ("why", plugin.why),
        ("distribution", owner),
        *about.items(),
        ("source", plugin.source),
        ("module", plugin.module),
        ("file", plugin.origin or "-"),
        ("place", f"{plugin.place} in the order of plugins"),
    ]
    if plugin.after:
        lines.append(("after", ", ".join(plugin.after)))
    if plugin.before:
        lines.append(("before", ", ".join(plugin.before)))
    if plugin.cost_ms is not None:
        lines.append(("import took", f"{plugin.cost_ms:.1f} ms"))
    if plugin.last_recorded_because and plugin.inputs:
        lines.append(("recorded", when_recorded(plugin.last_recorded_because)))
    again = [
        text.format(" or ".join(plugin.inputs[name]))
        for name, text in _IMPORTED_AGAIN_IF.items()
        if name in plugin.inputs
    ]
    lines += [("and again if" if number == 0 else "or if", text) for number, text in enumerate(again)]
    if plugin.drifts:
        lines.append(
            ("drift", f"registered something else than recorded, {plugin.drifts} times, without visible cause")
        )
    return lines


def _about(distribution: str | None) -> dict[str, str]:
    """Return what the metadata of *distribution* says for people (core metadata, `Summary` and its like)."""
    if distribution is None:
        return {}
    from email import message_from_string

    installed = by_name().get(normalise(distribution))
    if installed is None:
        return {}
    given = message_from_string(installed.read("METADATA") or installed.read("PKG-INFO"))
    found = {}
    for label, fields in (
        ("summary", ("Summary",)),
        ("author", ("Author", "Author-email", "Maintainer", "Maintainer-email")),
        ("home page", ("Home-page",)),
    ):
        text = next((given[field] for field in fields if given[field] and given[field] != "UNKNOWN"), None)
        if text:
            found[label] = str(text)
    for url in given.get_all("Project-URL") or ():
        label, _, address = str(url).partition(",")
        found.setdefault(label.strip().lower(), address.strip())
    return found
