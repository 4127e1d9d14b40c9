"""Looks into distributions that are about to be installed, and are unpacked in a temporary folder.

In: that folder. Out: for each distribution its plugins, its requirements, and the files that it brings.

Source:
    "Recording installed projects" and "Entry points specification", PyPA specifications.
"""

from __future__ import annotations

import csv
import importlib.metadata
import os
from typing import TYPE_CHECKING

from pegboard.namespace_package import PLUGINS
from pegboard.startup.discovery.distributions import normalise
from pegboard.tools.installing.installed import has_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pegboard.sources import Sources


class Unpacked:
    """The files of one distribution, unpacked and not installed."""

    def __init__(self, distribution: importlib.metadata.Distribution, sources: Sources, folder: str) -> None:
        self._folder = folder
        self.key: str = normalise(distribution.metadata["Name"])
        self.version: str = distribution.version
        self._namespace = sources.namespace.replace(".", "/")
        text = distribution.read_text("RECORD") or ""
        self.files: list[str] = [row[0] for row in csv.reader(text.splitlines()) if row and row[0]]
        """The paths of its files below the folder, as its record has them."""
        self.written: list[str] = list(self.files)
        """These, and what the folder has besides and may be of this distribution."""
        self.scripts: list[str] = [
            point.name for point in distribution.entry_points if point.group in ("console_scripts", "gui_scripts")
        ]
        """The names of its programs."""
        self.requires: list[str] = distribution.requires or []
        """Its requirements, as its metadata has them."""
        groups = {group for _, offered in sources.registries for group in offered}
        offers = [self.key] if any(point.group in groups for point in distribution.entry_points) else []
        self.entry_points: list[str] = [
            *offers,
            *[point.name for point in distribution.entry_points if point.group in sources.groups],
        ]

    @property
    def plugins(self) -> list[str]:
        """The names of its plugins for the application, as its files and entry points show them."""
        prefix = f"{self._namespace}/"
        files = self.files if self._namespace else ()
        parts = {path[len(prefix) :].partition("/")[0] for path in files if path.startswith(prefix)}
        names = {part.partition(".")[0] for part in parts} - {"__init__", "__pycache__", ""}
        return sorted(names | set(self.entry_points))

    def has_script(self, name: str, place: str) -> bool:
        """Return whether the program at *place* is the one that it brings, but for the first line."""
        mine = os.path.join(self._folder, "bin", name)
        try:
            return os.path.isfile(place) and _without_first_line(mine) == _without_first_line(place)
        except OSError:
            return False


def _without_first_line(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read(1 << 20).partition(b"\n")[2]


def own_modules(package: str, host: str, home: str | None, owners: Mapping[str, str]) -> set[str]:
    """Return the application's own modules, e.g. `api` and `plugins/0_add`.

    Args:
        package: The path of its package, e.g. `utt`.
        host: The distribution that brings it.
        home: Its folder, which is looked at where no installer keeps track of its files.
        owners: Who brings each file that is installed.
    """
    paths = [
        path[len(package) + 1 :] for path, owner in owners.items() if owner == host and path.startswith(f"{package}/")
    ]
    if not paths and home:
        paths = [name for name in os.listdir(home) if name != PLUGINS]
        below = os.path.join(home, PLUGINS)
        paths += [f"{PLUGINS}/{name}" for name in (os.listdir(below) if os.path.isdir(below) else ())]
    return {_module(path) for path in paths} - {"", PLUGINS, "__pycache__", f"{PLUGINS}/__pycache__"}


def _module(path: str) -> str:
    """Return the module that the file at *path* belongs to, one level below the package, or below `plugins`."""
    first, _, rest = path.partition("/")
    if first == PLUGINS:
        name = rest.partition("/")[0].partition(".")[0]
        return f"{PLUGINS}/{name}" if name else ""
    return first.partition(".")[0]


def unpacked_in(folder: str, sources: Sources) -> list[Unpacked]:
    """Return the distributions in *folder*."""
    found = [
        Unpacked(item, sources, folder)
        for item in importlib.metadata.distributions(path=[folder])
        if has_name(item)  # else it is what some distribution brings as another's metadata
    ]
    more = _unlisted(folder, [path for each in found for path in each.files])
    for each in found:
        each.written += more
    return found


def _unlisted(folder: str, listed: Collection[str]) -> list[str]:
    """Return the files in *folder* that no distribution there lists, as paths below it."""
    known = {os.path.normpath(os.path.join(folder, path.replace("\\", "/"))) for path in listed}
    found = []
    for above, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(above, name)
            if os.path.normpath(path) not in known and name != ".lock":
                found.append(os.path.relpath(path, folder).replace(os.sep, "/"))
    return sorted(found)
