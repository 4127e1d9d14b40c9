"""`plugins inspect`: one page that shows all plugins, what they add, whom they override, and what the start cost."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.inspection.inspector import inspector_data
from pegboard.tools.inspection.start_imports import timed_start
from pegboard.tools.inspection.survey import survey

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output

_STANDARD_OUTPUT = "-"


def add(commands: Group) -> None:
    """Add `inspect`."""
    parser = command(commands, "inspect", run, "write a page that shows all plugins, for a browser")
    parser.add_argument(
        "file", metavar="FILE", nargs="?", help="the page (APPLICATION-plugins.html, here); - for standard output"
    )
    parser.add_argument("--open", action="store_true", help="open it in the browser, too")
    parser.add_argument("--force", action="store_true", help="replace FILE even if it is no such page")
    parser.set_defaults(usage_error=parser.error)


def run(host: Host, options: argparse.Namespace, output: Output) -> int:
    """Write it, or with `--json` print the data it is made of."""
    if output.is_json and (options.file or options.open or options.force):
        options.usage_error("--json prints data, and writes no page")
    if options.file == _STANDARD_OUTPUT and (options.open or options.force):
        options.usage_error("--open and --force are for a file, not for standard output")
    start = timed_start(host)
    data = inspector_data(survey(host), start, commands=options.prog)
    if output.is_json:
        output.answer(data)
        return DONE
    from pegboard.html.saving import as_bytes, save
    from pegboard.tools.inspection.page import GENERATOR, page

    text = page(data)
    if options.file == _STANDARD_OUTPUT:
        output.hand_over(as_bytes(text))
        return DONE
    path = os.path.abspath(options.file or f"{host.name}-plugins.html")
    problem = save(path, text, GENERATOR, is_forced=options.force)
    if problem is not None:
        output.complain(f"error: {problem}")
        return FAILED
    output.say(path)
    return _open(path, output) if options.open else DONE


def _open(path: str, output: Output) -> int:
    import webbrowser
    from pathlib import Path

    if webbrowser.open(Path(path).as_uri()):
        return DONE
    output.complain("error: no browser could be opened\n  hint: open the page that is named above yourself")
    return FAILED
