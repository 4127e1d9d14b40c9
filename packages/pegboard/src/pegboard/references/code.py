"""Which files hold the code of a plugin, and what is their hash?

In: a plugin. Out: the hash of each file, by a name that does not tell where it is: an editable install, a folder and a
wheel of the same source have the same ones. Its module counts, or all of its package, and what its distribution
has besides: helper packages. What is compiled does not, since it differs between platforms; its version tells.

Files that have not changed since they were last hashed are not read again.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder

from pegboard._typing import TYPE_CHECKING
from pegboard.errors.readers import is_editable, read_metadata
from pegboard.frozen import is_virtual
from pegboard.ledger import DISTRIBUTION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from typing import Final

    from pegboard.ledger import Distribution, Plugin

_COMPILED: Final = (".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib", *EXTENSION_SUFFIXES)
_known: dict[str, tuple[tuple[int, ...], str]] = {}  # by path: the file's stamp, and its hash


class Code:
    """The files of one plugin."""

    __slots__ = ("changed_s", "hashes")

    def __init__(self, files: Iterable[tuple[str, str]]) -> None:
        """Hash *files*, names and paths; what is not there any more does not count."""
        self.hashes: dict[str, str] = {}
        """The SHA-256 of each file, in hexadecimal digits, by its name."""
        self.changed_s: float = 0.0
        """When one of them was changed last, in seconds since the epoch."""
        for name, path in files:
            try:
                status = os.stat(path)
            except OSError:
                if (data := _read_from_archive(path)) is not None:
                    self.hashes[name] = _hash(data)
                    self.changed_s = max(self.changed_s, os.stat(_archive(path)).st_mtime)
                continue
            stamp = status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns
            if _known.get(path, ("", ""))[0] != stamp:
                try:
                    with open(path, "rb") as file:
                        _known[path] = stamp, _hash(file.read())
                except OSError:
                    continue
            self.hashes[name] = _known[path][1]
            # uv puts files in their place by hard links: then another environment's installation changes `ctime`
            changed_s = status.st_mtime if status.st_nlink > 1 else max(status.st_mtime, status.st_ctime)
            self.changed_s = max(self.changed_s, changed_s)

    @property
    def digest(self) -> str:
        """One hash of all of them, of 32 hexadecimal digits; empty if there are none."""
        if not self.hashes:
            return ""
        return _hash("".join(f"{name}\0{hash_}\n" for name, hash_ in sorted(self.hashes.items())).encode())[:32]


def code_of(plugin: Plugin, shared: Collection[str]) -> Code:
    """Return the files of *plugin* as they are now.

    Args:
        plugin: A plugin.
        shared: Top-level packages that no plugin has for itself: the application's, and that of the namespace.
    """
    return Code(_files(plugin, shared))


def is_installed(plugin: Plugin, listed: dict[str, frozenset[str]]) -> bool:
    """Return whether an installer has put the files of *plugin* in their place: its version tells which they are.

    Args:
        plugin: A plugin.
        listed: What is in which directory, as far as that has been asked for; one answer looks into a directory once.
    """
    if plugin.distribution is None:
        return False
    if plugin.origin is None:
        return True
    base = _base(plugin)
    names = listed.get(base)
    if names is None:
        try:
            names = frozenset(os.listdir(base or os.curdir))
        except OSError:
            names = frozenset(name.partition("/")[0] for name in _names_in_archive(base))
        listed[base] = names
    folder = _metadata_name(plugin.distribution)
    if folder not in names and folder.lower() not in names:
        return False
    return not plugin.module.startswith(DISTRIBUTION) or not is_editable(str(plugin.distribution))


def _metadata_name(about: Distribution) -> str:
    return f"{about.name.replace('-', '_').replace('.', '_')}-{about.version}.dist-info"


def _metadata(plugin: Plugin, base: str) -> str:
    """Return the metadata folder of its distribution if that is in *base*."""
    if plugin.module.startswith(DISTRIBUTION):
        return plugin.origin or ""
    name = "" if plugin.distribution is None else _metadata_name(plugin.distribution)
    plain = os.path.join(base, name.lower())
    return plain if os.path.exists(plain) else os.path.join(base, name)


def _base(plugin: Plugin) -> str:
    """Return the directory that the name of its module is relative to."""
    origin = plugin.origin or ""
    if plugin.module.startswith(DISTRIBUTION):
        return os.path.dirname(origin)
    return origin.rpartition(f"{os.sep}{plugin.module.replace('.', os.sep)}")[0]


def _files(plugin: Plugin, shared: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield name and path of each file that counts."""
    origin = plugin.origin
    if origin is None or is_virtual(origin):
        return
    stem = plugin.module.replace(".", "/")
    if plugin.module.startswith(DISTRIBUTION):
        pass
    elif os.path.basename(origin).startswith("__init__.") or os.path.isdir(origin):
        yield from _below(stem, origin if os.path.isdir(origin) else os.path.dirname(origin))
    else:
        yield f"{stem}{os.path.splitext(origin)[1]}", origin
    if plugin.distribution is not None and not plugin.is_built_in:
        yield from _helpers(plugin, stem, shared)


def _helpers(plugin: Plugin, stem: str, shared: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what the distribution of *plugin* has besides its module *stem*, and not in packages that are *shared*.

    Source: "Recording installed projects", PyPA specifications.
    """
    base = _base(plugin)
    about = str(plugin.distribution)
    record = _text(os.path.join(_metadata(plugin, base), "RECORD")) or read_metadata(about, "RECORD")
    names = [line.rpartition(",")[0].rpartition(",")[0].strip('"').replace("\\", "/") for line in record.splitlines()]
    listed = [name for name in names if _counts(name) and name.partition("/")[0] not in shared]
    own = [name for name in listed if not name.startswith((f"{stem}.", f"{stem}/"))]
    if any(name.endswith(".py") and not name.startswith("__editable__") for name in names):
        yield from ((name, os.path.join(base, *name.split("/"))) for name in own)
        return
    # an editable installation lists no modules
    packages = {*read_metadata(about, "top_level.txt").split(), about.rpartition(" ")[0].replace("-", "_").lower()}
    if not plugin.module.startswith(DISTRIBUTION):
        packages.add(stem.partition("/")[0])
    for package in sorted(packages.difference(shared, ("pegboard",), sys.stdlib_module_names)):
        for name, path in _package(package):
            if not name.startswith((f"{stem}.", f"{stem}/")):
                yield name, path


def _package(name: str) -> Iterator[tuple[str, str]]:
    """Yield the files of the top-level package or module *name*, which is not imported."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    for finder in (*sys.meta_path, PathFinder) if spec is None else ():
        find = getattr(finder, "find_spec", None)
        spec = spec or (find(name, None) if find is not None else None)
    if spec is None or not spec.origin or not spec.has_location:
        return
    if spec.submodule_search_locations is not None:
        yield from _below(name, os.path.dirname(spec.origin))
    else:
        yield f"{name}{os.path.splitext(spec.origin)[1]}", spec.origin


def _below(name: str, folder: str) -> Iterator[tuple[str, str]]:
    """Yield every file below *folder*, whose name begins with *name*."""
    if not os.path.isdir(folder):
        for inner in _names_in_archive(folder):
            if _counts(inner):
                yield f"{name}/{inner}", os.path.join(folder, *inner.split("/"))
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if each != "__pycache__" and each[0] != ".")
        below = os.path.relpath(parent, folder).replace(os.sep, "/")
        for file in sorted(files):
            inner = file if below == "." else f"{below}/{file}"
            if _counts(inner):
                yield f"{name}/{inner}", os.path.join(parent, file)


def _counts(name: str) -> bool:
    first, last = name.partition("/")[0], name.rpartition("/")[2]
    return not (
        name.startswith(("../", "/"))  # scripts name the environment's interpreter
        or first.endswith((".dist-info", ".egg-info", ".data"))
        or last.startswith(".")
        or last.endswith(("~", ".pth", *_COMPILED))
        or "__pycache__/" in name
    )


def _hash(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        data = _read_from_archive(path) or b""
    return data.decode("utf-8", "replace")


def _archive(path: str) -> str:
    """Return the zip file that *path* leads into; empty if it leads into none."""
    while path and not os.path.isfile(path):
        path = os.path.dirname(path) if os.path.dirname(path) != path else ""
    return path


def _read_from_archive(path: str) -> bytes | None:
    archive = _archive(path)
    if not archive:
        return None
    from zipimport import zipimporter

    try:
        return zipimporter(archive).get_data(path)
    except (OSError, ImportError):
        return None


def _names_in_archive(folder: str) -> list[str]:
    """Return the names of all files below *folder*, which is in a zip file, relative to it."""
    archive = _archive(folder)
    if not archive:
        return []
    from zipfile import BadZipFile, ZipFile

    inside = folder[len(archive) :].strip(os.sep).replace(os.sep, "/")
    inside += "/" if inside else ""
    try:
        with ZipFile(archive) as file:
            return [
                name.removeprefix(inside) for name in file.namelist() if name.startswith(inside) and name[-1] != "/"
            ]
    except (OSError, BadZipFile):
        return []
