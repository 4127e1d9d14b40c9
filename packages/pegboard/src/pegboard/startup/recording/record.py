"""A record: what one plugin registered when it was last imported, and what that depends on.

Cold: records are read and written only when something changed; a warm start reads the index's hot part.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import SourceFileLoader

from pegboard._typing import TYPE_CHECKING
from pegboard.index import WHOLE_ENVIRONMENT, digest, path_stamp, variable_stamp
from pegboard.startup.recording.conditions import is_young

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from typing import Any

    from pegboard.ledger import Contribution, Plugin
    from pegboard.startup.recording.recorder import Observation

    Files = dict[str, tuple[str, str]]  # path to stamp and content hash


UNSURE = "?"
"""Begins a stamp that was too young when it was taken."""
VARIABLE = "env:"
"""How a declared input that is an environment variable begins; every other one is a path."""


class Record:
    """What one plugin registered, as plain data."""

    __slots__ = (
        "after",
        "before",
        "eager",
        "files",
        "inputs",
        "is_plain",
        "missing",
        "places",
        "rows",
        "tops",
        "uses",
        "variables",
    )

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, bool, dict[str, Any]]] = []
        """Kind, text, override and metadata of each contribution, in order."""
        self.files: Files = {}
        """The plugin's own files, and those it declared as inputs."""
        self.inputs: list[str] = []
        """Those of `files` that it declared; they count also while they are absent."""
        self.is_plain: bool = False
        """Whether its module is a source file that Python's own loader has loaded."""
        self.uses: list[str] = []
        """Modules of other plugins that it imported."""
        self.tops: list[str] = []
        """Top-level packages of others that it imported; `Sources` knows their files."""
        self.missing: list[str] = []
        """Modules it looked for and did not find: once they are there, it may register something else."""
        self.places: list[str] = []
        """Directories of the packages that those would be in."""
        self.variables: dict[str, str] = {}
        self.eager: str = ""
        """Why the plugin is to be imported at every start, in words; empty when it may wait."""
        self.after: tuple[str, ...] = ()
        self.before: tuple[str, ...] = ()

    @classmethod
    def taken(
        cls,
        plugin: Plugin,
        rows: Iterable[Contribution],
        seen: Observation,
        *,
        application: str,
        environ: Mapping[str, str],
        eager_kinds: Container[str],
        scan_started_ns: int,
    ) -> Record:
        """Return the record of an import that has just succeeded."""
        record = cls()
        record.rows = plain_rows(rows)
        record.eager = _reason_to_be_eager(plugin, seen, record, eager_kinds)
        declared = [name.removeprefix(VARIABLE) for name in plugin.inputs if name.startswith(VARIABLE)]
        record.inputs = [path for path in plugin.inputs if not path.startswith(VARIABLE)]
        own = _parts(plugin.module)
        record.files = read_files([*_paths(own), *record.inputs], scan_started_ns)
        record.is_plain = type(getattr(sys.modules.get(plugin.module), "__loader__", None)) is SourceFileLoader
        record.uses = sorted(seen.uses)
        tops = seen.imported | {plugin.module.partition(".")[0]}  # the package it is in has run, too
        record.tops = sorted(top for top in tops if _matters(top, application))
        record.missing, record.places = _in_vain(seen.missing)
        record.variables = stamps_of_variables(seen.variables.union(declared), environ)
        record.after, record.before = plugin.after, plugin.before
        return record

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Record:
        """Return what `as_dict` was made from."""
        record = cls()
        for name in cls.__slots__:
            setattr(record, name, data[name])
        record.rows = [(kind, text, override, metadata) for kind, text, override, metadata in data["rows"]]
        record.files = {path: (stamp, content) for path, (stamp, content) in data["files"].items()}
        record.after, record.before = tuple(data["after"]), tuple(data["before"])
        return record

    def why_invalid(self, environ: Mapping[str, str], modules: Container[str], scan_started_ns: int) -> str | None:
        """Return why it can no longer be used, in words; None when it can.

        Args:
            environ: The environment variables now.
            modules: The modules of all plugins that are there now.
            scan_started_ns: When the look at the plugins began; refreshes young stamps against it.
        """
        for path in self.files:
            if has_changed(self.files, path, scan_started_ns):
                return f"its file {path} has changed"
        for name, stamp in self.variables.items():
            if stamps_of_variables([name], environ)[name] != stamp:
                what = "the environment has" if name == WHOLE_ENVIRONMENT else f"the environment variable {name} has"
                return f"{what} changed"
        for name in self.missing:
            if name in modules or _can_be_found(name):
                return f"the module {name!r}, which it had looked for in vain, is there now"
        return None


class Sources:
    """The files of the packages that plugins imported; many plugins import the same ones."""

    __slots__ = ("files",)

    def __init__(self, files: dict[str, Files] | None = None) -> None:
        self.files: dict[str, Files] = files or {}

    def take(self, top: str, scan_started_ns: int, without: tuple[str, ...] = ()) -> None:
        """Remember the files of every loaded module of the top-level package *top*, besides those known already.

        What plugins that stay primed have imported is not loaded now, and counts nevertheless.

        Args:
            top: Its name.
            scan_started_ns: When the look at the plugins began.
            without: Modules, with all below them, that are left out.
        """
        modules = [
            module
            for name, module in list(sys.modules.items())
            if (name == top or name.startswith(top + "."))
            and not any(name == part or name.startswith(part + ".") for part in without)
        ]
        known = self.files.get(top, {})
        self.files[top] = read_files(set(_paths(modules)) - known.keys(), scan_started_ns) | known

    def forget(self, top: str) -> None:
        """Forget all files of *top*, since every plugin that imports it is recorded anew."""
        self.files.pop(top, None)

    def why_changed(self, top: str, scan_started_ns: int) -> str | None:
        """Return which file of *top* has changed, or that *top* is another one now, in words; None otherwise."""
        files = self.files.get(top)
        if files is None:
            return f"nothing is known of {top!r}, which it imports"
        origin = _origin(top)
        if origin is not None and origin not in files:
            return f"{top!r}, which it imports, comes from another place: {origin}"
        for path in files:
            if has_changed(files, path, scan_started_ns):
                return f"the file {path}, which it imports, has changed"
        return None


def read_files(paths: Iterable[str], scan_started_ns: int) -> Files:
    """Return stamp and content hash of each of *paths*; what cannot be read has an empty hash.

    A stamp that is too young to be trusted is marked, so that the content decides the next time.
    """
    return {
        path: (_marked(path_stamp(path, of_file=True), scan_started_ns), _content(path)) for path in sorted(set(paths))
    }


def _marked(stamp: str, scan_started_ns: int) -> str:
    return UNSURE + stamp if is_young(stamp, scan_started_ns) else stamp


def has_changed(files: Files, path: str, scan_started_ns: int) -> bool:
    """Return whether *path* is not what it was; where the stamp does not tell, the content does, and refreshes it."""
    stamp, content = files[path]
    now = path_stamp(path, of_file=True)
    if now == stamp:
        return False
    if not content:  # it could not be read; a stamp is all there is
        return now != stamp.removeprefix(UNSURE)
    if _content(path) != content:
        return True
    files[path] = (_marked(now, scan_started_ns), content)
    return False


def stamps_of_variables(names: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the stamp of each variable; that of the whole environment covers every name and value."""
    stamps = {}
    for name in sorted(names):
        stamps[name] = variable_stamp(name, environ)
    return stamps


def plain_rows(rows: Iterable[Contribution]) -> list[tuple[str, str, bool, dict[str, Any]]]:
    """Return *rows* as records have them."""
    return [(row.kind, row.text, row.override, dict(row.metadata)) for row in rows if not row.is_ephemeral]


def _reason_to_be_eager(plugin: Plugin, seen: Observation, record: Record, eager_kinds: Container[str]) -> str:
    if plugin.eager and not plugin.is_eager_by_user:
        return "its author says so"
    if seen.effects:
        return f"its import {seen.effects[0]}"
    for kind, _, _, _ in record.rows:
        if kind in eager_kinds:
            return f"it adds to {kind!r}, which counts from the start"
    return ""


def _content(path: str) -> str:
    try:
        with open(path, "rb") as stream:
            return digest(stream.read())
    except OSError:
        return ""


def _parts(name: str) -> list[object]:
    """Return the loaded module *name*, and all that are loaded of it if it is a package."""
    module = sys.modules.get(name)
    parts: list[object] = [module] if module is not None else []
    if hasattr(module, "__path__"):
        parts += [part for other, part in list(sys.modules.items()) if other.startswith(name + ".")]
    return parts


def _paths(modules: Iterable[object]) -> list[str]:
    """Return the files of *modules*; that of a module in an archive is the archive."""
    paths = [getattr(getattr(each, "__loader__", None), "archive", getattr(each, "__file__", None)) for each in modules]
    return [path for path in paths if isinstance(path, str) and path]


def _matters(top: str, application: str) -> bool:
    """Return whether a record depends on the files of *top*: the interpreter's and our own are covered otherwise."""
    return top not in sys.stdlib_module_names and top not in ("pegboard", application.partition(".")[0])


def _origin(top: str) -> str | None:
    """Return the file that the top-level module *top* is, or would be, imported from; None when it has none."""
    module = sys.modules.get(top)
    if module is not None:
        return next(iter(_paths([module])), None)
    for finder in sys.meta_path:
        try:
            spec = finder.find_spec(top, None) if hasattr(finder, "find_spec") else None
        except (ImportError, ValueError):
            continue
        if spec is not None:
            archive = getattr(spec.loader, "archive", None)
            return archive if isinstance(archive, str) else spec.origin if spec.has_location else None
    return None


def _can_be_found(name: str) -> bool:
    """Return whether the module *name* can be found; neither it nor the packages that it is in are imported."""
    path: Sequence[str] | None = None
    so_far = ""
    for part in name.split("."):
        so_far += f".{part}" if so_far else part
        found = _parts_of(so_far, path)
        if found is None:
            return False
        path = found
    return True


def _parts_of(name: str, path: Sequence[str] | None) -> Sequence[str] | None:
    """Return where the parts of the module *name* are, none when it has no parts; None when it is nowhere in *path*."""
    loaded = sys.modules.get(name)
    if loaded is not None:
        return list(getattr(loaded, "__path__", ()))
    if path is not None and not path:  # what it is in is no package
        return None
    for finder in sys.meta_path:
        try:
            spec = finder.find_spec(name, path) if hasattr(finder, "find_spec") else None
        except (ImportError, ValueError):
            continue
        except KeyError:  # it has no `__init__`, and Python would ask what it is in, which is not loaded
            folder = name.rpartition(".")[2]
            return [place for place in (os.path.join(entry, folder) for entry in path or ()) if os.path.isdir(place)]
        if spec is not None:
            return list(spec.submodule_search_locations or ())
    return None


def _in_vain(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return those of *names* that cannot be found, and the directories of the packages that they would be in."""
    missing = sorted(name for name in names if not _can_be_found(name))
    packages = [sys.modules.get(name.rpartition(".")[0]) for name in missing]
    return missing, sorted({place for package in packages for place in getattr(package, "__path__", ())})
