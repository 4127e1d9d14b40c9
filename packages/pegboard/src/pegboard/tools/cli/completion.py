"""What may follow on a command line?

In: the line up to the cursor, the `plugins` commands, and what the application itself offers. Out: words.

Source:
    The `argparse` reference; argcomplete, "Specifying completers": a completer is the attribute `completer` of an
    argument, and gets what was typed of it.
"""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING

from pegboard.no_plugins import OPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Completer = Callable[..., Iterable[str]]

_BREAKS = "=:"
"""Characters at which bash begins a word of its own."""


def completions(
    line: str,
    commands: Sequence[str],
    parser_of: Callable[[Sequence[str]], argparse.ArgumentParser],
    application: Callable[[Sequence[str], str], Iterable[str]],
) -> list[str]:
    """Return what the word before the cursor may become.

    Args:
        line: The command line up to the cursor, with the program.
        commands: The words by which the program calls the `plugins` commands, e.g. `["plugins"]`.
        parser_of: Returns the parser of the `plugins` commands, given the words that follow.
        application: Returns what the application offers after some words, given the beginning of the next.
    """
    words, prefix = split(line)
    words = words[1:]
    at = _place_of(commands, words)
    if at is not None:
        rest = words[at + len(commands) :]
        found = list(after(parser_of(rest), rest, prefix))
    else:
        found = list(application(words, prefix))
        if not [word for word in words if not _is_option_or_value(word, words)]:
            found += [commands[0], *([OPTION, f"{OPTION}="] if prefix.startswith("-") else [])]
    return list(dict.fromkeys(word for word in found if word.startswith(prefix)))


def split(line: str) -> tuple[list[str], str]:
    """Return the whole words of *line*, and the beginning of the last one, as a shell reads them."""
    text = line
    for closing in ("", '"', "'"):
        try:
            words = shlex.split(f"{text}\N{NULL}{closing}")
        except ValueError:
            continue
        *whole, last = words or ["\N{NULL}"]
        return whole, last.rstrip("\N{NULL}")
    return text.split()[:-1], text.split()[-1] if text and not text[-1].isspace() else ""


def for_bash(words: Sequence[str], prefix: str) -> list[str]:
    """Return *words* without what bash takes for words before the one at the cursor."""
    at = max(prefix.rfind(character) for character in _BREAKS) + 1
    return [word[at:] for word in words]


def _is_option_or_value(word: str, words: Sequence[str]) -> bool:
    at = words.index(word)
    before = words[at - 1] if at else ""
    return word.startswith("-") or (before.startswith("-") and "=" not in before)


def _place_of(commands: Sequence[str], words: Sequence[str]) -> int | None:
    """Return where *commands* are in *words*, if only options and their values precede them."""
    for at in range(len(words) - len(commands) + 1):
        if list(words[at : at + len(commands)]) == list(commands):
            return at
        if not _is_option_or_value(words[at], words):
            return None
    return None


def after(parser: argparse.ArgumentParser, words: Sequence[str], prefix: str) -> Iterable[str]:
    """Return what *parser* takes after *words*, given the beginning of the next one."""
    walk = _Walk(parser)
    for number, word in enumerate(words):
        child = walk.take(word)
        if child is not None:
            return after(child, words[number + 1 :], prefix)
    return () if walk.is_done else walk.offers(prefix)


class _Walk:
    """What a parser has read of a command line, and waits for."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        actions = parser._actions
        self._waiting = [action for action in actions if not action.option_strings]
        self._options = {name: action for action in actions for name in action.option_strings}
        self._option: argparse.Action | None = None
        self._is_literal = False
        self.is_done = False
        """Whether a word could not be understood, so that nothing can be offered."""

    def take(self, word: str) -> argparse.ArgumentParser | None:
        """Read *word*; return the parser of a command, if it is the name of one."""
        if self._option is not None:
            self._option = None
        elif word == "--" and not self._is_literal:
            self._is_literal = True
        elif word.startswith("-") and not self._is_literal:
            action = self._options.get(word)
            self._option = action if action is not None and action.nargs != 0 else None
        elif self._waiting:
            return self._take_argument(word)
        return None

    def _take_argument(self, word: str) -> argparse.ArgumentParser | None:
        action = self._waiting[0]
        if isinstance(action, argparse._SubParsersAction):
            self.is_done = word not in action.choices
            child: argparse.ArgumentParser | None = action.choices.get(word)
            return child
        if action.nargs not in ("*", "+"):
            self._waiting.pop(0)
        return None

    def offers(self, prefix: str) -> Iterable[str]:
        """Return what the next word may be, given its beginning."""
        if self._option is not None:
            return _values(self._option, prefix)
        option, is_joined, value = prefix.partition("=")
        if prefix.startswith("-") and not self._is_literal:
            if is_joined and option in self._options:
                return [f"{option}={found}" for found in _values(self._options[option], value)]
            return [name for name, action in self._options.items() if action.help != argparse.SUPPRESS]
        return _values(self._waiting[0], prefix) if self._waiting else ()


def _values(action: argparse.Action, prefix: str) -> Iterable[str]:
    completer: Completer | None = getattr(action, "completer", None)
    if completer is not None:
        return completer(prefix=prefix)
    return map(str, action.choices or ())


def taking(action: argparse.Action, takes: str) -> None:
    """Have *action* take names of a kind, e.g. `PLUGINS`."""
    action.takes = takes  # type: ignore[attr-defined]


PLUGINS = "plugins"
OWNERS = "plugins and distributions"
ENABLED = "plugins that are enabled"
LEFT_OUT = "plugins that are disabled"
QUARANTINE = "plugins that are in quarantine"
MUTED = "what is muted"
ANYTHING = "plugins, distributions and contributions"
