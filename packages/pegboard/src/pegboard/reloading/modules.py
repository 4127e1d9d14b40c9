"""Modules that are taken out of the interpreter so that they can be imported anew, and put back if that fails."""

from __future__ import annotations

import importlib
import linecache
import os
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import cache_from_source

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_YOUNG_NS = 2_000_000_000
"""How far apart two file times have to be for an order to be believed: FAT counts in steps of two seconds."""


class Aside:
    """Modules that wait aside while others of their names are imported."""

    __slots__ = ("_bindings", "modules")

    def __init__(self, names: Sequence[str]) -> None:
        """Take the modules of these *names* out of the interpreter, and out of the packages that hold them."""
        self.modules: dict[str, ModuleType] = {}
        self._bindings: list[tuple[ModuleType, str, ModuleType]] = []
        for name in names:
            taken = sys.modules.pop(name, None)
            if taken is not None:
                self.modules[name] = taken
        for name, module in self.modules.items():
            package, _, variable = name.rpartition(".")
            holder = sys.modules.get(package)  # one that waits aside, too, stays whole: its code may be running
            if holder is not None and vars(holder).get(variable) is module:
                delattr(holder, variable)
                self._bindings.append((holder, variable, module))
            if module.__spec__ is not None and isinstance(module.__spec__.loader, SourceFileLoader):
                distrust_bytecode(getattr(module, "__file__", None))
        importlib.invalidate_caches()

    def put_back(self) -> None:
        """Put all of them where they were, in the place of whatever is there now."""
        sys.modules.update(self.modules)
        for holder, variable, module in self._bindings:
            setattr(holder, variable, module)

    def let_go(self) -> None:
        """Forget them, together with what Python remembers of their code."""
        for module in self.modules.values():
            linecache.checkcache(getattr(module, "__file__", None))
        self.modules.clear()
        self._bindings.clear()
        typing = sys.modules.get("typing")
        # `typing` keeps the last hundred or so classes that something like `list[View]` was made of; Python's own
        # search for leaks (Lib/test/libregrtest/refleak.py) empties it in this way
        for clear in getattr(typing, "_cleanups", ()):
            clear()

    def globals(self) -> set[int]:
        """Return the identity of each module's global variables: what tells old code from new of the same name."""
        return {id(vars(module)) for module in self.modules.values()}


def distrust_bytecode(path: str | None) -> None:
    """Remove the compiled code of the source file *path* if an edit could hide behind it.

    Python believes compiled code if size and time of the source are as they were, and the time counts in seconds (PEP
    3147, `importlib._bootstrap_external`): two edits within one would be one.
    """
    if path is None or not path.endswith(".py"):
        return
    try:
        compiled = cache_from_source(path)
        source_ns, compiled_ns = os.stat(path).st_mtime_ns, os.stat(compiled).st_mtime_ns
        if compiled_ns - source_ns < _YOUNG_NS:
            os.unlink(compiled)
    except (OSError, NotImplementedError):  # there is none, or it is not ours to remove
        return
