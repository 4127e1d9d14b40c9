"""A declared set of plugins: which distributions there are, as `requirements.txt` has it, and what a file asks for.

Source:
    pip, "Requirements File Format"; only requirements and comments are understood here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import InstallRefusedError
from pegboard.installing.installed import application_of, brought

if TYPE_CHECKING:
    from pegboard.host import Host
    from pegboard.installing.installed import Snapshot


def frozen(host: Host, snapshot: Snapshot) -> dict[str, list[str]]:
    """Return the distributions that bring plugins, and what only they need: name to the plugins it brings.

    What the application needs anyway is left out: another version of it may need it in another version.
    """
    from pegboard.discovery.distributions import normalise

    owner = application_of(host).owner
    of_host = snapshot.closure({normalise(owner.distribution.name)}) if owner else set()
    plugins = brought(host)
    wanted = snapshot.closure(set(plugins) & snapshot.distributions.keys()) - of_host
    return {key: plugins.get(key, []) for key in sorted(wanted)}


def read_declared(path: str) -> list[str]:
    """Return the requirements in the file at *path*; `-e` before a folder is an item of its own.

    Raises:
        InstallRefusedError: For a line that is no requirement.
        OSError: If the file cannot be read.
    """
    with open(path, encoding="utf-8-sig") as stream:
        text = stream.read()
    found = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition(" #")[0].strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("-e "):
            found += ["-e", line[3:].strip()]
        elif line.startswith("-") or " --" in line or line.endswith("\\"):
            raise InstallRefusedError(
                f"{line!r} is no requirement", f"{path}:{number}", "one requirement a line; give options to the command"
            )
        else:
            found.append(line)
    return found
