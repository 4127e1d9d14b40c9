"""`app.plugins` as one package, wherever its parts are installed.

Hot: a running application imports this file at every start, so it imports nothing that a bare interpreter has not
loaded.
"""

import sys

# The import system's own module, frozen into the interpreter: `importlib.util`, its public name, costs 5 ms on 3.11.
from _frozen_importlib import ModuleSpec, module_from_spec

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.machinery import ModuleSpec as Spec
    from types import ModuleType
    from typing import Protocol

    class PathEntryFinder(Protocol):
        """What a path hook returns for one entry of a search path."""

        def find_spec(self, fullname: str, /) -> Spec | None:
            """Return what *fullname* would be imported from."""


PLUGINS = "plugins"
"""The sub-package of every application that its plugins live in."""


def importer(path: str) -> "PathEntryFinder | None":
    """Return the finder that Python would ask about *path*, an entry of some search path; None when there is none.

    What `pkgutil.get_importer` does, without importing `pkgutil`; and a finder that was looked for before its directory
    existed is looked for again.
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


def extend_namespace(application: str, portions: "Iterable[str]", init: "str | None" = None) -> "tuple[str, ...]":
    """Make `<application>.plugins` a package whose modules are searched for in *portions*, in that order.

    The application is imported in the ordinary way, unless it is already, or is the script that runs. Its `plugins`
    package is not: whichever `__init__` Python meets first may have been shipped by some plugin. Only *init* is run,
    and without it the package is made out of nothing, like a namespace package (PEP 420). A `plugins` package that was
    imported before only gets the new search path.

    Args:
        application: The package that the host was made for; may be dotted.
        portions: Directories, and directories inside zip archives; see `Discovery.portions`.
        init: The application's own `plugins/__init__` file, see `Discovery.init`.

    Returns:
        The search path as it is now. It is longer than *portions* when the application's own `__init__` appended to
        its `__path__`; whoever wants the plugins in there too discovers once more.

    Raises:
        Exception: Whatever importing the application, or running *init*, raises.
    """
    search_path = list(portions)
    parent = sys.modules.get(application) or _import_application(application)
    name = f"{application}.{PLUGINS}"
    module = sys.modules.get(name)
    if module is None:
        module = _create(name, search_path, init)
    for path in list(getattr(module, "__path__", ())):
        if path not in search_path:
            search_path.append(path)
    module.__path__ = search_path
    spec: ModuleSpec | None = getattr(module, "__spec__", None)
    if spec is not None:
        spec.submodule_search_locations = search_path
    vars(parent).setdefault(PLUGINS, module)
    return tuple(search_path)


def _import_application(name: str) -> "ModuleType":
    """Import the application; if it is the very file that runs as `__main__`, do not run it a second time."""
    main = sys.modules.get("__main__")
    if main is not None and _runs_as_main(name, main):
        sys.modules[name] = main
    else:
        __import__(name)
    return sys.modules[name]


def _runs_as_main(name: str, main: "ModuleType") -> bool:
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


def _create(name: str, search_path: "list[str]", init: "str | None") -> "ModuleType":
    spec = None
    if init is not None:
        home = _parent_directory(_parent_directory(init))
        finder = importer(home)
        spec = finder.find_spec(name) if finder is not None else None
    if spec is None or spec.loader is None:
        spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = list(search_path)
    module = module_from_spec(spec)
    sys.modules[name] = module
    if spec.loader is not None:
        try:
            spec.loader.exec_module(module)
        except BaseException:
            sys.modules.pop(name, None)
            raise
    return sys.modules[name]


def _parent_directory(path: str) -> str:
    from os.path import dirname

    return dirname(path)
