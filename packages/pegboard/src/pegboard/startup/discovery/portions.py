"""Which modules are in one portion of `app.plugins`, and whose are they?"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import PluginNotImportableError
from pegboard.frozen import is_virtual
from pegboard.startup.discovery import finders
from pegboard.startup.discovery.candidate import BUILT_IN, FOLDER, NAMESPACE, Candidate

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

    from pegboard.startup.discovery.application import Application
    from pegboard.startup.discovery.file_system import Files
    from pegboard.startup.discovery.owners import Owner, Owners


class Portion:
    """One directory of `app.plugins` (PEP 420, "Terminology")."""

    __slots__ = ("is_archive", "is_folder", "is_home", "path")

    def __init__(self, path: str, *, is_home: bool, is_folder: bool, is_archive: bool) -> None:
        self.path = path
        self.is_home = is_home
        """Whether it is the application's own."""
        self.is_folder = is_folder
        """Whether it is the user's plugin folder."""
        self.is_archive = is_archive


class FoundModule:
    """One module in one portion: a candidate, if no other of its name comes before it."""

    __slots__ = ("candidate", "is_namespace", "is_seen", "others", "owners", "portion")

    def __init__(
        self,
        candidate: Candidate,
        portion: Portion,
        owners: list[Owner],
        *,
        is_seen: bool,
        is_namespace: bool,
        others: list[str],
    ) -> None:
        self.candidate = candidate
        self.portion = portion
        self.owners = owners
        """Every distribution that brought its file, the surest first."""
        self.is_seen = is_seen
        """Whether Python finds it; it ignores, for example, an extension module for another Python."""
        self.is_namespace = is_namespace
        """Whether it is a directory without `__init__`: Python takes it only when nothing else has the name."""
        self.others = others
        """Files of the same module name beside it, which it hides."""


class Searcher:
    """Searches the portions of one application's plugins package."""

    def __init__(self, application: Application, owners: Owners, files: Files) -> None:
        self.application = application
        self.owners = owners
        self.files = files
        self._usual: set[str] = set()  # directories of which Python was seen to find source files in the usual way

    def search(self, portion: Portion) -> list[FoundModule]:
        """Return what is in *portion*, by name."""
        names = sorted(finders.modules_in(portion.path, self.files).items())
        return [module for name, entries in names if (module := self._examine(portion, name, entries)) is not None]

    def _examine(self, portion: Portion, name: str, entries: list[str]) -> FoundModule | None:
        spec, origin = self._find(portion, name, entries)
        if origin:
            owners = [] if portion.is_folder else self.owners.of(origin)
            used = self._entry_of(portion, origin)
            others = [f"{portion.path}/{entry}" for entry in entries if entry != used]
            problem = None
            if not (portion.is_archive or is_virtual(origin) or os.access(origin, os.R_OK)):
                problem = "it cannot be read: permission denied"
            return self._found(portion, name, origin, owners, problem, is_seen=True, others=others)

        directory = f"{portion.path}/{name}"
        if name in entries and not portion.is_folder and (owners := self._owners_of_directory(directory)):
            is_seen = spec is not None
            problem = None if is_seen else "it is a directory without __init__, and the archive does not list it"
            return self._found(portion, name, directory, owners, problem, is_seen=is_seen, is_namespace=True)
        files = [entry for entry in entries if entry != name]
        if not files:
            return None
        origin = f"{portion.path}/{files[0]}"
        owners = [] if portion.is_folder else self.owners.of(origin)
        return self._found(portion, name, origin, owners, self._reason(portion, origin))

    def _find(self, portion: Portion, name: str, entries: list[str]) -> tuple[ModuleSpec | None, str | None]:
        """Return what Python finds for *name*, if it was asked, and the file that it would load; None if it would not.

        It is asked for the first source file of a directory. That it finds the others, too, needs no search for each.
        """
        plain, path = f"{name}.py", f"{portion.path}/{name}.py"
        is_plain = entries == [plain] and plain in self.files.plain_files(portion.path)
        if is_plain and portion.path in self._usual:
            return None, path
        spec = finders.find_in_entry(portion.path, f"{self.application.package}.{name}")
        if spec is None or spec.loader is None:
            return spec, None
        if is_plain and spec.origin == path and finders.is_pythons_own(portion.path, spec):
            self._usual.add(portion.path)
        return spec, spec.origin

    def _found(
        self,
        portion: Portion,
        name: str,
        origin: str,
        owners: list[Owner],
        reason: str | None,
        *,
        is_seen: bool = False,
        is_namespace: bool = False,
        others: list[str] | None = None,
    ) -> FoundModule | None:
        owner = owners[0] if owners else None
        if self.application.is_of_copy(f"{portion.path}/{self._entry_of(portion, origin)}", owner):
            return None
        distribution = owner.distribution if owner else None
        is_own = owner is not None and self.application.is_owned_by(owner)
        source = FOLDER if portion.is_folder else NAMESPACE
        if portion.is_home and (is_own or (owner is None and not self.application.is_recorded)):
            source = BUILT_IN
        problem = PluginNotImportableError(name, str(distribution or ""), reason, origin) if reason else None
        candidate = Candidate(
            name,
            f"{self.application.package}.{name}",
            origin=origin,
            source=source,
            distribution=distribution,
            problem=problem,
        )
        return FoundModule(candidate, portion, owners, is_seen=is_seen, is_namespace=is_namespace, others=others or [])

    def _entry_of(self, portion: Portion, origin: str) -> str:
        return origin[len(portion.path) :].lstrip("/").partition("/")[0]

    def _owners_of_directory(self, directory: str) -> list[Owner]:
        """Return who owns a directory without `__init__`; a leftover, which nobody owns, is no plugin."""
        owners = self.owners.below(directory)
        if owners:
            return owners
        entries = [entry for found in finders.modules_in(directory, self.files).values() for entry in found]
        return self.owners.of(f"{directory}/__init__.py") if any("." in entry for entry in entries) else []

    def _reason(self, portion: Portion, origin: str) -> str:
        from importlib.machinery import EXTENSION_SUFFIXES

        if os.path.islink(origin) and not os.path.exists(origin):
            return "it is a link to something that is gone"
        if origin.endswith((".so", ".pyd")):
            if portion.is_archive:
                return "an extension module cannot be loaded out of an archive"
            tag = os.path.basename(origin).partition(".")[2]
            return f"it is built for another Python ({tag}); this one loads {', '.join(EXTENSION_SUFFIXES)}"
        return "Python finds no module in it"
