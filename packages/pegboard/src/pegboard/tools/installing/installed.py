"""Reads what is installed: distributions, their files and requirements, and the plugins that they bring.

In: the metadata on `sys.path`; nothing is imported. Out: a `Snapshot`, and what belongs to one distribution.
"""

from __future__ import annotations

import csv
import importlib
import importlib.metadata
import json
import os
import sys
from typing import TYPE_CHECKING

from pegboard.ledger import BUILT_IN, ISOLATED
from pegboard.startup.discovery.application import Application
from pegboard.startup.discovery.distributions import installed, normalise, without_stale
from pegboard.startup.discovery.file_system import Files
from pegboard.startup.discovery.owners import Owners, editable_project

if TYPE_CHECKING:
    from pegboard.host import Host


class Snapshot:
    """The distributions of this environment at one moment."""

    def __init__(self) -> None:
        importlib.invalidate_caches()
        self.distributions: dict[str, importlib.metadata.Distribution] = {}
        """By normalised name; of two with one name, the first on `sys.path`."""
        for distribution in importlib.metadata.distributions(path=list(sys.path)):
            if has_name(distribution):
                self.distributions.setdefault(normalise(distribution.metadata["Name"]), distribution)

    @property
    def versions(self) -> dict[str, str]:
        """The version of each."""
        return {key: distribution.version for key, distribution in sorted(self.distributions.items())}

    @property
    def requires(self) -> dict[str, list[str]]:
        """The requirements of each, as its metadata has them."""
        return {key: distribution.requires or [] for key, distribution in self.distributions.items()}

    def extras(self, key: str) -> list[str]:
        """Return the extras that distribution *key* has."""
        return self.distributions[key].metadata.get_all("Provides-Extra") or []

    def owners(self) -> dict[str, str]:
        """Return the distribution of each file, by the file's path below site-packages."""
        return {
            file.as_posix(): key
            for key, distribution in self.distributions.items()
            for file in distribution.files or ()
        }


def every_recorded(snapshot: Snapshot) -> dict[str, str]:
    """Return the distribution of each file that an installer has recorded, compiled ones included, by absolute path."""
    found = {}
    for key, distribution in snapshot.distributions.items():
        text = distribution.read_text("RECORD") or ""
        for row in csv.reader(text.splitlines()):
            if row and row[0]:
                found[os.path.normpath(str(distribution.locate_file(row[0])))] = key
    return found


def recorded(distribution: importlib.metadata.Distribution) -> list[str] | None:
    """Return the paths that the installer has recorded for *distribution*, if they exist or not; None without a record.

    `Distribution.files` leaves out what is missing, from Python 3.12 on. Compiled files are left out here: they may go.

    Source:
        "Recording installed projects", PyPA specifications: `RECORD`.
    """
    text = distribution.read_text("RECORD")
    if not text:
        return None
    paths = [row[0] for row in csv.reader(text.splitlines()) if row]
    return [path for path in paths if not path.endswith(".pyc")]


def has_name(distribution: importlib.metadata.Distribution) -> bool:
    """Return whether the metadata of *distribution* has its name, as all has that an installer has made."""
    try:
        metadata = distribution.metadata
    except Exception:  # a library that stands in for `importlib.metadata` raises where there is no file
        return False
    return "Name" in metadata and bool(metadata["Name"])  # since Python 3.12 asking for what is missing warns


def source_of(distribution: importlib.metadata.Distribution) -> list[str]:
    """Return the words by which an installer gets *distribution* from where it came.

    Source:
        "Recording the Direct URL Origin of installed distributions", PyPA specifications (PEP 610).
    """
    name, version = distribution.metadata["Name"], distribution.version
    text = distribution.read_text("direct_url.json") or ""
    try:
        origin = json.loads(text)
        url = str(origin["url"])
    except (ValueError, KeyError, TypeError):
        return [f"{normalise(name)}=={version}"]
    if project := editable_project(text):
        return ["-e", project]
    if system := origin.get("vcs_info"):
        url = f"{system['vcs']}+{url}@{system['commit_id']}"
    return [f"{name} @ {url}"]


def application_of(host: Host) -> Application:
    """Return where the application is, and its distribution."""
    files = Files()
    found, _ = without_stale(installed(sys.path, files))
    namespace = host.settings.namespace
    return Application(host.name, Owners(host.name, found, files, namespace), files, namespace)


def plugins_by_distribution(host: Host) -> dict[str, list[str]]:
    """Return the names of each distribution's plugins, by its normalised name; without built-in and isolated ones."""
    found: dict[str, list[str]] = {}
    for plugin in host.plugins:
        if plugin.distribution is not None and plugin.source not in (BUILT_IN, ISOLATED):
            found.setdefault(normalise(plugin.distribution.name), []).append(plugin.name)
    return found
