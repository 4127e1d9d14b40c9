"""How are the plugins of all sources united, and which one counts if two have one name?

Four sources, in their order of precedence: the application's own modules in `app.plugins`, modules that others add to
`app.plugins`, entry points in the group `app.plugins`, files in the user's folder. Nothing is imported.
"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import DuplicatePluginError, PluginFolderError, PluginNotImportableError, StaleMetadataError
from pegboard.namespace_package import PLUGINS
from pegboard.startup.discovery import finders
from pegboard.startup.discovery.application import Application
from pegboard.startup.discovery.candidate import BUILT_IN, ENTRY_POINT, FOLDER, NAMESPACE, Candidate
from pegboard.startup.discovery.distributions import installed, without_stale
from pegboard.startup.discovery.entry_points import entry_points
from pegboard.startup.discovery.file_system import Files
from pegboard.startup.discovery.owners import Owners
from pegboard.startup.discovery.portions import Portion, Searcher
from pegboard.startup.discovery.shared_files import shared_files
from pegboard.startup.discovery.strays import strays

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pegboard.errors import PegboardError
    from pegboard.ledger import Distribution
    from pegboard.startup.discovery.entry_points import EntryPoint
    from pegboard.startup.discovery.portions import FoundModule

_PRECEDENCE = (BUILT_IN, NAMESPACE, ENTRY_POINT, FOLDER)


class Discovery:
    """What discovery has found."""

    __slots__ = ("candidates", "directories", "init", "portions", "problems")

    def __init__(
        self,
        candidates: tuple[Candidate, ...],
        portions: tuple[str, ...],
        problems: tuple[PegboardError, ...],
        directories: tuple[str, ...],
        init: str | None,
    ) -> None:
        self.candidates: tuple[Candidate, ...] = candidates
        """Built-in ones first, then by name. Each name, and each module, is there once."""
        self.portions: tuple[str, ...] = portions
        """The search path that `app.plugins` needs so that every candidate can be imported."""
        self.problems: tuple[PegboardError, ...] = problems
        """What is wrong apart from any one candidate, which has its own `Candidate.problem`."""
        self.directories: tuple[str, ...] = directories
        """Every path whose `stat` tells whether this still holds, absent ones included."""
        self.init: str | None = init
        """The application's own `plugins/__init__` file, which `extend_namespace` runs; None when it has none."""

    def __repr__(self) -> str:
        return f"<Discovery of {len(self.candidates)} plugins in {len(self.portions)} portions>"


def discover(application: str, *, folder: str | None = None) -> Discovery:
    """Find every plugin of *application*. Nothing is imported.

    An application whose `plugins/__init__` appends to `__path__` gets those directories searched if that package has
    been imported before; `extend_namespace` tells whether it should be discovered once more.

    Args:
        application: The package that the host was made for; may be dotted.
        folder: The user's plugin folder; it need not exist.
    """
    return _Discoverer(application, folder).run()


class _Discoverer:
    """The inputs of one discovery, and the problems that it meets."""

    def __init__(self, application: str, folder: str | None) -> None:
        self.folder = os.path.abspath(folder) if folder else None
        self.files = Files()
        self.problems: list[PegboardError] = []
        self.entries = finders.path_entries()
        everything = installed(self.entries, self.files)
        self.metadata, self.stale = without_stale(everything)
        self.owners = Owners(application, everything, self.files)
        self.application = Application(application, self.owners, self.files)

    def run(self) -> Discovery:
        portions = self._portions()
        searcher = Searcher(self.application, self.owners, self.files)
        modules = [module for portion in portions for module in searcher.search(portion)]
        self._keep_built_ins_visible(portions, modules)
        winners = self._winners(portions, modules)
        by_module = {candidate.module: candidate for candidate in winners}
        for candidate in self._hooked(portions, by_module):
            by_module[candidate.module] = candidate
        self._add_entry_points(by_module, portions)
        candidates = self._unique(by_module.values())

        paths = [portion.path for portion in portions if not portion.is_folder]
        self.problems += strays(self.application, paths, candidates, self.owners, self.files)
        self.problems += shared_files(self.application, candidates, self.owners)
        self._report_stale(candidates)
        return Discovery(
            tuple(candidates),
            tuple(portion.path for portion in portions),
            tuple(self.problems),
            self._directories(portions),
            self.application.own_init(),
        )

    def _portions(self) -> list[Portion]:
        paths = finders.portions(self.application.name, self.application.locations, self.files)
        folder = self._usable_folder()
        if folder is not None and not any(self.application.is_home(path) for path in paths if _is_same(path, folder)):
            paths = [path for path in paths if not _is_same(path, folder)] + [folder]
        return [
            Portion(
                path,
                is_home=self.application.is_home(path),
                is_folder=path is folder,
                is_archive=self.files.is_archive(path),
            )
            for path in paths
        ]

    def _usable_folder(self) -> str | None:
        if self.folder is None:
            return None
        try:
            os.listdir(self.folder)
        except FileNotFoundError:
            reason = "it is a link to something that is gone" if os.path.islink(self.folder) else None
        except NotADirectoryError:  # if nothing is there, one of the folders above it is a file
            reason = "it is a file, not a folder" if os.path.lexists(self.folder) else None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
        else:
            return self.folder
        if reason is not None:  # it need not exist
            self.problems.append(PluginFolderError(self.folder, reason))
        return None

    # -- which one counts ----------------------------------------------------------------------------------------------

    def _keep_built_ins_visible(self, portions: list[Portion], modules: list[FoundModule]) -> None:
        """Move the portions that would hide a module of the application's own behind the application's portion.

        Otherwise portions keep the order of the search path: an environment's plugin hides the system's, as everywhere.
        """
        home = next((portion for portion in portions if portion.is_home), None)
        if home is None:
            return
        own = {module.candidate.name for module in modules if module.candidate.source == BUILT_IN}
        position = portions.index(home)
        rivals = {module.portion for module in modules if module.candidate.name in own and not module.is_namespace}
        hiding = [
            portion
            for portion in portions[:position]
            if portion in rivals or self.application.is_part_of_copy(portion.path)
        ]
        if hiding:
            before = [portion for portion in portions[:position] if portion not in hiding]
            portions[:] = [*before, home, *hiding, *portions[position + 1 :]]

    def _winners(self, portions: list[Portion], modules: list[FoundModule]) -> list[Candidate]:
        order = {portion: number for number, portion in enumerate(portions)}
        by_name: dict[str, list[FoundModule]] = {}
        for module in modules:
            by_name.setdefault(module.candidate.name, []).append(module)
        winners = []
        for name in sorted(by_name):
            rivals = sorted(
                by_name[name],
                key=lambda module: (not module.is_seen, module.is_namespace, order[module.portion]),
            )
            first = rivals[0].candidate
            winners.append(first)
            for rival in rivals[1:]:
                self._report_hidden(first, rival.candidate.distribution, rival.candidate.origin)
            for path in rivals[0].others:
                owners = self.owners.of(path)
                if owners:
                    self._report_hidden(first, owners[0].distribution, path)
        return winners

    def _hooked(self, portions: list[Portion], known: dict[str, Candidate]) -> Iterable[Candidate]:
        """Yield the modules that only an import hook knows."""
        prefix = f"{self.application.package}."
        paths = [portion.path for portion in portions]
        for module, target in finders.editable_modules():
            name = module.removeprefix(prefix)
            if not module.startswith(prefix) or "." in name or module in known:
                continue
            spec = finders.find_by_hook(module, paths)
            origin = spec.origin if spec is not None else None
            owners = self.owners.of(origin or f"{target}/__init__.py")
            distribution = owners[0].distribution if owners else None
            problem = None
            if spec is None:
                cause = "its editable install points to a place where there is nothing to import"
                problem = PluginNotImportableError(name, str(distribution or ""), cause, target)
            yield Candidate(name, module, origin=origin, distribution=distribution, problem=problem)

    def _add_entry_points(self, by_module: dict[str, Candidate], portions: list[Portion]) -> None:
        paths = [portion.path for portion in portions]
        for point in entry_points(self.application.package, self.metadata):
            known = by_module.get(point.module)
            if known is None:
                by_module[point.module] = self._pointed_to(point, paths)
            elif known.distribution is None and known.source != BUILT_IN:
                known.distribution = point.installed.distribution

    def _pointed_to(self, point: EntryPoint, paths: list[str]) -> Candidate:
        spec, certain = finders.locate(point.module, {self.application.package: paths})
        distribution = point.installed.distribution
        problem = None
        if spec is None and certain:
            cause = f"{point} names {point.module!r}, which cannot be found"
            problem = PluginNotImportableError(point.name, str(distribution), cause, point.installed.directory)
        origin = spec.origin if spec is not None and spec.has_location else None
        return Candidate(
            point.name, point.module, origin=origin, source=ENTRY_POINT, distribution=distribution, problem=problem
        )

    def _unique(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Return one candidate a name, built-in ones first, then by name."""
        rank = {source: number for number, source in enumerate(_PRECEDENCE)}
        chosen: dict[str, Candidate] = {}
        for candidate in sorted(
            candidates,
            key=lambda item: (
                rank[item.source],
                item.problem is not None,
                str(item.distribution or ""),
                item.module,
            ),
        ):
            first = chosen.setdefault(candidate.name, candidate)
            if first is not candidate:
                self._report_hidden(first, candidate.distribution, candidate.origin or candidate.module)
        return sorted(chosen.values(), key=lambda item: (item.source != BUILT_IN, item.name))

    # -- reports -------------------------------------------------------------------------------------------------------

    def _report_hidden(self, first: Candidate, other: Distribution | None, path: str | None) -> None:
        if first.distribution is not None and other is not None and first.distribution.name == other.name:
            return  # another installation, or another file, of the same distribution
        self.problems.append(
            DuplicatePluginError(
                first.name,
                str(first.distribution or ""),
                first.origin,
                str(other or ""),
                path,
                first.source == BUILT_IN,
            )
        )

    def _report_stale(self, candidates: list[Candidate]) -> None:
        names = {item.distribution.name for item in candidates if item.distribution is not None}
        for kept, other in self.stale:
            if kept.distribution.name in names:
                self.problems.append(
                    StaleMetadataError(str(kept.distribution), other.directory, str(other.distribution))
                )

    def _directories(self, portions: list[Portion]) -> tuple[str, ...]:
        relative = self.application.name.replace(".", "/")
        found: list[str] = []
        for entry in self.entries:
            found += [entry, f"{entry.rstrip('/')}/{relative}/{PLUGINS}"]
        found += [f"{location}/{PLUGINS}" for location in self.application.locations]
        found += [portion.path for portion in portions]
        if self.folder:
            found.append(self.folder)
        return tuple(dict.fromkeys(found))


def _is_same(path: str, other: str) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)
