"""Which modules are in one part of `app.plugins`, and whose are they?"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import PluginNotImportableError
from pegboard.startup.discovery import namespace
from pegboard.startup.discovery.candidate import Candidate

if TYPE_CHECKING:
    from pegboard.startup.discovery.application import Application
    from pegboard.startup.discovery.candidate import Distribution
    from pegboard.startup.discovery.files import Files
    from pegboard.startup.discovery.owners import Owner, Owners

BUILT_IN = "built-in"
NAMESPACE = "namespace"
ENTRY_POINT = "entry point"
FOLDER = "folder"


class Part:
    """One directory of `app.plugins`."""

    __slots__ = ("is_archive", "is_folder", "is_home", "path")

    def __init__(self, path: str, *, is_home: bool, is_folder: bool, is_archive: bool) -> None:
        self.path = path
        self.is_home = is_home
        self.is_folder = is_folder
        self.is_archive = is_archive


class Find:
    """One module in one part: a candidate, if no other of its name comes before it."""

    __slots__ = ("candidate", "is_namespace", "is_seen", "others", "owners", "part")

    def __init__(
        self,
        candidate: Candidate,
        part: Part,
        owners: list[Owner],
        *,
        is_seen: bool,
        is_namespace: bool,
        others: list[str],
    ) -> None:
        self.candidate = candidate
        self.part = part
        self.owners = owners
        """Every distribution that brought its file, the surest first."""
        self.is_seen = is_seen
        """Whether Python's search stops at it; it passes over an extension module for another Python."""
        self.is_namespace = is_namespace
        """Whether it is a directory without `__init__`: Python takes it only when nothing else has the name."""
        self.others = others
        """Files of the same module name beside it, which it hides."""


class Searcher:
    """Searches the parts of one application's plugins package."""

    def __init__(self, application: Application, owners: Owners, files: Files) -> None:
        self.application = application
        self.owners = owners
        self.files = files

    def search(self, part: Part) -> list[Find]:
        """Return what is in *part*, by name."""
        finds = []
        for name, entries in sorted(namespace.modules_in(part.path, self.files).items()):
            find = self._examine(part, name, entries)
            if find is not None:
                finds.append(find)
        return finds

    def _examine(self, part: Part, name: str, entries: list[str]) -> Find | None:
        module = f"{self.application.package}.{name}"
        spec = namespace.ask(part.path, module)
        if spec is not None and spec.loader is not None and spec.origin:
            origin = spec.origin
            owners = [] if part.is_folder else self.owners.of(origin)
            used = self._entry_of(part, origin)
            others = [f"{part.path}/{entry}" for entry in entries if entry != used]
            problem = None
            if not part.is_archive and not os.access(origin, os.R_OK):
                problem = "it cannot be read: permission denied"
            return self._found(part, name, origin, owners, problem, is_seen=True, others=others)

        directory = f"{part.path}/{name}"
        if name in entries and not part.is_folder and (owners := self._owners_of_directory(directory)):
            is_seen = spec is not None
            problem = None if is_seen else "it is a directory without __init__, and the archive does not list it"
            return self._found(part, name, directory, owners, problem, is_seen=is_seen, is_namespace=True)
        files = [entry for entry in entries if entry != name]
        if not files:
            return None
        origin = f"{part.path}/{files[0]}"
        owners = [] if part.is_folder else self.owners.of(origin)
        return self._found(part, name, origin, owners, self._reason(part, origin))

    def _found(
        self,
        part: Part,
        name: str,
        origin: str,
        owners: list[Owner],
        reason: str | None,
        *,
        is_seen: bool = False,
        is_namespace: bool = False,
        others: list[str] | None = None,
    ) -> Find | None:
        owner = owners[0] if owners else None
        if self.application.is_of_copy(f"{part.path}/{self._entry_of(part, origin)}", owner):
            return None
        distribution = owner.distribution if owner else None
        is_own = owner is not None and self.application.is_owned_by(owner)
        source = FOLDER if part.is_folder else NAMESPACE
        if part.is_home and (is_own or (owner is None and not self.application.is_recorded)):
            source = BUILT_IN
        problem = PluginNotImportableError(name, describe(distribution), reason, origin) if reason else None
        candidate = Candidate(
            name,
            f"{self.application.package}.{name}",
            origin=origin,
            source=source,
            distribution=distribution,
            problem=problem,
        )
        return Find(candidate, part, owners, is_seen=is_seen, is_namespace=is_namespace, others=others or [])

    def _entry_of(self, part: Part, origin: str) -> str:
        return origin[len(part.path) :].lstrip("/").partition("/")[0]

    def _owners_of_directory(self, directory: str) -> list[Owner]:
        """Return who owns a directory without `__init__`; a leftover, which nobody owns, is no plugin."""
        owners = self.owners.below(directory)
        if owners:
            return owners
        entries = [entry for found in namespace.modules_in(directory, self.files).values() for entry in found]
        return self.owners.of(f"{directory}/__init__.py") if any("." in entry for entry in entries) else []

    def _reason(self, part: Part, origin: str) -> str:
        from importlib.machinery import EXTENSION_SUFFIXES

        if os.path.islink(origin) and not os.path.exists(origin):
            return "it is a link to something that is gone"
        if origin.endswith((".so", ".pyd")):
            if part.is_archive:
                return "an extension module cannot be loaded out of an archive"
            tag = os.path.basename(origin).partition(".")[2]
            return f"it is built for another Python ({tag}); this one loads {', '.join(EXTENSION_SUFFIXES)}"
        return "Python finds no module in it"


def describe(distribution: Distribution | None) -> str:
    """Return name and version, or empty text for nobody."""
    return str(distribution) if distribution is not None else ""
