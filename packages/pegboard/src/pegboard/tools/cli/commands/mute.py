"""`plugins mute`: let no start tell of a kind of fault, or of a plugin; `plugins.toml` keeps it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from pegboard import errors
from pegboard.errors import SettingsError
from pegboard.startup.discovery.distributions import normalise
from pegboard.tools.cli.commands import DONE, command
from pegboard.tools.cli.completion import PLUGINS, taking
from pegboard.tools.cli.user_settings import UserSettings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `mute`."""
    parser = command(
        commands,
        "mute",
        run,
        "let no start tell of a kind of fault, or of a plugin, or list what is muted",
        epilog="Faults stay what they are: `doctor` and `list` show them. What is muted is kept in plugins.toml.",
    )
    names = parser.add_argument(
        "names", metavar="CODE|NAME", nargs="*", help="what a message has in brackets, or a plugin's name"
    )
    taking(names, PLUGINS)


def run(host: Host, options: argparse.Namespace, output: Output) -> int:
    """Mute them, or list what is muted."""
    settings = UserSettings(host)
    known = _known(settings)
    for name in options.names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "give what a message has in brackets, or a plugin's name"
            raise SettingsError(settings.file.path, f"{name!r} is neither a kind of fault nor a plugin", hint)
    before = list(settings.policy_of_file().muted)
    return answer(settings, [*before, *options.names], before, output, options.prog)


def answer(settings: UserSettings, wanted: Sequence[str], before: Sequence[str], output: Output, prog: str) -> int:
    """Let *wanted* be muted, and print what is.

    Args:
        settings: What is changed.
        wanted: Codes and names.
        before: What has been muted so far.
        output: Where to print.
        prog: How the user calls the `plugins` commands.
    """
    muted = list(dict.fromkeys(wanted))
    is_changed = muted != list(before)
    if is_changed:
        settings.file.set(("mute",), muted or None)
        settings.file.write()
    for name in muted:
        output.say(f"{name}: {_what(name, settings)}")
    if muted:
        output.tell(f"no start tells of these; to hear of one again: {prog} unmute {muted[-1]}")
    else:
        output.tell("nothing is muted: a start tells of each fault once")
    output.answer({"file": settings.file.path, "is_changed": is_changed, "muted": muted})
    return DONE


def _known(settings: UserSettings) -> list[str]:
    owners = [plugin.distribution.name for plugin in settings.plugins.values() if plugin.distribution]
    return [*settings.plugins, *dict.fromkeys([*owners, *map(normalise, owners)]), *_codes()]


def _codes() -> dict[str, str]:
    """Return every kind of fault that a start can tell of, with what it means."""
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.PegboardError)
    ]
    return {kind.code: (kind.__doc__ or "").partition("\n")[0].rstrip(".") for kind in kinds}


def _what(name: str, settings: UserSettings) -> str:
    if name in settings.plugins:
        return f"every fault of {settings.plugins[name].who()}"
    return _codes().get(name) or "every fault of its plugins"
