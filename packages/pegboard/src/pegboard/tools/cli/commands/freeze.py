"""`plugins freeze`: the plugins of this environment, as a file for `plugins sync`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import InstallFailedError
from pegboard.tools.cli.commands import DONE, command
from pegboard.tools.cli.environment_commands import add_source_options, installer_for
from pegboard.tools.installing.installed import Snapshot
from pegboard.tools.installing.requirements_file import frozen_distributions

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `freeze`."""
    parser = command(commands, "freeze", _run, "print the installed plugins and what only they need, as requirements")
    parser.add_argument(
        "--hashes", action="store_true", help="with the hashes of their files, which the package index is asked for"
    )
    add_source_options(parser)


def _run(host: Host, options: argparse.Namespace, output: Output) -> int:
    snapshot = Snapshot()
    found = frozen_distributions(host, snapshot)
    versions = snapshot.versions
    hashes: dict[str, list[str]] = {}
    if options.hashes and found:
        hashes = installer_for(options, output).hashes({key: versions[key] for key in found})
        if missing := [key for key in found if not hashes.get(key)]:
            raise InstallFailedError("freeze", f"there is no hash of {', '.join(missing)}", "leave out --hashes")
    for key, plugins in found.items():
        note = f"  # plugins: {', '.join(plugins)}" if plugins else ""
        if options.hashes and note:  # where a line is continued there is no room for a comment
            output.say(note.strip())
        values = [f" \\\n    --hash={value}" for value in sorted(hashes.get(key, ()))]
        output.say(f"{key}=={versions[key]}{''.join(values)}{'' if options.hashes else note}")
    output.answer(
        {
            "distributions": [
                {"distribution": key, "version": versions[key], "plugins": names}
                | ({"hashes": sorted(hashes[key])} if options.hashes else {})
                for key, names in found.items()
            ]
        }
    )
    return DONE
