"""Commands for `click`, each of which is imported when it is used.

Source: click 8, "API", `Group`, `Command`; "Complex applications", "Defining the lazy group".
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


_KEPT = frozenset({"name", "help", "short_help", "hidden", "deprecated", "get_short_help_str"})
"""What a command says of itself without its plugin: what a list of commands shows."""


def stand_in(name: str, metadata: Mapping[str, Any], wake: Callable[[], click.Command]) -> click.Command:
    """Return a command that is known by name and help; whatever else is read of it is the real one's.

    Args:
        name: The command's.
        metadata: Its `help` or `description`, `short_help`, `hidden`, `deprecated`, and whether it `is_group`.
        wake: Returns the real command.
    """
    made = (_LazyGroup if metadata.get("is_group") else _LazyCommand)(
        name,
        help=metadata.get("help", metadata.get("description")),
        short_help=metadata.get("short_help"),
        hidden=bool(metadata.get("hidden")),
        deprecated=metadata.get("deprecated", False),
    )
    vars(made)["_wake"] = wake
    return made


def describe(command: click.Command) -> Mapping[str, Any]:
    """Return what `stand_in` needs to know of a command."""
    said = {
        "help": command.help,
        "short_help": command.short_help,
        "hidden": command.hidden,
        "deprecated": command.deprecated,
        "is_group": isinstance(command, click.Group),
    }
    return {field: value for field, value in said.items() if value}


def _real(command: click.Command) -> click.Command:
    from pegboard.errors import PegboardError

    attributes = object.__getattribute__(command, "__dict__")
    if "_real" not in attributes:
        try:
            attributes["_real"] = attributes["_wake"]()
        except PegboardError as error:
            raise click.ClickException(error.summary()) from error
    real: click.Command = attributes["_real"]
    return real


class _Lazy(click.Command):
    def __getattribute__(self, name: str) -> Any:
        attributes = object.__getattribute__(self, "__dict__")
        if "_wake" not in attributes or name in ("__class__", "__dict__"):
            return object.__getattribute__(self, name)
        if name in _KEPT and "_real" not in attributes:
            return object.__getattribute__(self, name)
        return getattr(_real(self), name)

    def __setattr__(self, name: str, value: object) -> None:
        attributes = object.__getattribute__(self, "__dict__")
        if "_wake" in attributes:
            setattr(_real(self), name, value)
        else:
            attributes[name] = value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _real(self)(*args, **kwargs)

    def __copy__(self) -> click.Command:
        return copy.copy(_real(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> click.Command:
        return copy.deepcopy(_real(self), memo)


class _LazyCommand(_Lazy):
    pass


class _LazyGroup(_Lazy, click.Group):
    pass


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
