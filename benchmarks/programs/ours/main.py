"""The application as its author writes it: a host, what plugins may add to, and the two jobs."""

import sys

from pegboard import Host

host = Host("benchhost", slow_after=None)  # under valgrind every import takes seconds
commands = host.registry("commands")


def list_names() -> None:
    sys.stdout.write("\n".join(commands.names()) + "\n")


def run(name: str) -> None:
    commands[name]()
