"""`plugins unmute`: let starts tell again of what was muted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import SettingsError
from pegboard.errors.base import nearest
from pegboard.tools.cli.commands import command
from pegboard.tools.cli.commands.mute import answer
from pegboard.tools.cli.completion import MUTED, taking
from pegboard.tools.cli.user_settings import UserSettings

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `unmute`."""
    parser = command(commands, "unmute", run, "let starts tell again of what was muted")
    names = parser.add_argument("names", metavar="CODE|NAME", nargs="*", help="what was muted")
    taking(names, MUTED)
    parser.add_argument("--all", action="store_true", help="everything")
    parser.set_defaults(usage_error=parser.error)


def run(host: Host, options: argparse.Namespace, output: Output) -> int:
    """Take them out of what is muted."""
    if bool(options.names) == options.all:
        options.usage_error("give what was muted, or --all")
    settings = UserSettings(host)
    before = settings.policy_of_file().muted
    for name in options.names:
        if name not in before:
            raise SettingsError(settings.file.path, f"{name!r} is not muted", nearest(name, before, "muted ones"))
    wanted = [name for name in before if not options.all and name not in options.names]
    return answer(settings, wanted, before, output, options.prog)
