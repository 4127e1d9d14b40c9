"""What is in a directory, in a zip archive, or in a directory that only an import finder knows?

`sys.path` holds all of them, and directories *inside* an archive, too: `tool.pyz/site-packages`. A frozen application
has its modules in its executable: their directories need not exist, and a finder answers for them. What cannot be read
counts as absent: discovery goes on with the rest.
"""

from __future__ import annotations

import os
import stat

from pegboard._typing import TYPE_CHECKING
from pegboard.namespace_package import path_entry_finder
from pegboard.regular_file import MOST_BYTES, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Files:
    """A view of the file system that opens each archive once. Make a new one for each discovery."""

    __slots__ = ("_archives", "_known", "_plain")

    def __init__(self) -> None:
        self._archives: dict[str, Mapping[str, frozenset[str]] | None] = {}
        self._known: dict[str, frozenset[str]] = {}
        self._plain: dict[str, frozenset[str]] = {}

    def names(self, directory: str) -> list[str]:
        """Return the names in *directory*, sorted; none when it cannot be read."""
        known = self._known_to_finder(directory)
        try:
            return sorted(known.union(os.listdir(directory)))
        except (OSError, ValueError):
            pass
        inside = self._inside(directory)
        return sorted(known.union(inside[0].get(inside[1], ()) if inside else ()))

    def plain_files(self, directory: str) -> frozenset[str]:
        """Return the names in *directory* that certainly are regular files, and no links; perhaps not all of them."""
        if directory not in self._plain:
            found: list[str] = []
            try:
                with os.scandir(directory) as entries:  # which seldom has to ask for each of them
                    found += [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
            except (OSError, ValueError):
                pass
            self._plain[directory] = frozenset(found)
        return self._plain[directory]

    def is_directory(self, path: str) -> bool:
        """Return whether *path* is a directory, on disk or elsewhere; an archive itself is a file."""
        try:
            return stat.S_ISDIR(os.stat(path).st_mode)
        except (OSError, ValueError):
            archive, inner = self._split(path)
        children = self._open(archive) if inner else None
        return (children is not None and inner in children) or bool(self._known_to_finder(path))

    def is_archive(self, path: str) -> bool:
        """Return whether *path* is a zip archive or a path inside one."""
        return self._inside(path) is not None

    def read(self, path: str) -> str | None:
        """Return the text of the file *path*; None when there is none that can be read."""
        data = self.read_bytes(path)
        return None if data is None else data.decode("utf-8", "replace")

    def read_bytes(self, path: str) -> bytes | None:
        """Return what the file *path* holds; None when it cannot be read."""
        try:
            return read_file(path)
        except (OSError, ValueError):
            pass
        archive, inner = self._split(path)
        if not inner or not self._open(archive):
            return None
        from zipfile import ZipFile

        try:
            with ZipFile(archive) as opened, opened.open(inner) as member:
                data = member.read(MOST_BYTES + 1)
        except Exception:  # a damaged archive fails in many ways
            return None
        return data if len(data) <= MOST_BYTES else None

    def _known_to_finder(self, directory: str) -> frozenset[str]:
        """Return the names that *directory* would have if what its import finder knows were files."""
        if directory not in self._known:
            self._known[directory] = frozenset(_known_to_finder(directory))
        return self._known[directory]

    def _inside(self, path: str) -> tuple[Mapping[str, frozenset[str]], str] | None:
        archive, inner = self._split(path)
        children = self._open(archive) if archive else None
        return (children, inner) if children is not None else None

    @staticmethod
    def _split(path: str) -> tuple[str, str]:
        """Return the file that *path* is or lies in, and the rest; two empty texts when it lies in none."""
        inner: list[str] = []
        while path:
            try:
                mode = os.stat(path).st_mode
            except (OSError, ValueError):
                path, _, name = path.rpartition("/")
                inner.insert(0, name)
                continue
            return (path, "/".join(inner)) if stat.S_ISREG(mode) else ("", "")
        return "", ""

    def _open(self, archive: str) -> Mapping[str, frozenset[str]] | None:
        if archive not in self._archives:
            self._archives[archive] = _children(archive)
        return self._archives[archive]


def _known_to_finder(directory: str) -> Iterator[str]:
    """Yield a file for each module, and a directory for each package, that somebody's finder has for *directory*.

    Source:
        `pkgutil.iter_modules`, "non-standard method `iter_modules`", by which finders say what they have.
    """
    from importlib.machinery import FileFinder
    from zipimport import zipimporter

    try:
        finder = path_entry_finder(directory)
        if finder is None or isinstance(finder, (FileFinder, zipimporter)):
            return
        from pkgutil import iter_modules

        for module in iter_modules([directory]):
            yield module.name if module.ispkg else f"{module.name}.py"
        above = path_entry_finder(os.path.dirname(directory))
        asked = above if above is not None and type(above) is type(finder) else finder
        parts = directory.split(os.sep)
        for start in range(len(parts) - 1, 0, -1):  # some take the last part of a name, and some want all of it
            spec = asked.find_spec(".".join(parts[start:]))
            if spec is not None:
                if spec.loader is not None and spec.submodule_search_locations is not None:
                    yield "__init__.py"
                return
    except Exception:  # somebody's finder: its fault must not hide the plugins of others
        return


def _children(archive: str) -> Mapping[str, frozenset[str]] | None:
    """Return the names in each directory of *archive*, also of those that have no entry of their own."""
    from zipfile import ZipFile, is_zipfile

    try:
        if not is_zipfile(archive):
            return None
        with ZipFile(archive) as opened:
            names = opened.namelist()
    except Exception:  # as above
        return None
    children: dict[str, set[str]] = {"": set()}
    for name in names:
        path = name.rstrip("/")
        if name.endswith("/"):
            children.setdefault(path, set())
        while path:
            parent, _, child = path.rpartition("/")
            children.setdefault(parent, set()).add(child)
            path = parent
    return {directory: frozenset(members) for directory, members in children.items()}
