"""How are the plugins of all sources united, and which one counts if two have one name?

Four sources, in their order of precedence: the application's own modules in the namespace, as a rule `app.plugins`,
modules that others add to it, entry points in the host's groups, files in the user's folder. Nothing is imported.
"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import (
    DuplicatePluginError,
    EntryPointError,
    HostError,
    NamespaceModuleError,
    PluginFolderError,
    PluginNotImportableError,
    SameModuleError,
    StaleMetadataError,
    describe_exception,
)
from pegboard.ledger import DISTRIBUTION
from pegboard.sources import Sources
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
    from collections.abc import Iterable, Sequence

    from pegboard.errors import PegboardError
    from pegboard.ledger import Distribution
    from pegboard.startup.discovery.distributions import Installed
    from pegboard.startup.discovery.entry_points import Line
    from pegboard.startup.discovery.portions import FoundModule

_PRECEDENCE = (BUILT_IN, NAMESPACE, ENTRY_POINT, FOLDER)


class Discovery:
    """What discovery has found."""

    __slots__ = ("candidates", "directories", "distribution", "init", "installed", "portions", "problems")

    def __init__(
        self,
        candidates: tuple[Candidate, ...],
        portions: tuple[str, ...],
        problems: tuple[PegboardError, ...],
        directories: tuple[str, ...],
        init: str | None,
        *,
        distribution: Distribution | None,
        installed: Sequence[Installed] = (),
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
        self.distribution: Distribution | None = distribution
        """What brought the application; None when nobody installed it."""
        self.installed: Sequence[Installed] = installed
        """The metadata of every distribution, without stale ones; what comes first counts."""

    def __repr__(self) -> str:
        return f"<Discovery of {len(self.candidates)} plugins in {len(self.portions)} portions>"


def discover(application: str, *, folder: str | None = None, sources: Sources | None = None) -> Discovery:
    """Find every plugin of *application*. Nothing is imported.

    An application whose `plugins/__init__` appends to `__path__` gets those directories searched if that package has
    been imported before; `extend_namespace` tells whether it should be discovered once more.

    Args:
        application: The package that the host was made for; may be dotted.
        folder: The user's plugin folder; it need not exist.
        sources: Where else plugins are, and which modules count; None for the usual places.
    """
    return _Discoverer(application, folder, sources or Sources(application)).run()


class _Discoverer:
    """The inputs of one discovery, and the problems that it meets."""

    def __init__(self, application: str, folder: str | None, sources: Sources) -> None:
        self.sources = sources
        self.folder = os.path.abspath(folder) if folder and sources.namespace else None
        self.files = Files()
        self.problems: list[PegboardError] = []
        self.entries = finders.path_entries()
        everything = installed(self.entries, self.files)
        self.metadata, self.stale = without_stale(everything)
        self.owners = Owners(application, everything, self.files, sources.namespace)
        self.application = Application(application, self.owners, self.files, sources.namespace)
        self.module = self.application.own_module()
        """The file of a plain module that has the namespace's name, and stays what it is."""

    def run(self) -> Discovery:
        searcher = Searcher(self.application, self.owners, self.files)
        portions = self._importable(self._portions(), searcher)
        modules = [
            module for portion in portions for module in searcher.search(portion) if self._counts(module.candidate)
        ]
        self._keep_built_ins_visible(portions, modules)
        winners = self._winners(portions, modules)
        by_module = {candidate.module: candidate for candidate in winners}
        for candidate in self._hooked(portions, by_module):
            by_module[candidate.module] = candidate
        self._add_entry_points(by_module, portions)
        candidates = self._unique([*by_module.values(), *self._distributions(by_module.values())])

        paths = [portion.path for portion in portions if not portion.is_folder]
        self.problems += strays(self.application, paths, candidates, self.owners, self.files)
        self.problems += shared_files(self.application, candidates, self.owners)
        self._report_stale(candidates)
        return Discovery(
            tuple(candidates),
            tuple(portion.path for portion in portions),
            tuple(self.problems),
            self._directories(portions),
            self.module or self.application.own_init() or self._shared_init(portions),
            distribution=self.application.owner.distribution if self.application.owner else None,
            installed=self.metadata,
        )

    def _portions(self) -> list[Portion]:
        package = self.application.package
        is_below = package.rpartition(".")[0] == self.application.name
        paths = (
            finders.portions(package, self.application.locations if is_below else None, self.files) if package else []
        )
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

    def _shared_init(self, portions: Iterable[Portion]) -> str | None:
        """Return the `__init__` file that Python would run of a namespace which is not below the application."""
        if self.application.has_own_namespace:
            return None
        return next((file for part in portions if (file := finders.init_file(part.path, self.files)) is not None), None)

    def _importable(self, portions: list[Portion], searcher: Searcher) -> list[Portion]:
        """Return those of *portions* that can be imported from: of a plain module in their place, the folder only."""
        if self.module is None:
            return portions
        for portion in portions:
            found = [] if portion.is_folder else searcher.search(portion)
            if found:
                first = found[0].candidate
                names = ", ".join(repr(module.candidate.name) for module in found)
                self.problems.append(
                    NamespaceModuleError(self.application.package, self.module, portion.path, names, first.who())
                )
        return [portion for portion in portions if portion.is_folder]

    def _counts(self, candidate: Candidate) -> bool:
        if self.sources.is_plugin is None:
            return True
        try:
            return bool(self.sources.is_plugin(candidate))
        except Exception as error:
            cause = describe_exception(error)
            raise HostError(f"is_plugin failed for {candidate.module}: {cause}", "mend that function") from error

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
            if not self.application.package or not module.startswith(prefix) or "." in name or module in known:
                continue
            spec = finders.find_by_hook(module, paths)
            origin = spec.origin if spec is not None else None
            owners = self.owners.of(origin or f"{target}/__init__.py")
            distribution = owners[0].distribution if owners else None
            problem = None
            if spec is None:
                cause = "its editable install points to a place where there is nothing to import"
                problem = PluginNotImportableError(name, str(distribution or ""), cause, target)
            candidate = Candidate(name, module, origin=origin, distribution=distribution, problem=problem)
            if self._counts(candidate):
                yield candidate

    def _add_entry_points(self, by_module: dict[str, Candidate], portions: list[Portion]) -> None:
        paths = [portion.path for portion in portions]
        for point in (point for group in self.sources.groups for point in entry_points(group, self.metadata)):
            known = by_module.get(point.module)
            if known is None:
                known = by_module[point.module] = self._pointed_to(point, paths)
            elif known.distribution is None and known.source != BUILT_IN:
                known.distribution = point.installed.distribution
            known.entry_points.append(point)
        for candidate in by_module.values():
            if candidate.source == ENTRY_POINT:  # a module of the namespace has its own name, whoever points to it
                self._report_names(candidate)

    def _distributions(self, others: Iterable[Candidate]) -> Iterable[Candidate]:
        """Return a candidate for each distribution whose entry points contribute to registries, apart from *others*."""
        taken = {candidate.name for candidate in others}
        found: dict[str, Candidate] = {}
        lines = [
            (registry, line)
            for registry, groups in self.sources.registries
            for group in groups
            for line in entry_points(group, self.metadata)
        ]
        for registry, line in lines:
            key = line.installed.key
            if key not in found:
                owner = self.application.owner
                found[key] = Candidate(
                    f"{key}-entry-points" if key in taken else key,
                    f"{DISTRIBUTION}{key}",
                    origin=line.installed.directory,
                    source=BUILT_IN if owner is not None and owner.installed.key == key else ENTRY_POINT,
                    distribution=line.installed.distribution,
                )
            if line.name.isprintable():
                found[key].contributions.append((line.name, line.group, line.value, registry))
            else:
                who, text = line.installed.distribution, f"{line.name!r} = {line.value} in group {line.group}"
                cause, advice = "its name has characters that cannot be shown", "report it to its author"
                self.problems.append(
                    EntryPointError(found[key].name, str(who), text, cause, line.installed.directory, advice)
                )
        return found.values()

    def _pointed_to(self, point: Line, paths: list[str]) -> Candidate:
        known = {self.application.package: paths} if paths and self.application.package else {}
        spec, certain = finders.locate(point.module, known)
        distribution = point.installed.distribution
        problem = None
        if spec is None and certain:
            cause = f"{point} names {f'{point.module!r}, which cannot be found' if point.module else 'no module'}"
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
                place = candidate.origin or candidate.module
                self._report_hidden(first, candidate.distribution, place, is_other_module=True)
        return sorted(chosen.values(), key=lambda item: (item.source != BUILT_IN, item.name))

    # -- reports -------------------------------------------------------------------------------------------------------

    def _report_names(self, candidate: Candidate) -> None:
        """Say which other names the module of *candidate* has, and who else names it: it is one plugin nevertheless."""
        for point in candidate.entry_points:
            if point.name == candidate.name and point.installed.distribution == candidate.distribution:
                continue
            self.problems.append(
                SameModuleError(
                    candidate.name,
                    str(candidate.distribution or ""),
                    point.name,
                    f"{point} names the module {candidate.module}, too",
                    candidate.origin,
                )
            )

    def _report_hidden(
        self, first: Candidate, other: Distribution | None, path: str | None, *, is_other_module: bool = False
    ) -> None:
        is_same = first.distribution is not None and other is not None and first.distribution.name == other.name
        if is_same and not is_other_module:
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
        relative = self.application.package.replace(".", "/")
        found: list[str] = []
        for entry in self.entries:
            found += [entry, f"{entry.rstrip('/')}/{relative}"] if relative else [entry]
        found += filter(None, map(self.application.own_part, self.application.locations))
        if self.module is not None:
            found.append(os.path.dirname(self.module))
        found += [portion.path for portion in portions]
        if self.folder:
            found.append(self.folder)
        return tuple(dict.fromkeys(found))


def _is_same(path: str, other: str) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)
