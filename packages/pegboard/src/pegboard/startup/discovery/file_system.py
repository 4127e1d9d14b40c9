"""What is in a directory, or in a zip archive?

`sys.path` holds both, and directories *inside* an archive, too: `tool.pyz/site-packages`. What cannot be read counts as
absent: discovery goes on with the rest.
"""

from __future__ import annotations

import os
import stat

from pegboard._typing import TYPE_CHECKING
from pegboard.regular_file import MOST_BYTES, read_file

if TYPE_CHECKING:
    from collections.abc import Mapping


class Files:
    """A view of the file system that opens each archive once. Make a new one for each discovery."""

    __slots__ = ("_archives",)

    def __init__(self) -> None:
        self._archives: dict[str, Mapping[str, frozenset[str]] | None] = {}

    def names(self, directory: str) -> list[str]:
        """Return the names in *directory*, sorted; none when it cannot be read."""
        try:
            return sorted(os.listdir(directory))
        except (OSError, ValueError):
            pass
        inside = self._inside(directory)
        return sorted(inside[0].get(inside[1], ())) if inside else []

    def is_directory(self, path: str) -> bool:
        """Return whether *path* is a directory, on disk or inside an archive; an archive itself is a file."""
        try:
            return stat.S_ISDIR(os.stat(path).st_mode)
        except (OSError, ValueError):
            archive, inner = self._split(path)
        children = self._open(archive) if inner else None
        return children is not None and inner in children

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
