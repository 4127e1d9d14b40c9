"""How is a module imported anew, and put back if that fails?

In: names of modules. Out: `sys.modules` without these, or as it was.
"""

from __future__ import annotations

import importlib
import linecache
import sys
from importlib.machinery import SourceFileLoader

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.bytecode import remove_doubtful_bytecode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType


class DetachedModules:
    """Modules that were removed from `sys.modules`, so that others can be imported under their names."""

    __slots__ = ("_attributes", "_modules")

    def __init__(self, names: Sequence[str]) -> None:
        """Remove the modules *names* from `sys.modules`, and from the packages that have them as attributes."""
        self._modules: dict[str, ModuleType] = {}
        self._attributes: list[tuple[ModuleType, str, ModuleType]] = []  # package, name and value
        for name in names:
            if name in sys.modules:
                self._modules[name] = sys.modules.pop(name)
        for name, module in self._modules.items():
            parent, _, attribute = name.rpartition(".")
            package = sys.modules.get(parent)  # a removed package keeps its attributes: its code may be running
            if package is not None and vars(package).get(attribute) is module:
                delattr(package, attribute)
                self._attributes.append((package, attribute, module))
            if module.__spec__ is not None and isinstance(module.__spec__.loader, SourceFileLoader):
                remove_doubtful_bytecode(getattr(module, "__file__", None))
        importlib.invalidate_caches()

    def restore(self) -> None:
        """Put the modules back, and replace those that have their names now."""
        sys.modules.update(self._modules)
        for package, attribute, module in self._attributes:
            setattr(package, attribute, module)

    def discard(self) -> None:
        """Drop the modules, and what Python has cached of their code."""
        for module in self._modules.values():
            linecache.checkcache(getattr(module, "__file__", None))
        self._modules.clear()
        self._attributes.clear()
        typing = sys.modules.get("typing")
        # `typing` caches the last hundred or so classes that were parameters, as in `list[View]`; Python's own search
        # for leaks (Lib/test/libregrtest/refleak.py) empties these caches in the same way
        for clear in getattr(typing, "_cleanups", ()):
            clear()

    def namespace_ids(self) -> set[int]:
        """Return the id of each module's global namespace: it tells old code from new code with the same name."""
        return {id(vars(module)) for module in self._modules.values()}
