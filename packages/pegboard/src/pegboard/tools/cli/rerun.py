"""How this very program is run once more, in a new process, with another `plugins` command."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def command_line(arguments: Sequence[str], *words: str) -> list[str] | None:
    """Return the command line of this process, with *words* in the place of what follows `plugins`.

    Args:
        arguments: What follows the word `plugins` in this process.
        *words: What shall follow it in the new one.

    Returns:
        None when this process's command line does not end with *arguments*, so that nobody knows how it was made.
    """
    given = sys.orig_argv
    at = len(given) - len(arguments)
    if at < 1 or given[at:] != list(arguments):
        return None
    return [sys.executable or given[0], *given[1:at], *words]


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """Return how the interpreter was called: its options, and the program with what precedes *arguments*.

    The program is a script's path, or `-m` and a module, or `-c` and code. None as in `command_line`.
    """
    whole = command_line(arguments)
    if whole is None:
        return None
    rest = whole[1:]
    options: list[str] = []
    while rest:
        word = rest[0]
        if word in ("-m", "-c") or not word.startswith("-"):
            return options, rest
        if word[:2] in ("-m", "-c"):
            return options, [word[:2], word[2:], *rest[1:]]
        count = 2 if word in ("-X", "-W", "--check-hash-based-pycs") else 1
        if not word.startswith(("--", "-X", "-W")) and word[-1] in "mc":  # options joined with it, as in `-Im module`
            return [*options, word[:-1]], [f"-{word[-1]}", *rest[1:]]
        options += rest[:count]
        del rest[:count]
    return None
