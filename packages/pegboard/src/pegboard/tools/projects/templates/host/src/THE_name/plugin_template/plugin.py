"""Adds the command `THE_name` to THE_host."""

from THE_host.api import v1


def THE_name(arguments: v1.Namespace) -> None:
    print("Hello from THE_name!")


v1.register_command("THE_name", THE_name, description="Say hello from THE_distribution")
