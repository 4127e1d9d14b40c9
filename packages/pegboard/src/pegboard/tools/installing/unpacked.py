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


def own_modules(packages: Mapping[str, str | None], host: str, owners: Mapping[str, str]) -> set[str]:
    """Return the application's own modules, as paths: `utt/api` and `utt/plugins/0_add`.

    Args:
        packages: The application's package and the namespace of its plugins, as paths: `utt` and `utt/plugins`. Where
            no installer keeps track of the application's files, the folder of each is looked at, if there is one.
        host: The distribution that brings it.
        owners: Who brings each file that is installed.
    """
    paths = [path for path, owner in owners.items() if owner == host and module_below(path, packages)]
    if not paths:
        folders = [(path, folder) for path, folder in packages.items() if folder and os.path.isdir(folder)]
        paths = [f"{path}/{name}" for path, folder in folders for name in os.listdir(folder)]
    return {module_below(path, packages) for path in paths} - {""}


def module_below(path: str, packages: Collection[str]) -> str:
    """Return the module that *path* is or is in, directly below the innermost of *packages*; empty if it is elsewhere.

    What leads to a package is no such module: `utt/plugins` is none where plugins are in `utt/plugins`.
    """
    inside = max((package for package in packages if path.startswith(f"{package}/")), key=len, default="")
    if not inside:
        return ""
    module = inside
    for part in path[len(inside) + 1 :].split("/"):
        module = f"{module}/{part.partition('.')[0]}"
        if not any(f"{package}/".startswith(f"{module}/") for package in packages):
            return "" if part.startswith(("__pycache__", "__init__.")) else module
    return ""


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
