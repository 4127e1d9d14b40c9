"""Which modules and which data does a package consist of?

In: a package and its folder. Out: names of modules, and paths. Nothing is imported, unlike by `pkgutil.walk_packages`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def _files(folder: str, package: str) -> Iterator[tuple[str, str, str]]:
    """Yield the package, the name and the path of each file below *folder*, which is that of *package*."""
    for directory, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        inner = os.path.relpath(directory, folder)
        inside = package if inner == os.curdir else f"{package}.{inner.replace(os.sep, '.')}"
        for name in names:
            yield inside, name, os.path.join(directory, name)


def submodules(folder: str, package: str) -> Iterator[str]:
    """Yield the name of each module in *folder*, which is that of *package*, at any depth; nothing is imported."""
    from importlib.machinery import all_suffixes

    for inside, name, _ in _files(folder, package):
        stem, dot, rest = name.partition(".")
        if f"{dot}{rest}" in all_suffixes() and stem not in ("__init__", "__main__"):
            yield f"{inside}.{stem}"
        elif stem == "__init__" and inside != package:
            yield inside


def data_files(folder: str, package: str) -> Iterator[tuple[str, str]]:
    """Yield each file in *folder*, that of *package*, which is no code, and the folder that it belongs into."""
    for inside, name, path in _files(folder, package):
        if not name.endswith((".py", ".pyc", ".pyd", ".so")):
            yield path, inside.replace(".", "/")
