"""Where is an application's host made, so that a plugin can be imported in a process in which nothing else was?

In: the name of a module, or the address of a host. Out: a finder that imports this module as soon as a plugin is
imported, so that the host is there, knows where the plugin is, and sees what it registers.
"""

from __future__ import annotations

import os
import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from typing import Any


def announce_host(application: str, module: str, *, namespace: str | None = None) -> None:
    """Say in which *module* the host of *application* is made; for the application's `__init__`.

    Then any plugin can be imported first, however it is installed: by its author's unit test, or by a worker process
    that unpickles an object of it. Without this, only plugins that Python finds by itself can be imported before the
    host has been made. It costs next to nothing: *module* is imported when a plugin is imported, and nothing is
    searched for before.

    Args:
        application: The application's import name, as for `Host`.
        module: The full name of the module that makes the host; or the address of the host, as in
            `notes.app:make_host`, if a function without arguments makes it.
        namespace: As for `Host`.

    Examples:
        In `notes/__init__.py`, when `notes/app.py` makes the host:

        >>> announce_host("notes", "notes.app")
    """
    for finder in sys.meta_path:
        if isinstance(finder, _HostFinder) and finder.application == application:
            finder.module = module
            return
    plugins = f"{application}.plugins" if namespace is None else namespace
    sys.meta_path.insert(0, _HostFinder(application, module, plugins))


class _HostFinder:
    """Has the host made before the first plugin is imported, and leaves the search to the other finders."""

    def __init__(self, application: str, module: str, namespace: str) -> None:
        self.application = application
        self._namespace = namespace
        self.module = module
        self._done_in = 0  # the process in which the host has been made, or is being made

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return the spec that the host has for the first plugin that is imported; None for all other modules."""
        if self._done_in == os.getpid() or not f"{fullname}.".startswith(f"{self._namespace}."):
            return None
        self._done_in = os.getpid()
        try:
            __import__("pegboard.host")  # first, so that a fork meanwhile leaves no module locked in the child
            if ":" in self.module:
                from pegboard.address import host_at

                host_at(self.module)
            else:
                __import__(self.module)
        except BaseException:
            self._done_in = 0
            raise
        if fullname in sys.modules:  # imported meanwhile
            from pegboard.namespace_package import spec_of_loaded

            return spec_of_loaded(fullname)
        for finder in list(sys.meta_path):
            find = None if finder is self else getattr(finder, "find_spec", None)
            if find is not None and (spec := find(fullname, path, target)) is not None:
                found: ModuleSpec = spec
                return found
        return None
