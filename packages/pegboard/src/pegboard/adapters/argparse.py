"""Sub-commands for `argparse`, each of which is built when it is parsed.

Source: the `argparse` reference, "Sub-commands"; `Action` classes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pegboard.registry import Registry

_MOST_CHARACTERS = 4000
"""How long a description may be."""


def add_commands(
    parser: argparse.ArgumentParser,
    commands: Registry[Any],
    *,
    dest: str = "command",
    configure: Callable[[str, argparse.ArgumentParser], None] | None = None,
    on_error: Callable[[str, BaseException], None] | None = None,
    **options: Any,
) -> LazySubParsers:
    """Give *parser* one sub-command for each name in *commands*.

    Names and descriptions come from the registry's metadata (`description`), so help and completion import no primed
    plugin. The parser of a command is made when that command is parsed.

    Args:
        parser: The application's parser.
        commands: A registry whose items have `add_args(parser)`, which adds the command's own arguments to its parser.
        dest: The attribute of the parsed arguments that holds the command's name.
        configure: Called with each command's name and its new parser; instead of the item's `add_args`.
        on_error: Called with a command's name and what was raised while its parser was built; it must raise.
        **options: Passed on to `add_subparsers`, e.g. `required=True`.

    Returns:
        The action that holds the sub-commands.
    """
    action = parser.add_subparsers(dest=dest, action=LazySubParsers, **options)
    assert isinstance(action, LazySubParsers)  # noqa: S101 -- argparse makes what `action` names

    def build(name: str) -> argparse.ArgumentParser:
        subparser: argparse.ArgumentParser = action.make_parser(name, _description(commands, name))
        try:
            if configure is not None:
                configure(name, subparser)
            else:
                commands[name].add_args(subparser)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if on_error is not None:
                on_error(name, error)
            from pegboard.foreign_object import is_a, repr_of

            if is_a(error, KeyError):  # argparse would report an unknown command
                raise RuntimeError(f"the arguments of command {name!r} cannot be added: {repr_of(error)}") from error
            raise
        return subparser

    action.take(commands, build)
    return action


class _LazyParsers(Mapping[str, argparse.ArgumentParser]):
    """Parsers by command name; each is built when it is first looked up."""

    def __init__(self, commands: Registry[Any], build: Callable[[str], argparse.ArgumentParser]) -> None:
        self._commands = commands
        self._build = build
        self._built: dict[str, argparse.ArgumentParser] = {}

    def __getitem__(self, name: str) -> argparse.ArgumentParser:
        if name not in self._built:
            if name not in self._commands:
                raise KeyError(name)
            self._built[name] = self._build(name)
        return self._built[name]

    def __contains__(self, name: object) -> bool:
        return name in self._commands

    def __iter__(self) -> Iterator[str]:
        return iter(self._commands.names())

    def __len__(self) -> int:
        return len(self._commands)


class LazySubParsers(argparse._SubParsersAction):  # type: ignore[type-arg]
    """The sub-commands of a parser, known by name and description, built on use."""

    def take(self, commands: Registry[Any], build: Callable[[str], argparse.ArgumentParser]) -> None:
        """Offer every name in *commands*; *build* makes the parser of a command."""
        self._registry = commands
        parsers = _LazyParsers(commands, build)
        self._name_parser_map = parsers  # type: ignore[assignment]  # argparse only reads it
        self.choices = parsers  # type: ignore[assignment]

    def make_parser(self, name: str, description: str | None) -> argparse.ArgumentParser:
        """Return a new parser for the command *name*, with the usage prefix of its parent."""
        parser: argparse.ArgumentParser = self._parser_class(
            prog=f"{self._prog_prefix} {name}", description=description
        )
        return parser

    def _get_subactions(self) -> list[argparse.Action]:
        return [
            self._ChoicesPseudoAction(name, (), _escaped(_description(self._registry, name) or ""))
            for name in self._registry.names()
        ]


def _description(commands: Registry[Any], name: str) -> str | None:
    """Return what the metadata of a command says, as a terminal may have it; None if it says nothing."""
    description = commands.describe(name).get("description")
    if type(description) is str and description.isprintable() and len(description) <= _MOST_CHARACTERS:
        return description
    from pegboard.terminal import shortened, visible

    return None if description is None else visible(shortened(str(description), _MOST_CHARACTERS), keeping="\n\t")


def _escaped(text: str) -> str:
    """Return *text* with per cent signs escaped, since argparse formats it."""
    return text.replace("%", "%%")
