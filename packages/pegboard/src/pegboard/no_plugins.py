"""The options `--no-plugins` and `--no-plugins=a,b`, which are read before any plugin is found."""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.host import Host

OPTION = "--no-plugins"


def take_no_plugins(arguments: Sequence[str], host: Host) -> list[str]:
    """Apply each `--no-plugins[=NAMES]` among *arguments* to *host*, and return the arguments without them.

    Arguments after `--` stay as they are. The application's parser does not see the option, so that it is not in usage
    lines and does not make an abbreviation such as `--no` ambiguous.

    Raises:
        HostError: If the host has found its plugins already.
    """
    rest: list[str] = []
    pending = list(arguments)
    while pending:
        argument = pending.pop(0)
        if argument == "--":
            return [*rest, argument, *pending]
        option, given, names = argument.partition("=")
        if option == OPTION:
            host.leave_out(names.split(",") if given else (), f"left out by {argument}")
        else:
            rest.append(argument)
    return rest
