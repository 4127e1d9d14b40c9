"""Sub-commands for `argparse`, each of which is built when it is parsed.

Source: the `argparse` reference, "Sub-commands"; `Action` classes.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from pegboard.host import Host
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


def add_plugins_command(
    subparsers: argparse._SubParsersAction[Any], host: Host, name: str = "plugins"
) -> argparse.ArgumentParser:
    """Add the `plugins` commands to what `add_subparsers` or `add_commands` has returned.

    They run as soon as they are parsed, and then the program exits with their status. They work when plugins do not:
    the host need not have started. Help and messages name them as they are mounted.

    Args:
        subparsers: The sub-commands of a parser.
        host: The application's.
        name: What the command is called.
    """
    text = "look after the plugins of this application"
    prog = f"{subparsers._prog_prefix} {name}"
    parser: argparse.ArgumentParser
    if "_ARGCOMPLETE" in os.environ:  # argcomplete looks into parsers, and runs none
        from pegboard.tools.cli.names import completing_parser

        parser = completing_parser(host, prog)
    else:
        parser = _PluginsParser(host, prog=prog, add_help=False)
    if isinstance(subparsers, LazySubParsers):
        subparsers.add_own(name, parser, text)
    else:
        subparsers._name_parser_map[name] = parser
        subparsers._choices_actions.append(subparsers._ChoicesPseudoAction(name, (), text))
    with suppress(HostError):  # the plugins are in use already
        host.manager.configure(commands=parser.prog)
    return parser


class _PluginsParser(argparse.ArgumentParser):
    """Hands all that follows its name to the `plugins` commands, `--` and options included."""

    def __init__(self, host: Host, **options: Any) -> None:
        super().__init__(**options)
        self._host = host

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> NoReturn:
        from pegboard.tools.cli.plugin_commands import manage

        del namespace
        raise SystemExit(manage(self._host, args or (), prog=self.prog))


class _LazyParsers(Mapping[str, argparse.ArgumentParser]):
    """Parsers by command name; each is built when it is first looked up."""

    def __init__(self, commands: Registry[Any], build: Callable[[str], argparse.ArgumentParser]) -> None:
        self._commands = commands
        self._build = build
        self._built: dict[str, argparse.ArgumentParser] = {}
        self.own: dict[str, argparse.ArgumentParser] = {}

    def __getitem__(self, name: str) -> argparse.ArgumentParser:
        if name in self.own:
            return self.own[name]
        if name not in self._built:
            if name not in self._commands:
                raise KeyError(name)
            self._built[name] = self._build(name)
        return self._built[name]

    def __contains__(self, name: object) -> bool:
        return name in self.own or name in self._commands

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._commands.names(), *self.own]))

    def __len__(self) -> int:
        return len(list(iter(self)))


class LazySubParsers(argparse._SubParsersAction):  # type: ignore[type-arg]
    """The sub-commands of a parser, known by name and description, built on use."""

    def take(self, commands: Registry[Any], build: Callable[[str], argparse.ArgumentParser]) -> None:
        """Offer every name in *commands*; *build* makes the parser of a command."""
        self._registry = commands
        self._own_help: dict[str, str] = {}
        self._parsers = parsers = _LazyParsers(commands, build)
        self._name_parser_map = parsers  # type: ignore[assignment]  # argparse only reads it
        self.choices = parsers  # type: ignore[assignment]

    def add_own(self, name: str, parser: argparse.ArgumentParser, text: str) -> None:
        """Offer a sub-command of the application itself, which comes before one of a plugin."""
        self._parsers.own[name] = parser
        self._own_help[name] = text

    def make_parser(self, name: str, description: str | None) -> argparse.ArgumentParser:
        """Return a new parser for the command *name*, with the usage prefix of its parent."""
        parser: argparse.ArgumentParser = self._parser_class(
            prog=f"{self._prog_prefix} {name}", description=description
        )
        return parser

    def _get_subactions(self) -> list[argparse.Action]:
        return [
            self._ChoicesPseudoAction(name, (), _escaped(self._own_help.get(name) or self._describe(name)))
            for name in self._parsers
        ]

    def _describe(self, name: str) -> str:
        return _description(self._registry, name) or ""


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
