"""What plugins may use, at the least that an API can cost: two dictionaries."""

import sys

commands = {}
components = {}


def register_command(name, command, **metadata):
    commands[name] = command, metadata


def register_component(key, provider=None):
    components[key] = provider or key


def print_names() -> None:
    sys.stdout.write("\n".join(sorted(commands)) + "\n")


def run_command(name: str) -> None:
    commands[name][0]()
