"""Whose command is it that fails?

In: the command line, and the records of plugins. Out: the plugins that registered its command: it cannot be run without
them.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pegboard.errors import UnusableIndexError
from pegboard.index import read
from pegboard.ledger import HOOK, RULES
from pegboard.startup.recording.encoding import content_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pegboard.ledger import Plugin


def command_owners(command: Sequence[str], plugins: Sequence[Plugin], index_path: str | None) -> tuple[str, list[str]]:
    """Return the word in *command* that is the name of a command, and the plugins that registered it.

    The first word counts that is a name in a registry of commands, or else, if there is none, in any registry. Both
    results are empty where nothing is known.

    Args:
        command: The program and its arguments; an argument may be a whole command line, as of `sh -c`.
        plugins: All plugins.
        index_path: The file with the records; None when there is none.
    """
    by_module = {plugin.module: plugin.name for plugin in plugins}
    owners: dict[tuple[bool, str], list[str]] = {}
    for module, kind, name in _registered(index_path):
        if module in by_module:
            owners.setdefault(("command" in kind, name), []).append(by_module[module])
    words = [word for argument in command[1:] for word in _words(argument)]
    for is_command, candidates in ((True, words), (False, list(command[1:]))):
        for word in candidates:
            if found := owners.get((is_command, word)):
                return word, list(dict.fromkeys(found))
    return "", []


def _words(argument: str) -> list[str]:
    if " " not in argument:
        return [argument]
    try:
        return shlex.split(argument)
    except ValueError:
        return [argument]


def _registered(index_path: str | None) -> Iterator[tuple[str, str, str]]:
    """Yield the module, the registry and the name of each contribution to a registry that is recorded."""
    if index_path is None:
        return
    try:
        content = content_of(read(index_path))
    except (UnusableIndexError, ValueError):
        return
    for module, entry in content["plugins"].items():
        for kind, name, _, _ in (entry["record"] or {"rows": ()})["rows"]:
            if kind not in RULES and not kind.startswith(HOOK):
                yield module, kind, name
