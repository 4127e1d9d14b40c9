"""What did a plugin register when it was last imported, and does that still hold?

In: what an import registered, read and did. Out: a record as plain data, and why it no longer holds, if it does not.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder, SourceFileLoader
from operator import attrgetter
from types import ModuleType

from pegboard._typing import TYPE_CHECKING
from pegboard.adaptation import BY_ADAPTER, is_line_of
from pegboard.entry_objects import rows_of
from pegboard.frozen import EXECUTABLE, holder
from pegboard.index import WHOLE_ENVIRONMENT, digest, path_stamp, variable_stamp
from pegboard.regular_file import read_file
from pegboard.startup.recording.bytecode import remove_doubtful_bytecode
from pegboard.startup.recording.conditions import is_recent
from pegboard.startup.recording.effects.effect import SEEN, Effect

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from typing import Any

    from pegboard.ledger import Contribution, Plugin
    from pegboard.sources import Adapter
    from pegboard.startup.recording.import_traces import ImportTrace

    Files = dict[str, tuple[str, str]]  # path to stamp and content hash


RECENT = "?"
"""The first character of a stamp that was too recent to be trusted when it was taken."""
READS = "it reads what other plugins contribute while it is imported"
"""Why a plugin is eager whose import depends on others."""
UNRECORDED = "it cannot be recorded"
"""How the reason of a plugin begins that could be imported, and not be recorded."""
BY_AUTHOR = "its author says so"
NOT_JUDGED = "it has not been judged yet"
"""Why a plugin is eager whose import was not observed."""
_VARIABLE = "env:"
"""The prefix of a declared input that is an environment variable; every other one is a path."""


class Record:
    """What one plugin registered, as plain data."""

    __slots__ = (
        "after",
        "before",
        "directories",
        "eager",
        "effects",
        "files",
        "inputs",
        "is_in_order",
        "is_judged",
        "is_plain",
        "missing",
        "packages",
        "reads_registries",
        "rows",
        "uses",
        "variables",
    )

    def __init__(self) -> None:
        self.rows: Sequence[tuple[str, str, bool, dict[str, Any]]] = ()
        """Kind, text, override and metadata of each contribution, in order."""
        self.reads_registries: bool = False
        """Whether the import has read what other plugins contribute: it may find something else the next time."""
        self.files: Files = {}
        """The plugin's own files, and those it declared as inputs."""
        self.inputs: Sequence[str] = ()
        """The files it declared as inputs; they count also while they are absent."""
        self.is_plain: bool = False
        """Whether its module is a source file that Python's own loader has loaded."""
        self.uses: Sequence[str] = ()
        """Modules of other plugins that it imported."""
        self.packages: Sequence[str] = ()
        """Other top-level packages that it imported; `PackageFiles` has their files."""
        self.missing: Sequence[str] = ()
        """Modules that it tried to import and that did not exist; if one appears, it may register something else."""
        self.directories: Sequence[str] = ()
        """Directories in which those would appear."""
        self.variables: dict[str, str] = {}
        self.eager: str = ""
        """Why the plugin is imported at every start, in words; empty when it is imported at first use."""
        self.effects: Sequence[Sequence[str]] = ()
        """What its import does besides registering: kind, words and location of each `Effect`."""
        self.is_in_order: bool = False
        """Whether its import works only after those of the plugins that come before it."""
        self.is_judged: bool = False
        """Whether its import was observed, so that it is known what it does besides registering."""
        self.after: tuple[str, ...] = ()
        self.before: tuple[str, ...] = ()

    @classmethod
    def of_import(
        cls,
        plugin: Plugin,
        rows: Iterable[Contribution],
        trace: ImportTrace,
        *,
        application: str,
        environ: Mapping[str, str],
        eager_kinds: Container[str],
        search_began_ns: int,
        reads_registries: bool,
        verdict: Record | None = None,
    ) -> Record:
        """Return the record of an import that has just succeeded.

        An import that was not observed has the effects that *verdict* has, an earlier record that still holds.
        """
        record = cls()
        record.rows = plain_rows(rows)
        record.reads_registries = reads_registries
        record.judge(plugin, trace, eager_kinds, verdict)
        variables = {name.removeprefix(_VARIABLE) for name in plugin.inputs if name.startswith(_VARIABLE)}
        variables |= trace.variables
        # empty ones are tuples, of which there is only one: there are many of them
        record.inputs = tuple([path for path in plugin.inputs if not path.startswith(_VARIABLE)])
        own = [each for module in (plugin.module, *sorted(trace.borrowed)) for each in _loaded_modules(module)]
        origin = [holder(plugin.origin)] if plugin.origin else []  # its module may have put something else in its place
        record.files = read_files([*_paths(own), *origin, *record.inputs], search_began_ns)
        record.is_plain = type(_attribute(sys.modules.get(plugin.module), "__loader__")) is SourceFileLoader
        record.uses = tuple(sorted(trace.uses))
        packages = trace.packages | {plugin.module.partition(".")[0]}  # its own package has run, too
        # other conditions cover Python, pegboard and the application
        packages -= sys.stdlib_module_names
        record.packages = tuple(sorted(packages - {"pegboard", application.partition(".")[0]}))
        if trace.missing:
            record.missing, record.directories = _missing_modules(trace.missing)
        record.variables = {name: variable_stamp(name, environ) for name in sorted(variables)}
        record.after, record.before = plugin.after, plugin.before
        record.is_in_order = plugin.is_in_order
        return record

    @classmethod
    def of_entry_points(cls, plugin: Plugin) -> Record:
        """Return the record of *plugin*, a distribution whose contributions are known from its metadata."""
        record = cls()
        record.rows = plain_rows(rows_of(plugin, None))
        record.is_judged = True
        return record

    @classmethod
    def of_isolated(
        cls, plugin: Plugin, rows: Iterable[Contribution], eager_kinds: Container[str], search_began_ns: int
    ) -> Record:
        """Return the record of *plugin*, whose code runs in another process; its environment never changes."""
        record = cls()
        record.rows = plain_rows(rows)
        record.is_judged = True
        declared = [name.removeprefix(_VARIABLE) for name in plugin.inputs if name.startswith(_VARIABLE)]
        record.inputs = [path for path in plugin.inputs if not path.startswith(_VARIABLE)]
        record.variables = {name: variable_stamp(name, os.environ) for name in sorted(declared)}
        origin = [plugin.origin] if plugin.origin else []  # of an editable project, which may be edited
        record.files = read_files([*origin, *record.inputs], search_began_ns)
        record.after, record.before = plugin.after, plugin.before
        record.eager = _reason_to_be_eager(plugin, record, eager_kinds, None)
        return record

    def judge(
        self, plugin: Plugin, trace: ImportTrace, eager_kinds: Container[str], verdict: Record | None = None
    ) -> None:
        """Decide whether *plugin* is imported at every start; see `of_import`."""
        self.is_judged = trace.is_judged
        self.effects = tuple([(effect.kind, effect.words, effect.location) for effect in trace.effects])
        if verdict is not None and not trace.is_judged:
            self.is_judged, self.effects = verdict.is_judged, verdict.effects
        if not self.is_eager_by_declaration:
            self.eager = _reason_to_be_eager(plugin, self, eager_kinds, trace.adapter)

    @property
    def is_eager_by_declaration(self) -> bool:
        """Whether the plugin's author, or the application's adapter, says that it is imported at every start."""
        return self.eager == BY_AUTHOR or self.eager.startswith(BY_ADAPTER)

    def as_dict(self) -> dict[str, Any]:
        """Return the record as JSON can hold it."""
        return dict(zip(self.__slots__, _values(self), strict=True))

    def overruled(self) -> list[str]:
        """Return the effects of its import, in words, that its author says do not matter; see `Host.declare`."""
        if self.eager or not self.is_judged:
            return []
        return [f"{words} ({location})" if location else words for _, words, location in self.effects]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Record:
        """Return the record that `as_dict` has made *data* from."""
        record = cls()
        for name in cls.__slots__:
            setattr(record, name, data[name])
        record.rows = [(kind, text, override, metadata) for kind, text, override, metadata in data["rows"]]
        record.files = files_from(data["files"])
        record.after, record.before = tuple(data["after"]), tuple(data["before"])
        return record

    def why_invalid(self, environ: Mapping[str, str], modules: Container[str], search_began_ns: int) -> str | None:
        """Return why the record no longer holds, in words; None when it holds.

        Args:
            environ: The environment variables now.
            modules: The modules of all plugins that exist now.
            search_began_ns: When the search for plugins began; stamps that were recent are refreshed.
        """
        for path in self.files:
            if has_changed(self.files, path, search_began_ns):
                return f"its file {path} has changed"
        for name, stamp in self.variables.items():
            if variable_stamp(name, environ) != stamp:
                what = "the environment has" if name == WHOLE_ENVIRONMENT else f"the environment variable {name} has"
                return f"{what} changed"
        for name in self.missing:
            if name in modules or can_be_found(name):
                return f"the module {name!r}, which it had looked for in vain, is there now"
        return None


_values = attrgetter(*Record.__slots__)


class PackageFiles:
    """The files of the top-level packages that plugins imported; several plugins may import the same package."""

    __slots__ = ("by_package",)

    def __init__(self, by_package: dict[str, Files]) -> None:
        self.by_package: dict[str, Files] = by_package

    def add(self, package: str, search_began_ns: int, without: Container[str] = ()) -> None:
        """Add the files of all loaded modules of *package*.

        Files that are known already stay: plugins that are primed have imported them in an earlier process.

        Args:
            package: The name of a top-level package.
            search_began_ns: When the search for plugins began.
            without: Modules that are left out, with their submodules.
        """
        modules = [
            module
            for name, module in _named_modules()
            if (name == package or name.startswith(package + ".")) and not _is_below(name, without)
        ]
        known = self.by_package.get(package, {})
        paths = set(_paths(modules))
        if not (modules or known):  # somebody has asked whether it is there, and has not imported it
            paths.update(filter(None, [_origin_of(package)]))
        self.by_package[package] = read_files(paths - known.keys(), search_began_ns) | known

    def forget(self, package: str) -> None:
        """Forget all files of *package*."""
        self.by_package.pop(package, None)

    def why_changed(self, package: str, search_began_ns: int, *, is_same_path: bool) -> str | None:
        """Return, in words, which file of *package* has changed, or that it comes from elsewhere; None otherwise.

        Args:
            package: The name of a top-level package.
            search_began_ns: When the search for plugins began.
            is_same_path: Whether the import path is what it was.
        """
        files = self.by_package.get(package)
        if files is None:
            return f"nothing is known of {package!r}, which it imports"
        origin = _origin_of(package)
        if origin is None and files:
            return f"{package!r}, which it imports, is not there any more"
        if origin == "" and files and not is_same_path:
            return f"{package!r}, which it imports, may be in other folders of the new import path"
        if origin and origin not in files:
            return f"{package!r}, which it imports, comes from another place: {origin}"
        for path in files:
            if has_changed(files, path, search_began_ns):
                return f"the file {path}, which it imports, has changed"
        return None


def _is_below(name: str, modules: Container[str]) -> bool:
    """Return whether the module *name* is one of *modules*, or in a package that is."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return bool(name)


def files_from(data: Mapping[str, Any]) -> Files:
    """Return *data*, which comes from JSON, as a mapping from path to stamp and content hash."""
    return {path: (stamp, content_hash) for path, (stamp, content_hash) in data.items()}


def read_files(paths: Iterable[str], search_began_ns: int) -> Files:
    """Return stamp and content hash of each of *paths*; the hash of a file that cannot be read is empty.

    A stamp that is too recent to be trusted is marked: the content decides the next time.
    """
    files = {}
    for path in sorted(set(paths)):
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            status = None
        stamp = path_stamp(path, of_file=True, status=status)
        files[path] = _marked(stamp, search_began_ns), _content_hash(path, status)
    return files


def _marked(stamp: str, search_began_ns: int) -> str:
    return RECENT + stamp if is_recent(stamp, search_began_ns) else stamp


def has_changed(files: Files, path: str, search_began_ns: int) -> bool:
    """Return whether *path* has changed; if its stamp alone has changed, replace the stamp in *files*."""
    stamp, content_hash = files[path]
    now = path_stamp(path, of_file=True)
    if now == stamp:
        return False
    if not content_hash:  # the file could not be read: only the stamp can tell
        return now != stamp.removeprefix(RECENT)
    if _content_hash(path) != content_hash:
        remove_doubtful_bytecode(path)
        return True
    files[path] = (_marked(now, search_began_ns), content_hash)
    return False


def plain_rows(rows: Iterable[Contribution]) -> list[tuple[str, str, bool, dict[str, Any]]]:
    """Return *rows* as plain data, for a record; ephemeral ones are left out."""
    return [(row.kind, row.text, row.override, dict(row.metadata)) for row in rows if not row.is_ephemeral]


def _reason_to_be_eager(plugin: Plugin, record: Record, eager_kinds: Container[str], adapter: Adapter | None) -> str:
    if plugin.eager and not plugin.is_eager_by_user:
        return plugin.reason if plugin.reason and plugin.reason.startswith(BY_ADAPTER) else BY_AUTHOR
    for kind, _, _, _ in record.rows:
        if kind in eager_kinds:
            return f"it adds to {kind!r}, which counts from the start"
    for effect in sorted((Effect(*fields) for fields in record.effects), key=lambda effect: effect.kind != SEEN):
        if effect.kind == SEEN or not plugin.is_lazy_by_author:
            return f"{'the adapter' if is_line_of(adapter, effect.location) else 'its import'} {effect}"
    if record.reads_registries and not plugin.is_lazy_by_author:
        return READS
    return "" if record.is_judged or plugin.is_eager_by_user else NOT_JUDGED


def _content_hash(path: str, status: os.stat_result | None = None) -> str:
    if path == EXECUTABLE:  # it is large, and each record of a frozen application has it: its stamp has to do
        return ""
    try:
        return digest(read_file(path, status=status))
    except (OSError, ValueError):
        return ""


def _named_modules() -> list[tuple[str, object]]:
    """Return the loaded modules; what a plugin has put there under something that is no name is left out."""
    return [(name, module) for name, module in list(sys.modules.items()) if type(name) is str]


def _loaded_modules(name: str) -> list[object]:
    """Return the loaded module *name* and, if it is a package, its loaded submodules."""
    module = sys.modules.get(name)
    modules: list[object] = [module] if module is not None else []
    if _attribute(module, "__path__") is not None:
        modules += [other for full_name, other in _named_modules() if full_name.startswith(name + ".")]
    return modules


def _paths(modules: Iterable[object]) -> list[str]:
    """Return the files of *modules*; for a module in an archive or an executable, the archive or the executable."""
    paths = [_attribute(_attribute(each, "__loader__"), "archive") or _attribute(each, "__file__") for each in modules]
    return [holder(path) for path in paths if isinstance(path, str) and path]


def _attribute(holder: object, name: str) -> Any:
    """Return an attribute of what strangers have made; None if there is none, or it cannot be read.

    The function `__getattr__` of a module is not asked: it is a plugin's code, and may raise or import anything.
    """
    try:
        if isinstance(holder, ModuleType):
            return ModuleType.__getattribute__(holder, "__dict__").get(name)
        return getattr(holder, name, None)
    except Exception:
        return None


def _find_spec(finder: Any, name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """Return what *finder* finds; None also if it fails: a stranger has made it, and others shall not suffer from it.

    Raises:
        KeyError: If Python's own finder looks for the parent of a namespace package in `sys.modules`, and finds none.
    """
    try:
        spec: ModuleSpec | None = finder.find_spec(name, path) if hasattr(finder, "find_spec") else None
    except KeyError:
        if finder is PathFinder:
            raise
        return None
    except Exception:
        return None
    return spec


def _origin_of(package: str) -> str | None:
    """Return the file that the top-level module *package* is, or would be, imported from.

    Returns:
        A path; an empty text if the module has no file of its own, as a namespace package; None if it is not found.
    """
    module = sys.modules.get(package)
    if module is not None:
        return next(iter(_paths([module])), "")
    for finder in sys.meta_path:
        spec = _find_spec(finder, package, None)
        if spec is not None:
            archive = _attribute(spec.loader, "archive")
            if isinstance(archive, str):
                return archive
            return holder(spec.origin) if spec.has_location and spec.origin else ""
    return None


def can_be_found(name: str) -> bool:
    """Return whether the module *name* exists; neither it nor the packages that contain it are imported."""
    path: Sequence[str] | None = None
    full_name = ""
    for part in name.split("."):
        full_name += f".{part}" if full_name else part
        path = _search_path(full_name, path)
        if path is None:
            return False
    return True


def _search_path(name: str, path: Sequence[str] | None) -> Sequence[str] | None:
    """Return the directories of the submodules of *name*, if any; None when it is not found in *path*."""
    loaded = sys.modules.get(name)
    if loaded is not None:
        return list(_attribute(loaded, "__path__") or ())
    if path is not None and not path:  # its parent is no package
        return None
    for finder in sys.meta_path:
        try:
            spec = _find_spec(finder, name, path)
        except KeyError:  # a namespace package: Python looks for its parent in `sys.modules`, where it is not
            folder = name.rpartition(".")[2]
            directories = [os.path.join(entry, folder) for entry in path or ()]
            return [directory for directory in directories if os.path.isdir(directory)]
        if spec is not None:
            return list(spec.submodule_search_locations or ())
    return None


def _missing_modules(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return those of *names* that do not exist, and the directories in which they would appear."""
    missing = sorted(name for name in names if not can_be_found(name))
    packages = [sys.modules.get(name.rpartition(".")[0]) for name in missing]
    return missing, sorted({str(path) for package in packages for path in _attribute(package, "__path__") or ()})
