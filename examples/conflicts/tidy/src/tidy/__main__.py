"""The command line: `tidy EXTENSION... < FILE`, and `tidy plugins`."""

from __future__ import annotations

import sys

from pegboard import PegboardError
from pegboard.cli import manage
from tidy.app import formatters, host


def main() -> int:
    """Run the command line, and return its exit status."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["plugins"]:
        return manage(host, arguments[1:], prog="tidy plugins")
    if not arguments:
        print("\n".join(formatters.names()))
        return 0
    text = sys.stdin.read()
    try:
        for name in arguments:
            sys.stdout.write(formatters.call(name, text))
    except PegboardError as error:
        print(error.render(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
