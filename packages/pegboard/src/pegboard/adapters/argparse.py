"""Sub-commands for `argparse`, each of which is built when it is parsed.

Source: the `argparse` reference, "Sub-commands"; `Action` classes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from pegboard.host import Host
    from pegboard.ledger import Contribution, Plugin
    from pegboard.registry import Registry

_MOST_CHARACTERS = 4000
"""How long a description may be."""
_MOST_IN_USAGE = 30
"""How many commands a usage line names."""
_USUAL_COLUMNS = 80
_MOST_LISTED = 1000
"""How many characters of names an error lists."""


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
        parser = _completed(host, prog, name)
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


def _completed(host: Host, prog: str, name: str) -> argparse.ArgumentParser:
    """Return the parser of the command that argcomplete completes; importing all of them takes a fifth of a second."""
    line = os.environ.get("COMP_LINE", "").split()
    if name not in line:
        return argparse.ArgumentParser(prog=prog)
    from pegboard.tools.cli.names import completing_parser

    return completing_parser(host, prog, line[line.index(name) + 1 :])


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


class _AnyName(_LazyParsers):
    """The names for lists and completion. Any name is a choice: the action itself says why there is no such command."""

    def __contains__(self, name: object) -> bool:
        return True


class _Names(_AnyName):
    """The names alone, for argcomplete: it would have each parser built, and so each plugin imported."""

    def __getitem__(self, name: str) -> Any:
        return name


class LazySubParsers(argparse._SubParsersAction):  # type: ignore[type-arg]
    """The sub-commands of a parser, known by name and description, built on use."""

    def take(self, commands: Registry[Any], build: Callable[[str], argparse.ArgumentParser]) -> None:
        """Offer every name in *commands*; *build* makes the parser of a command."""
        self._registry = commands
        self._own_help: dict[str, str] = {}
        self._parsers = parsers = _LazyParsers(commands, build)
        self._name_parser_map = parsers  # type: ignore[assignment]  # argparse only reads it
        self._is_completed = "_ARGCOMPLETE" in os.environ
        choices = (_Names if self._is_completed else _AnyName)(commands, build)
        choices.own = parsers.own
        self.choices = choices  # type: ignore[assignment]
        self._shown: list[argparse.Action] | None = None

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Hand the rest of the command line to the parser of the command, or say why there is no such command."""
        name = values[0]
        if name not in self._parsers:
            raise argparse.ArgumentError(self, self._why_not(name))
        super().__call__(parser, namespace, values, option_string)

    def _why_not(self, name: str) -> str:
        from pegboard.adapters.absent_command import nearest_command, why_absent
        from pegboard.terminal import shortened

        words = f"{name!r} is a command of", f"{name!r} may be a command of"
        if why := why_absent(self._registry, name, *words):
            return why
        near = nearest_command(name, self._registry, self._parsers)
        if near and len(self._parsers) > _MOST_IN_USAGE:
            return f"invalid choice: {name!r}; did you mean {near!r}?"
        known = shortened(", ".join(map(repr, self._parsers)), _MOST_LISTED)
        return f"invalid choice: {name!r} (choose from {known})" + (f"; did you mean {near!r}?" if near else "")

    @property
    def metavar(self) -> Any:
        """What stands for a command in usage lines: all names in braces, or `COMMAND` for many."""
        if self._metavar is None and vars(self).get("_parsers") and len(self._parsers) > _MOST_IN_USAGE:
            return "COMMAND"
        return self._metavar

    @metavar.setter
    def metavar(self, value: Any) -> None:
        self._metavar = value

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
        """Return what help shows: the application's commands, then those of each distribution below its name."""
        if self._is_completed:  # argcomplete looks up each of them
            return [self._action(name, "") for name in self.choices or ()]
        if self._shown is not None:  # argparse asks twice: for the widest one, and to format them
            known, self._shown = self._shown, None
            return known
        shown: list[argparse.Action] = [self._action(name, text) for name, text in self._own_help.items()]
        groups: dict[str, list[tuple[str, str]]] = {}
        own = self._parsers.own
        for name, winner in self._winners():
            if name in own:
                continue
            text = _text(winner.metadata.get("description")) or ""
            if winner.owner.is_built_in or not winner.owner.name:
                shown.insert(len(shown) - len(own), self._action(name, text))
            else:
                groups.setdefault(_heading(winner.owner), []).append((name, text))
        if sum(map(len, groups.values())) > _MOST_IN_USAGE:
            shown.append(_Group(_listing(groups), (), ""))
        else:
            for heading, commands in groups.items():
                group = _Group(heading, (), "")
                group.actions = [self._action(name, text) for name, text in commands]
                shown.append(group)
        self._shown = shown
        return shown

    def _winners(self) -> Iterator[tuple[str, Contribution]]:
        """Yield every name in the registry with the contribution in use; all are read at once, as help needs them."""
        registry = self._registry
        claims: dict[str, list[Contribution]] = {}
        for claim in registry._manager.ledger.contributions(registry.name):
            if claim.owner.is_usable:
                claims.setdefault(claim.text, []).append(claim)
        for name in registry.names():
            known = claims.get(name, ())
            yield name, known[0] if len(known) == 1 else registry.winner(name)

    def _action(self, name: str, text: str) -> argparse.Action:
        action: argparse.Action = self._ChoicesPseudoAction(name, (), _escaped(text))
        return action


class _Group(argparse._SubParsersAction._ChoicesPseudoAction):  # type: ignore[misc]
    """A heading in help, with the commands of one distribution below it."""

    actions: Sequence[argparse.Action] = ()

    def _get_subactions(self) -> list[argparse.Action]:
        return list(self.actions)


def _listing(groups: Mapping[str, list[tuple[str, str]]]) -> str:
    """Return the commands of *groups* as argparse formats them, which takes it half of the time of a long help."""
    from textwrap import wrap

    from pegboard.terminal import columns

    whole = (columns(sys.stdout) or _USUAL_COLUMNS) - 2
    begin = min(24, max(whole - 20, 4))  # as `argparse.HelpFormatter` has it
    width, longest, below = max(whole - begin, 11), begin - 8, f"\n{'':{begin}}"
    lines: list[str] = []
    for heading, commands in groups.items():
        lines.append(heading if not lines else f"    {heading}")
        for name, text in commands:
            words = text if text.isprintable() else " ".join(text.split())
            if len(words) > width:
                words = below.join(wrap(words, width))
            if not words:
                lines.append(f"      {name}")
            elif len(name) <= longest:
                lines.append(f"      {name:{longest}}  {words}")
            else:
                lines.append(f"      {name}{below}{words}")
    return "\n".join(lines)


def _heading(plugin: Plugin) -> str:
    from pegboard.terminal import visible

    return visible(f"{plugin.distribution or plugin.who()}:")


def _description(commands: Registry[Any], name: str) -> str | None:
    """Return what the metadata of a command says, as a terminal may have it; None if it says nothing."""
    return _text(commands.describe(name).get("description"))


def _text(description: object) -> str | None:
    if type(description) is str and description.isprintable() and len(description) <= _MOST_CHARACTERS:
        return description
    from pegboard.terminal import shortened, visible

    return None if description is None else visible(shortened(str(description), _MOST_CHARACTERS), keeping="\n\t")


def _escaped(text: str) -> str:
    """Return *text* with per cent signs escaped, since argparse formats it."""
    return text.replace("%", "%%")
