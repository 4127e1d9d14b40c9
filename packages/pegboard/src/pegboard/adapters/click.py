"""Commands for `click`, each of which is imported when it is used.

Source: click 8, "API", `Group`, `Command`; "Complex Applications", "Defining the Lazy Group".
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pegboard.adapters import lazy_commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pegboard.host import Host
    from pegboard.registry import Registry

C = TypeVar("C", bound=click.Command)

_CLICK = lazy_commands.Framework(click.Command, click.Group, (click.exceptions.Exit, click.Abort))


def plugin_group(
    host: Host, commands: Registry[click.Command], base: type[click.Group] = click.Group
) -> type[click.Group]:
    """Return a class of groups with the commands that plugins have registered, besides those of its own.

    Commands of plugins are listed, completed and found by what is recorded of them; one is imported when it is parsed.
    The group's own commands come first, and keep their names: a plugin's command of the same name is reported. Making
    the group does not start the host; listing or looking for a command of a plugin does. `--no-plugins[=NAMES]` is
    taken from the arguments before.

    What a plugin's command raises, but for what ends a command of click, becomes one line that names the plugin, and
    exit status 1; in strict mode it is raised as it is.

    Args:
        host: The application's.
        commands: A registry of click commands and groups; `register_command` records what lists show of them.
        base: The class of groups to extend, e.g. one that knows aliases or a default command.

    Examples:
        >>> import click
        >>> from pegboard import Host
        >>> host = Host("notes")
        >>> @click.group(cls=plugin_group(host, host.registry("commands")))
        ... def cli() -> None:
        ...     "Take notes."
    """
    made: type[click.Group] = lazy_commands.group_class(host, commands, base, _CLICK, _to_command)
    return made


def _to_command(group: Any, name: str, item: object) -> object:
    del group, name
    return item if isinstance(item, click.Command) else None


def register_command(
    commands: Registry[click.Command], command: C, *, name: str | None = None, override: bool = False
) -> C:
    """Register a click command or group with what lists of commands show of it.

    An API offers it as `command = functools.partial(register_command, commands)`, so that a plugin's author writes
    `@v1.command` above `@click.command()`.

    Args:
        commands: The registry.
        command: What `click.command` or `click.group` has made.
        name: The command's own name if None.
        override: As for `Registry.register`.

    Returns:
        *command*.

    Raises:
        InvalidNameError: If it has no name, or none that can be shown.
        TypeError: If *command* is no command of click.
    """
    if not isinstance(command, click.Command):
        raise TypeError(f"{command!r} is no command of click: @click.command() is missing below this decorator")
    commands.register(name or command.name or "", command, override=override, **describe(command))
    return command


def plugins_command(host: Host, name: str = "plugins") -> click.Command:
    """Return the `plugins` commands as one command of click: `cli.add_command(plugins_command(host))`.

    They work when plugins do not: the host need not have started. Help and messages name them as they are mounted, in
    whichever group and under whichever name.

    Args:
        host: The application's.
        name: What the command is called.
    """
    made: click.Command = lazy_commands.plugins_command_class(host, _CLICK)(
        name, help="Look after the plugins of this application.", add_help_option=False
    )
    return made


def stand_in(name: str, metadata: Mapping[str, Any], wake: Callable[[], click.Command]) -> click.Command:
    """Return a command that is known by name and help; whatever else is read of it is the real one's.

    Args:
        name: The command's.
        metadata: What `describe` returns.
        wake: Returns the real command.
    """
    made: click.Command = _CLICK.stand_in(name, metadata, wake)
    return made


def describe(command: click.Command) -> Mapping[str, Any]:
    """Return what `stand_in` needs to know of a command."""
    return _CLICK.describe(command)


class Commands:
    """How the commands that a hook adds to a click group are recorded, and added again.

    An implementation that changes anything else of the group, or removes a command, is called as it is.
    """

    def __init__(self, parameter: str, group: Callable[[], click.Group | None]) -> None:
        """Say which group.

        Args:
            parameter: The hook's parameter that is given the group.
            group: Returns the application's group with the commands of its own, which plugins may copy; None where it
                is not made yet: then nothing is recorded.
        """
        self.parameter = parameter
        self._group = group

    def record(self, call: Callable[[Any], object]) -> Iterable[tuple[str, object, Mapping[str, Any]]] | None:
        """Call an implementation with a copy of the group; see `pegboard.adapters.pluggy.Replay`."""
        group = self._group()
        if group is None:
            return None
        trial = copy.copy(group)
        trial.commands = dict(group.commands)
        before = dict(vars(trial))
        call(trial)
        added = trial.commands
        if {**vars(trial), "commands": None} != {
            **before,
            "commands": None,
        } or not group.commands.keys() <= added.keys():
            return None
        trial.commands = group.commands  # what the implementation keeps sees the same commands as the application
        return [
            (name, command, describe(command))
            for name, command in added.items()
            if group.commands.get(name) is not command
        ]

    stand_in = staticmethod(stand_in)

    @staticmethod
    def add(target: Any, name: str, addition: object) -> None:
        """Add a command, or what stands for it, to the group."""
        target.add_command(addition, name)
