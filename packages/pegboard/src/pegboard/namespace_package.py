"""How are the application and its `plugins` package imported in the cases that a usual start does not meet?

`pegboard.importer.extend_namespace` has the usual case, and imports this module for the others.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, Protocol

    class PathEntryFinder(Protocol):
        """What a path hook returns for one entry of a search path."""

        def find_spec(self, fullname: str, /) -> ModuleSpec | None:
            """Return what *fullname* would be imported from."""


PLUGINS = "plugins"
"""The sub-package of every application that its plugins live in."""


def path_entry_finder(path: str) -> PathEntryFinder | None:
    """Return the finder that Python would ask about *path*, an entry of some search path; None when there is none.

    This is `pkgutil.get_importer` without importing `pkgutil`, except that a finder is looked for again if its
    directory did not exist the last time.
    """
    known = sys.path_importer_cache.get(path)
    if known is not None:
        return known
    for hook in sys.path_hooks:
        try:
            finder = hook(path)
        except ImportError:
            continue
        sys.path_importer_cache[path] = finder
        return finder
    return None


def import_application(name: str) -> None:
    """Import the application; if it is the file that runs as `__main__`, do not run it a second time."""
    main = sys.modules.get("__main__")
    if main is not None and _runs_as_main(name, main):
        sys.modules[name] = main
        return
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):  # the application is there, and lacks something else
            raise
        raise _no_application(name) from error


def _no_application(name: str) -> Exception:
    from difflib import get_close_matches
    from pkgutil import iter_modules

    from pegboard.errors import HostError

    near = get_close_matches(name, {module.name for module in iter_modules()}, n=1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    advice = f"{meant}Host takes the name of the application's package, which must be installed or on sys.path"
    return HostError(f"there is no application {name!r}: Python finds no module of that name", advice)


def extend_module(name: str, search_path: list[str], file: str) -> tuple[str, ...]:
    """Let the plain module *name* stay as it is, and let modules below it be found in *search_path*.

    Nothing is imported where there is nothing to find. What Python reads of the parent of a module is its `__path__`;
    the spec stays that of a module, since imports that are relative to it are decided by that.

    Args:
        name: The namespace; empty when there is none.
        search_path: The directories of plugins; the user's folder, at most.
        file: The file of the module.
    """
    if not name or not search_path:
        return tuple(search_path)
    module = sys.modules.get(name)
    if module is None:
        from importlib.util import module_from_spec, spec_from_file_location

        spec = spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise ImportError(f"{file} cannot be imported", name=name, path=file)
        module = sys.modules[name] = module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            sys.modules.pop(name, None)
            raise
        module = sys.modules[name]
    module.__path__ = search_path
    parent, _, last = name.rpartition(".")
    if parent in sys.modules:
        vars(sys.modules[parent]).setdefault(last, module)
    return tuple(search_path)


def _runs_as_main(name: str, main: ModuleType) -> bool:
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return bool(spec.name == name)  # python -m notes
    file = getattr(main, "__file__", None)
    if file is None or not file.endswith(f"{name}.py"):
        return False
    from importlib.machinery import PathFinder
    from os.path import abspath

    found = PathFinder.find_spec(name)  # not the script, if a package of that name is beside it
    return found is not None and found.origin is not None and abspath(found.origin) == abspath(file)


def spec_from_init(name: str, init: str) -> ModuleSpec | None:
    """Return the spec of the package *name* whose `__init__` file is *init*; None when it cannot be imported."""
    from os.path import dirname

    finder = path_entry_finder(dirname(dirname(init)))
    return finder.find_spec(name) if finder is not None else None


class Loaded:
    """A loader for a module that is loaded already, and stays as it is."""

    __slots__ = ("_module", "_spec")

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the loaded module."""
        del spec
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Restore its spec: its code has run already."""
        module.__spec__ = self._spec


def spec_of_loaded(fullname: str) -> ModuleSpec | None:
    """Return a spec by which an import gets the loaded module *fullname*, which was made while that import ran."""
    from _frozen_importlib import ModuleSpec

    module = sys.modules[fullname]
    path = getattr(module, "__path__", None)
    known = getattr(module, "__spec__", None)
    spec: ModuleSpec = ModuleSpec(fullname, Loaded(module), is_package=path is not None)  # type: ignore[arg-type]  # all of a loader that is used
    if path is not None:
        spec.submodule_search_locations = list(path)
        if known is not None and known.submodule_search_locations is None:
            # a plain module, see `extend_module`: an import that runs takes its spec rather than this one, and would
            # execute it once more; `Loaded` gives the spec back
            module.__spec__ = spec
    return spec


class _MakesModule:
    """A loader whose `create_module` may run code of the module, and which therefore runs inside the bracket."""

    __slots__ = ("_loader",)

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def exec_module(self, module: ModuleType) -> None:
        """Make the module that is to take the place of *module*, and execute it."""
        from _frozen_importlib import module_from_spec

        spec: Any = module.__spec__
        made = module_from_spec(spec)
        sys.modules[spec.name] = made
        self._loader.exec_module(made)


def loader_in_bracket(loader: Any) -> Any:
    """Return what executes a module as *loader* does, when all that `create_module` does is to count, too.

    An extension module with single-phase initialisation runs all of its code in `create_module`.

    Source:
        PEP 489 ("Multi-phase extension module initialization"), "Legacy Init".
    """
    from _frozen_importlib_external import SourceFileLoader

    create = getattr(type(loader), "create_module", None)
    return loader if create in (None, SourceFileLoader.create_module) else _MakesModule(loader)
