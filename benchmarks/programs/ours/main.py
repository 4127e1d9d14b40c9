"""The two jobs, by pegboard."""

import sys

from benchhost.app import commands


def list_names() -> None:
    sys.stdout.write("\n".join(commands.names()) + "\n")


def run(name: str) -> None:
    commands[name]()
