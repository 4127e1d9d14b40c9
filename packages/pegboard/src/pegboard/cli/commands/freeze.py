"""`plugins freeze`: the plugins of this environment, as a file for `plugins sync`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.cli.commands import DONE, command
from pegboard.installing.declared import frozen
from pegboard.installing.installed import Snapshot

if TYPE_CHECKING:
    import argparse

    from pegboard.cli.commands import Group
    from pegboard.cli.output import Output
    from pegboard.host import Host


def add(commands: Group) -> None:
    """Add `freeze`."""
    command(commands, "freeze", _run, "print the installed plugins and what only they need, as requirements")


def _run(host: Host, _: argparse.Namespace, output: Output) -> int:
    snapshot = Snapshot()
    found = frozen(host, snapshot)
    versions = snapshot.versions
    for key, plugins in found.items():
        note = f"  # plugins: {', '.join(plugins)}" if plugins else ""
        output.say(f"{key}=={versions[key]}{note}")
    output.answer(
        {"distributions": [{"distribution": k, "version": versions[k], "plugins": names} for k, names in found.items()]}
    )
    return DONE
