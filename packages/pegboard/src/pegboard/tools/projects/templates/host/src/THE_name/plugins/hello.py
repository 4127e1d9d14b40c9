"""The command `hello`."""

from THE_name.api import v1


def add_args(parser: v1.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="world", help="who is greeted")


def hello(arguments: v1.Namespace) -> None:
    print(f"Hello, {arguments.name}!")


v1.register_command("hello", hello, description="Greet somebody", add_args=add_args)
