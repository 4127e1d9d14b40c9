"""Looks into distributions that are about to be installed, and are unpacked in a temporary folder.

In: that folder. Out: for each distribution its plugins, its requirements, and files that belong to others.

Source:
    "Recording installed projects" and "Entry points specification", PyPA specifications.
"""

from __future__ import annotations

import importlib.metadata
import os
from typing import TYPE_CHECKING

from pegboard.namespace_package import PLUGINS
from pegboard.startup.discovery.distributions import normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Unpacked:
    """The files of one distribution, unpacked and not installed."""

    def __init__(self, distribution: importlib.metadata.Distribution, application: str) -> None:
        self.key: str = normalise(distribution.metadata["Name"])
        self.version: str = distribution.version
        self._package = application.replace(".", "/")
        self.files: list[str] = [file.as_posix() for file in distribution.files or ()]
        self.requires: list[str] = distribution.requires or []
        """Its requirements, as its metadata has them."""
        self.entry_points: list[str] = [
            point.name for point in distribution.entry_points if point.group == f"{application}.{PLUGINS}"
        ]

    @property
    def plugins(self) -> list[str]:
        """The names of its plugins for the application, as its files and entry points show them."""
        prefix = f"{self._package}/{PLUGINS}/"
        parts = {path[len(prefix) :].partition("/")[0] for path in self.files if path.startswith(prefix)}
        names = {part.partition(".")[0] for part in parts} - {"__init__", "__pycache__", ""}
        return sorted(names | set(self.entry_points))

    def trespasses(self, own: Collection[str], owners: Mapping[str, str], replaced: Collection[str]) -> list[str]:
        """Return, in words, each file that belongs to the application or to another distribution.

        Args:
            own: The application's own modules, see `own_modules`.
            owners: Who plugins_by_distribution each file that is installed.
            replaced: Distributions whose files are about to be replaced.
        """
        found = []
        for path in self.files:
            if path.startswith("..") or ".dist-info/" in path or "__pycache__/" in path:
                continue
            owner = owners.get(path)
            if path in (f"{self._package}/__init__.py", f"{self._package}/{PLUGINS}/__init__.py"):
                found.append(f"{path}, which is the application's own package file")
            elif owner is not None and owner != self.key and owner not in replaced:
                found.append(f"{path}, which {owner} brings")
            elif path.startswith(f"{self._package}/") and _module(path[len(self._package) + 1 :]) in own:
                found.append(f"{path}, in the place of a module of the application")
        return found


def own_modules(package: str, host: str, home: str | None, owners: Mapping[str, str]) -> set[str]:
    """Return the application's own modules, e.g. `api` and `plugins/0_add`.

    Args:
        package: The path of its package, e.g. `utt`.
        host: The distribution that plugins_by_distribution it.
        home: Its folder, which is looked at where no installer keeps track of its files.
        owners: Who plugins_by_distribution each file that is installed.
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


def unpacked_in(folder: str, application: str) -> list[Unpacked]:
    """Return the distributions in *folder*."""
    return [Unpacked(found, application) for found in importlib.metadata.distributions(path=[folder])]
