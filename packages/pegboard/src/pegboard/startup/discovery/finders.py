"""What would Python import, from where, and which modules are there? Nothing is imported to find out.

Python's own search for `app.plugins` stops at the first `__init__`, so that with a regular package `app` it sees one
directory only. Here every entry of `sys.path` is asked for its part, and every import hook too.

Source:
    PEP 420, "Specification"; "The import system", Python language reference, sections 5.3 to 5.5.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib import ModuleSpec

from pegboard._typing import TYPE_CHECKING
from pegboard.namespace_package import path_entry_finder
from pegboard.regular_file import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pegboard.startup.discovery.file_system import Files

_NO_MODULES = frozenset(("__init__", "__main__", "__pycache__"))


# -- finding without importing ----------------------------------------------------------------------------------------


def _find(name: str, search_path: Iterable[str] | None = None) -> ModuleSpec | None:
    """Return what `import name` would load if its parent's search path were *search_path*, running nothing of it.

    Args:
        name: A full module name.
        search_path: The `__path__` of its parent; None for a top-level name.
    """
    from importlib.machinery import PathFinder

    paths = None if search_path is None else list(search_path)
    for finder in sys.meta_path:
        if finder is PathFinder:
            # not asked itself: for a namespace package it wants the parent in sys.modules
            spec = _find_on_path(name, sys.path if paths is None else paths)
        else:
            spec = _spec_from(finder, name, paths)
        if spec is not None:
            return spec
    return None


def find_by_hook(name: str, search_path: Iterable[str]) -> ModuleSpec | None:
    """Return what an import hook would load for *name*; None when none of them knows it."""
    paths = list(search_path)
    return next((spec for finder in import_hooks() if (spec := _spec_from(finder, name, paths)) is not None), None)


def _find_on_path(name: str, search_path: Iterable[str]) -> ModuleSpec | None:
    """Return what the entries of *search_path* have for *name*: the first with a loader, or else all portions."""
    portions: list[str] = []
    for entry in search_path:
        spec = find_in_entry(entry, name) if _is_text(entry) else None  # Python ignores all others, too
        if spec is None:
            continue
        if spec.loader is not None:
            return spec
        portions += _locations_of(spec)
    if not portions:
        return None
    found = ModuleSpec(name, None, is_package=True)
    found.submodule_search_locations = portions
    return found


def locate(name: str, known: Mapping[str, Sequence[str]]) -> tuple[ModuleSpec | None, bool]:
    """Return what `import name` would load, level by level, and whether the answer is certain.

    It is uncertain when a package on the way decides only while running what is in it.

    Args:
        name: A full module name.
        known: Packages whose search path will be another than they have by now.
    """
    parts = name.split(".")
    search_path: Sequence[str] | None = None
    certain = True
    depth = 0
    for package, its_path in known.items():
        if name.startswith(f"{package}."):
            search_path, depth = its_path, package.count(".") + 1
    while True:
        depth += 1
        level = ".".join(parts[:depth])
        loaded = sys.modules.get(level)
        if loaded is not None:
            spec = getattr(loaded, "__spec__", None)
            paths = getattr(loaded, "__path__", None)
        else:
            spec = _find(level, search_path)
            paths = spec.submodule_search_locations if spec is not None else None
        if depth == len(parts):
            return spec, certain and loaded is None
        if loaded is None:
            certain = certain and not _decides_while_running(spec)
        if paths is None:
            return None, certain
        search_path = list(paths)


def _decides_while_running(spec: ModuleSpec | None) -> bool:
    if spec is None or spec.loader is None:
        return False
    try:
        text = read_file(spec.origin or "")
    except (OSError, ValueError):
        return True
    return any(word in text for word in (b"__path__", b"sys.modules", b"meta_path", b"declare_namespace"))


def find_in_entry(entry: str, name: str) -> ModuleSpec | None:
    """Return what the one *entry* of a search path has for *name*; None too when its finder fails."""
    try:
        finder = path_entry_finder(entry or os.getcwd())
        return finder.find_spec(name) if finder is not None else None
    except Exception:  # somebody's path hook: its fault must not hide the plugins of others
        return None


def is_pythons_own(entry: str, spec: ModuleSpec) -> bool:
    """Return whether Python's own finder has found *spec* in *entry*, a source file for Python's own loader."""
    from importlib.machinery import FileFinder, SourceFileLoader

    return type(path_entry_finder(entry)) is FileFinder and type(spec.loader) is SourceFileLoader


def _is_text(entry: object) -> bool:
    """Return whether *entry* of a search path is text; nothing keeps people from putting `Path`s there."""
    return isinstance(entry, str)


def _spec_from(finder: object, name: str, search_path: Sequence[str] | None) -> ModuleSpec | None:
    find_spec = getattr(finder, "find_spec", None)
    if find_spec is None:
        return None
    try:
        spec = find_spec(name, search_path)
    except Exception:  # as above
        return None
    return spec if isinstance(spec, ModuleSpec) else None


def _locations_of(spec: ModuleSpec | None) -> list[str]:
    """Return the search path of the package that *spec* describes; empty for a plain module."""
    try:
        return [path for path in (spec and spec.submodule_search_locations) or () if isinstance(path, str)]
    except Exception:  # computed on the fly by somebody's finder
        return []


def import_hooks() -> list[object]:
    """Return the finders on `sys.meta_path` that are not Python's own."""
    from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder

    return [finder for finder in sys.meta_path if finder not in (BuiltinImporter, FrozenImporter, PathFinder)]


# -- the directories of a package -------------------------------------------------------------------------------------


def path_entries() -> list[str]:
    """Return the entries of `sys.path` that can be used, absolute, each once."""
    found = []
    for entry in sys.path:
        if _is_text(entry):
            try:
                found.append(os.path.abspath(entry) if _is_on_disk(entry) else entry)
            except OSError:  # relative to a current directory that is gone: Python passes over it, too
                continue
    return list(dict.fromkeys(found))


def _is_on_disk(entry: str) -> bool:
    """Return whether *entry* is a path on disk, rather than a name that an import hook has made up."""
    return entry == "" or os.path.exists(entry) or os.sep in entry


def locations(application: str, files: Files) -> list[str]:
    """Return every directory that holds a part of *application*, in the order in which Python meets them."""
    found: list[str] = []
    relative = application.replace(".", "/")
    for entry in path_entries():
        if os.path.isdir(entry) or files.is_archive(entry):
            found.append(f"{entry.rstrip('/')}/{relative}")
        else:
            found += _descend(application, entry)
    for finder in import_hooks():
        found += _locations_of(_spec_from(finder, application, None))
    return _existing([*found, *_loaded_path(application)], files)


def portions(name: str, parents: Iterable[str] | None, files: Files) -> list[str]:
    """Return every directory that holds a part of the package *name*, in the order in which Python meets them.

    Args:
        name: The namespace.
        parents: Every directory of the package that it is in, if that is known already.
        files: The view of the file system.
    """
    parent, _, last = name.rpartition(".")
    if not parent:
        return locations(name, files)
    found = [f"{location}/{last}" for location in (locations(parent, files) if parents is None else parents)]
    for entry in path_entries():
        if not os.path.isdir(entry) and not files.is_archive(entry):
            found += _descend(name, entry)
    return _existing([*found, *_loaded_path(name)], files)


def _loaded_path(package: str) -> list[str]:
    return [path for path in getattr(sys.modules.get(package), "__path__", ()) if isinstance(path, str)]


def _descend(name: str, entry: str) -> list[str]:
    """Return where the made-up *entry* of an import hook says that the package *name* is."""
    paths = [entry]
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        level = ".".join(parts[:depth])
        paths = [location for path in paths for location in _locations_of(find_in_entry(path, level))]
    return paths


def _existing(paths: Iterable[str], files: Files) -> list[str]:
    """Return the directories among *paths*, in order; one that is reached in two ways is returned once."""
    found: dict[str, str] = {}
    for path in paths:
        real = os.path.realpath(path)
        if real not in found and files.is_directory(path):
            found[real] = path
    return list(found.values())


def editable_modules() -> Iterator[tuple[str, str]]:
    """Yield the module names that editable installs by import hook know, each with its file or directory.

    A package that such an install maps to a directory of another name is in no directory that could be searched, and
    the import protocol has no question for "what do you have?". So the hook's table is read: `MAPPING` in the module of
    setuptools' finder (`setuptools.command.editable_wheel`, since 64).
    """
    for finder in import_hooks():
        module = sys.modules.get(getattr(finder, "__module__", None) or "")
        mapping = getattr(module, "MAPPING", None)
        if isinstance(mapping, dict):
            for name, target in sorted((str(name), target) for name, target in mapping.items()):
                if isinstance(target, str):
                    yield name, target


# -- the modules in a portion -----------------------------------------------------------------------------------------


def modules_in(directory: str, files: Files) -> Mapping[str, list[str]]:
    """Return the modules that *directory* may hold, by name, each with the names of its files or directory.

    Also those that Python cannot load: an extension module built for another Python is there under its name.
    """
    from importlib.machinery import all_suffixes

    suffixes = frozenset(all_suffixes())
    found: dict[str, list[str]] = {}
    plain = files.plain_files(directory)
    for entry in files.names(directory):
        stem, dot, rest = entry.partition(".")
        if not stem or stem in _NO_MODULES:
            continue
        if entry not in plain and files.is_directory(f"{directory}/{entry}"):
            if not dot:
                found.setdefault(stem, []).append(entry)
        elif dot and (f".{rest}" in suffixes or rest.endswith((".so", ".pyd"))):
            found.setdefault(stem, []).append(entry)
    return found


def init_file(directory: str, files: Files) -> str | None:
    """Return the `__init__` file that makes *directory* a regular package; None when there is none."""
    from importlib.machinery import all_suffixes

    names = frozenset(files.names(directory))
    return next(
        (f"{directory}/__init__{suffix}" for suffix in all_suffixes() if f"__init__{suffix}" in names),
        None,
    )
