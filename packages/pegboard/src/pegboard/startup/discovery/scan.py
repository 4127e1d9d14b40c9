"""Discovery: every plugin of an application, by all sources together, and nothing imported.

Cold: it runs when there is no valid index. Four sources are united, and this is their order of precedence: the
application's own modules in `app.plugins`, modules that others add to `app.plugins`, entry points in the group
`app.plugins`, files in the user's folder.
"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import (
    DuplicatePluginError,
    PluginNotImportableError,
    StaleMetadataError,
)
from pegboard.namespace_package import PLUGINS
from pegboard.startup.discovery import namespace
from pegboard.startup.discovery.application import Application
from pegboard.startup.discovery.candidate import Candidate
from pegboard.startup.discovery.distributions import believed, installed
from pegboard.startup.discovery.entry_points import entry_points
from pegboard.startup.discovery.files import Files
from pegboard.startup.discovery.folder import check_folder
from pegboard.startup.discovery.owners import Owners
from pegboard.startup.discovery.search import BUILT_IN, ENTRY_POINT, FOLDER, NAMESPACE, Find, Part, Searcher, describe
from pegboard.startup.discovery.strays import strays

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pegboard.errors import PegboardError
    from pegboard.startup.discovery.candidate import Distribution
    from pegboard.startup.discovery.entry_points import EntryPoint

_PRECEDENCE = (BUILT_IN, NAMESPACE, ENTRY_POINT, FOLDER)


class Discovery:
    """What was found."""

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
        """What was survived; what makes one candidate unusable is in `Candidate.problem` instead."""
        self.directories: tuple[str, ...] = directories
        """Every path whose `stat` tells whether this is still true, absent ones included."""
        self.init: str | None = init
        """The application's own `plugins/__init__` file, which `extend_namespace` may run; None when it has none."""

    def __repr__(self) -> str:
        return f"<Discovery of {len(self.candidates)} plugins in {len(self.portions)} places>"


def discover(application: str, *, folder: str | None = None) -> Discovery:
    """Find every plugin of *application*. No plugin is imported, and nothing else that is not yet.

    An application whose `plugins/__init__` appends to `__path__` gets those directories searched if that package has
    been imported before; `extend_namespace` tells whether it should be discovered once more.

    Args:
        application: The package that the host was made for; may be dotted.
        folder: The user's plugin folder; it need not exist.
    """
    return _Discoverer(application, folder).run()


class _Discoverer:
    """One discovery: its inputs, and the problems met on the way."""

    def __init__(self, application: str, folder: str | None) -> None:
        self.folder = os.path.abspath(folder) if folder else None
        self.files = Files()
        self.problems: list[PegboardError] = []
        self.entries = namespace.entries()
        everything = installed(self.entries, self.files)
        self.metadata, self.stale = believed(everything)
        self.owners = Owners(application, everything, self.files)
        self.application = Application(application, self.owners, self.files)

    def run(self) -> Discovery:
        parts = self._parts()

        searcher = Searcher(self.application, self.owners, self.files)
        finds = [find for part in parts for find in searcher.search(part)]
        self._keep_built_ins_visible(parts, finds)
        winners = self._winners(parts, finds)
        by_module = {candidate.module: candidate for candidate in winners}
        for candidate in self._hooked(parts, by_module):
            by_module[candidate.module] = candidate
        self._add_entry_points(by_module, parts)
        candidates = self._unique(by_module.values())

        paths = [part.path for part in parts if not part.is_folder]
        self.problems += strays(self.application, paths, candidates, self.owners, self.files)
        self._report_stale(candidates)
        return Discovery(
            tuple(candidates),
            tuple(part.path for part in parts),
            tuple(self.problems),
            self._directories(parts),
            self.application.own_init(),
        )

    def _parts(self) -> list[Part]:
        paths = namespace.portions(self.application.name, self.application.locations, self.files)
        folder = self._usable_folder()
        if folder is not None and not any(self.application.is_home(path) for path in paths if _is_same(path, folder)):
            paths = [path for path in paths if not _is_same(path, folder)] + [folder]
        return [
            Part(
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
        usable, problem = check_folder(self.folder)
        if problem is not None:
            self.problems.append(problem)
        return self.folder if usable else None

    # -- which one counts ----------------------------------------------------------------------------------------------

    def _keep_built_ins_visible(self, parts: list[Part], finds: list[Find]) -> None:
        """Move the parts that would hide a module of the application's own behind the application's part.

        Otherwise parts keep the order of the search path: an environment's plugin hides the system's, as everywhere.
        """
        home = next((part for part in parts if part.is_home), None)
        if home is None:
            return
        own = {find.candidate.name for find in finds if find.candidate.source == BUILT_IN}
        position = parts.index(home)
        rivals = {id(find.part) for find in finds if find.candidate.name in own and not find.is_namespace}
        hiding = [
            part for part in parts[:position] if id(part) in rivals or self.application.is_part_of_copy(part.path)
        ]
        if hiding:
            before = [part for part in parts[:position] if part not in hiding]
            parts[:] = [*before, home, *hiding, *parts[position + 1 :]]

    def _winners(self, parts: list[Part], finds: list[Find]) -> list[Candidate]:
        order = {id(part): number for number, part in enumerate(parts)}
        by_name: dict[str, list[Find]] = {}
        for find in finds:
            by_name.setdefault(find.candidate.name, []).append(find)
        winners = []
        for name in sorted(by_name):
            rivals = sorted(
                by_name[name],
                key=lambda find: (not find.is_seen, find.is_namespace, order[id(find.part)]),
            )
            first = rivals[0].candidate
            winners.append(first)
            self._report_second_owners(rivals[0])
            for rival in rivals[1:]:
                self._report_hidden(first, rival.candidate.distribution, rival.candidate.origin)
            for path in rivals[0].others:
                owners = self.owners.of(path)
                if owners:
                    self._report_hidden(first, owners[0].distribution, path)
        return winners

    def _hooked(self, parts: list[Part], known: dict[str, Candidate]) -> Iterable[Candidate]:
        """Yield the modules that only an import hook knows."""
        prefix = f"{self.application.package}."
        paths = [part.path for part in parts]
        for module, target in namespace.hook_mapping():
            name = module.removeprefix(prefix)
            if not module.startswith(prefix) or "." in name or module in known:
                continue
            spec = namespace.find_by_hook(module, paths)
            origin = spec.origin if spec is not None else None
            owners = self.owners.of(origin or f"{target}/__init__.py")
            distribution = owners[0].distribution if owners else None
            problem = None
            if spec is None:
                cause = "its editable install points to a place where there is nothing to import"
                problem = PluginNotImportableError(name, describe(distribution), cause, target)
            yield Candidate(name, module, origin=origin, distribution=distribution, problem=problem)

    def _add_entry_points(self, by_module: dict[str, Candidate], parts: list[Part]) -> None:
        paths = [part.path for part in parts]
        for point in entry_points(self.application.package, self.metadata):
            known = by_module.get(point.module)
            if known is None:
                by_module[point.module] = self._pointed_to(point, paths)
            elif known.distribution is None and known.source != BUILT_IN:
                known.distribution = point.installed.distribution

    def _pointed_to(self, point: EntryPoint, paths: list[str]) -> Candidate:
        spec, certain = namespace.locate(point.module, {self.application.package: paths})
        distribution = point.installed.distribution
        problem = None
        if spec is None and certain:
            cause = f"{point} names {point.module!r}, which cannot be found"
            problem = PluginNotImportableError(point.name, str(distribution), cause, point.installed.place)
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
                describe(item.distribution),
                item.module,
            ),
        ):
            first = chosen.setdefault(candidate.name, candidate)
            if first is not candidate:
                self._report_hidden(first, candidate.distribution, candidate.origin or candidate.module)
        return sorted(chosen.values(), key=lambda item: (item.source != BUILT_IN, item.name))

    # -- reports -------------------------------------------------------------------------------------------------------

    def _report_hidden(self, first: Candidate, other: Distribution | None, place: str | None) -> None:
        if first.distribution is not None and other is not None and first.distribution.name == other.name:
            return  # another installation, or another file, of the same distribution
        self.problems.append(
            DuplicatePluginError(first.name, describe(first.distribution), first.origin, describe(other), place)
        )

    def _report_second_owners(self, find: Find) -> None:
        first = find.candidate
        for owner in find.owners[1:]:
            if owner.is_recorded:
                self._report_hidden(first, owner.distribution, first.origin)

    def _report_stale(self, candidates: list[Candidate]) -> None:
        names = {item.distribution.name for item in candidates if item.distribution is not None}
        for kept, other in self.stale:
            if kept.distribution.name in names:
                self.problems.append(StaleMetadataError(str(kept.distribution), other.place, str(other.distribution)))

    def _directories(self, parts: list[Part]) -> tuple[str, ...]:
        relative = self.application.name.replace(".", "/")
        found: list[str] = []
        for entry in self.entries:
            found += [entry, f"{entry.rstrip('/')}/{relative}/{PLUGINS}"]
        found += [f"{location}/{PLUGINS}" for location in self.application.locations]
        found += [part.path for part in parts]
        if self.folder:
            found.append(self.folder)
        return tuple(dict.fromkeys(found))


def _is_same(path: str, other: str) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)
