"""The command line: `notes formats` lists the formats, `notes export FORMAT FILE` exports a note."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from notes.app import Note, exporters, host
from pegboard import PegboardError, Plugin
from pegboard.cli import take_no_plugins


def main() -> int:
    """Run the command line and return its exit status."""
    arguments = take_no_plugins(sys.argv[1:], host)  # before any plugin is imported
    parser = argparse.ArgumentParser(prog="notes", description="Export notes.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("formats", help="list the formats")
    export = commands.add_parser("export", help="print a note in a format")
    export.add_argument("format", choices=exporters.names(), metavar="FORMAT")
    export.add_argument("file", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    if options.command == "formats":
        return _list_formats()
    return _export(options.format, options.file)


def _list_formats() -> int:
    for name in exporters.names():  # the names are in the index: no plugin is imported
        print(f"{name:<10} {exporters.describe(name)['summary']} ({_whose(exporters.owner(name))})")
    return 0


def _whose(plugin: Plugin | None) -> str:
    if plugin is None or plugin.is_built_in:
        return "built in"
    return str(plugin.distribution or plugin.origin)


def _export(name: str, file: Path) -> int:
    try:
        title, _, text = file.read_text(encoding="utf-8").partition("\n")
        note = Note(title.strip(), text.strip())
        # `Host.run` converts any exception of the exporter to an error that names the plugin.
        content = host.run(exporters.owner(name), f"exporting to {name!r}", lambda: exporters[name](note))
    except (OSError, UnicodeDecodeError, PegboardError) as error:
        print(f"notes: error: {error}", file=sys.stderr)
        return 1
    sys.stdout.write(content)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
