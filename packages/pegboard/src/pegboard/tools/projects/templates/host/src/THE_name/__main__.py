"""The command line."""

import argparse
import sys
from collections.abc import Sequence

from THE_name.app import commands, host
from pegboard import PegboardError
from pegboard.cli import add_commands, add_plugins_command, take_no_plugins


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    remaining = take_no_plugins(sys.argv[1:] if arguments is None else list(arguments), host)
    parser = argparse.ArgumentParser(prog="THE_name", description="An application whose commands are plugins.")
    subparsers = add_commands(parser, commands, required=True)
    add_plugins_command(subparsers, host)
    options = parser.parse_args(remaining)
    try:
        commands.call(options.command, options)
    except PegboardError as error:
        print(f"THE_name: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
