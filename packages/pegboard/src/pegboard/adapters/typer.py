"""Commands for `typer`, each of which is imported when it is used.

Source: typer, "Commands"; "Using Click": typer has classes of its own, and a copy of click.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from pegboard.adapters import lazy_commands

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.host import Host
    from pegboard.registry import Registry

C = TypeVar("C", bound="Callable[..., Any]")

_TYPER = lazy_commands.Framework(TyperCommand, TyperGroup, (typer.Exit, typer.Abort))


def plugin_group(
    host: Host, commands: Registry[Callable[..., Any]], base: type[TyperGroup] = TyperGroup
) -> type[TyperGroup]:
    """Return a class of groups for `typer.Typer(cls=...)` with the commands that plugins have registered.

    As `pegboard.adapters.click.plugin_group`. An application with fewer than two commands of its own needs a callback,
    as typer makes no group of it otherwise.

    Args:
        host: The application's.
        commands: A registry of functions and `Typer` applications; `register_command` records what lists show of them.
        base: The class of groups to extend.
    """
    made: type[TyperGroup] = lazy_commands.group_class(host, commands, base, _TYPER, _to_command)
    return made


def register_command(
    commands: Registry[Callable[..., Any]], command: C, *, name: str | None = None, override: bool = False
) -> C:
    """Register a function or a `Typer` application with what lists of commands show of it.

    An API offers it as `command = functools.partial(register_command, commands)`, so that a plugin's author writes
    `@v1.command` above a function whose parameters typer reads.

    Args:
        commands: The registry.
        command: The function, or the application with sub-commands.
        name: What the command is called; as typer names it if None: like the function, with hyphens.
        override: As for `Registry.register`.

    Returns:
        *command*.

    Raises:
        InvalidNameError: If it has no name, or none that can be shown.
        TypeError: If *command* is neither.
    """
    made = _to_command(None, name, command)
    if made is None:
        raise TypeError(f"{command!r} is neither a function nor a Typer application")
    commands.register(name or made.name or "", command, override=override, **_TYPER.describe(made))
    return command


def add_plugins_command(app: typer.Typer, host: Host, name: str = "plugins") -> None:
    """Add the `plugins` commands to *app*, as `pegboard.adapters.click.plugins_command` does for click.

    Args:
        app: The application, or one of its sub-applications.
        host: The application's.
        name: What the command is called.
    """

    def plugins() -> None:
        """Look after the plugins of this application."""

    app.command(name, cls=lazy_commands.plugins_command_class(host, _TYPER), add_help_option=False)(plugins)


def _to_command(group: TyperGroup | None, name: str | None, item: object) -> Any:
    """Return the command that typer makes of *item*; None if it makes none."""
    if isinstance(item, typer.Typer):
        made: Any = typer.main.get_group(item)
        made.name = name or made.name
        return made
    if not callable(item) or isinstance(item, type):
        return None
    app = typer.Typer(add_completion=False, rich_markup_mode=group.rich_markup_mode if group else None)
    app.command(name)(item)
    return typer.main.get_command(app)
