"""Under which name would the file that runs as `__main__` be imported?

In: the application's name, and the module that runs. Out: the same module under its own name, too, so that whoever
imports it gets this one, and the application does not exist twice.
"""

import os
import sys

TYPE_CHECKING = False  # as type checkers know it; each start of a host in the main module loads this file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

MAIN = ("__main__", "__mp_main__")
"""The names of a module that runs as a program; the second one in a process that `multiprocessing` has started."""


def share_main(application: str, running: "Mapping[str, Any]") -> None:
    """Make the module with the names *running*, which runs as a program, known by its own name, too.

    Nothing happens if it is no module of *application*, is loaded already, or is run by another program (a profiler)
    with names that are no module's.
    """
    name = _own_name(application, running)
    main = sys.modules.get(running["__name__"])
    if name is None or main is None or vars(main) is not running or name in sys.modules:
        return
    sys.modules[name] = main
    parent, _, tail = name.rpartition(".")
    if parent in sys.modules:
        vars(sys.modules[parent]).setdefault(tail, main)
    elif parent:
        sys.meta_path.insert(0, _SetsAttribute(parent, tail, main))


def _own_name(application: str, running: "Mapping[str, Any]") -> str | None:
    spec, file = running.get("__spec__"), running.get("__file__")
    if spec is not None and f"{spec.name}.".startswith(f"{application}."):
        return str(spec.name)  # python -m notes.app
    if not isinstance(file, str) or not file.endswith(".py"):
        return None
    file = os.path.abspath(file)
    below = application.replace(".", os.sep)
    if file.endswith(f"{os.sep}{below}.py"):
        names = [application]
    else:
        *_, inside = file.removesuffix(".py").rpartition(f"{os.sep}{below}{os.sep}")
        names = [f"{application}.{inside.replace(os.sep, '.')}"] if inside != file.removesuffix(".py") else []
    return next((name for name in names if _is_same_file(_find(name), file)), None)


def _is_same_file(spec: "ModuleSpec | None", file: str) -> bool:
    origin = None if spec is None else spec.origin
    try:
        return origin is not None and os.path.samefile(origin, file)
    except OSError:
        return False


def _find(name: str) -> "ModuleSpec | None":
    """Return the spec of a module without importing the packages that it is in."""
    path: Sequence[str] | None = None
    spec = None
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        part = ".".join(parts[:length])
        spec = _spec(part, path)
        if spec is None or (length < len(parts) and spec.submodule_search_locations is None):
            return None
        path = spec.submodule_search_locations
    return spec


def _spec(name: str, path: "Sequence[str] | None") -> "ModuleSpec | None":
    for finder in list(sys.meta_path):
        find = getattr(finder, "find_spec", None)
        if find is not None and (spec := find(name, path)) is not None:
            found: ModuleSpec = spec
            return found
    return None


class _SetsAttribute:
    """A finder that makes a module an attribute of its package, once that is imported."""

    def __init__(self, package: str, name: str, module: "ModuleType") -> None:
        self._package = package
        self._name = name
        self._module = module

    def find_spec(self, fullname: str, path: "Any" = None, target: "Any" = None) -> "ModuleSpec | None":
        """Return the spec of the package, found as usual."""
        if fullname != self._package:
            return None
        self._package = ""  # once only
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if find is not None and (spec := find(fullname, path, target)) is not None:
                self._intercept(spec.loader)
                found: ModuleSpec = spec
                return found
        return None

    def _intercept(self, loader: "Any") -> None:
        if loader is not None:
            self._loader, self._execute = loader, loader.exec_module
            loader.exec_module = self.exec_module  # of this one loader, until it is used

    def exec_module(self, package: "ModuleType") -> None:
        """Set the attribute, and execute the package."""
        vars(package)[self._name] = self._module
        del self._loader.exec_module
        sys.meta_path.remove(self)
        self._execute(package)
