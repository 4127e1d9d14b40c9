"""Which names of plugins, distributions and contributions complete an argument?

In: a host, and what an argument takes, see `completion.taking`. Out: names, from the index, or from a search if there
is none: nothing is imported.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pegboard.errors import UnusableIndexError
from pegboard.index import read
from pegboard.ledger import DISABLED, QUARANTINED
from pegboard.reporting import muted
from pegboard.startup.recording.encoding import content_of
from pegboard.tools.cli.completion import ANYTHING, ENABLED, LEFT_OUT, MUTED, PLUGINS, QUARANTINE
from pegboard.tools.states import last_known_states

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.host import Host


def add_completers(parser: argparse.ArgumentParser, host: Host) -> None:
    """Give each argument of *parser* and of its commands that takes names of plugins a function that completes it.

    An argument says what it takes by its attribute `takes`, see `taking`.
    """
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in dict.fromkeys(action.choices.values()):
                add_completers(child, host)
        elif takes := getattr(action, "takes", None):
            action.completer = _Names(host, takes)  # type: ignore[attr-defined]


def completing_parser(host: Host, prog: str, words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return a parser of the `plugins` commands, or of the one that *words* begin with, that completes names."""
    from pegboard.tools.cli.plugin_commands import parser_for

    parser = parser_for(prog, words)
    add_completers(parser, host)
    return parser


class _Names:
    """Completes names of plugins."""

    def __init__(self, host: Host, takes: str) -> None:
        self._host = host
        self._takes = takes

    def __call__(self, prefix: str = "", **_: object) -> list[str]:
        return [name for name in self._all() if name.startswith(prefix)]

    def _all(self) -> list[str]:
        if self._takes == MUTED:
            return list(muted(self._host.settings.file("plugins.toml")))
        if self._takes in (ENABLED, LEFT_OUT, QUARANTINE):
            states = last_known_states(self._host)
            wanted = QUARANTINED if self._takes == QUARANTINE else DISABLED
            return [name for name, state in states.items() if (state == wanted) != (self._takes == ENABLED)]
        names, owners, claims = _recorded(self._host)
        if self._takes == PLUGINS:
            return names
        return [*names, *owners, *(claims if self._takes == ANYTHING else ())]


def _recorded(host: Host) -> tuple[list[str], list[str], list[str]]:
    """Return the names of plugins, of distributions, and of contributions as `KIND:NAME`."""
    path = host.settings.index_path()
    try:
        data = content_of(read(path))["plugins"].values() if path else []
    except UnusableIndexError:
        data = []
    if not data:
        owners = dict.fromkeys(plugin.distribution.name for plugin in host.plugins if plugin.distribution)
        return [plugin.name for plugin in host.plugins], list(owners), []
    rows = [row for entry in data for row in (entry["record"] or {"rows": ()})["rows"]]
    owners = dict.fromkeys(entry["identity"][3] for entry in data if entry["identity"][3])
    return (
        [entry["identity"][0] for entry in data],
        list(owners),
        list(dict.fromkeys(f"{kind}:{text}" for kind, text, _, _ in rows)),
    )


def command_names(host: Host) -> list[str]:
    """Return the names in the registries of commands, as they are recorded."""
    claims = (claim.partition(":") for claim in _recorded(host)[2])
    return [name for kind, _, name in claims if "command" in kind]
