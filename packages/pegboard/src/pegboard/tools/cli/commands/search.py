"""`plugins search`: plugins that could be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.cli.environment_commands import add_source_options
from pegboard.tools.installing.catalogue import Catalogue, offers_in, plugins_among
from pegboard.tools.installing.installed import Snapshot

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `search`."""
    parser = command(
        commands,
        "search",
        _run,
        "find plugins that could be installed, by their names",
        epilog="A plugin is told by its name, which begins with that of the application, or by its keywords. The names "
        "are those of the package index, if it lists them in JSON, of wheels in folders, and of a file.",
    )
    parser.add_argument("words", metavar="WORD", nargs="*", help="what the name, or what is said of it, has in it")
    parser.add_argument(
        "--from", metavar="FILE", dest="file", help="take the names from this file instead: one a line, or JSON"
    )
    add_source_options(parser)


def _run(host: Host, options: argparse.Namespace, output: Output) -> int:
    if options.file is not None:
        catalogue = Catalogue(None)
        offers = offers_in(options.file)
    else:
        catalogue = Catalogue.of(options)
        output.progress(f"asking {catalogue.index or 'no index'} for names ...")
        offers = catalogue.names()
    found = plugins_among(offers, host.name, options.words)
    installed = Snapshot().versions
    for problem in catalogue.problems:
        output.complain(f"warning: {problem}")
    output.answer(
        {
            "plugins": [
                {"name": offer.name, "summary": offer.summary, "installed": installed.get(offer.name)}
                for offer in found
            ],
            "problems": catalogue.problems,
        }
    )
    if found:
        rows = [(offer.name, installed.get(offer.name, "-"), offer.summary or "-") for offer in found]
        output.lines(("name", "installed", "about"), rows)
        return DONE
    of_words = f" with {' and '.join(map(repr, options.words))}" if options.words else ""
    output.say(f"no plugin of {host.name}{of_words} is known there")
    if catalogue.problems:
        output.tell("  hint: name another index with --index-url, a folder with --find-links, or a file with --from")
    return FAILED
