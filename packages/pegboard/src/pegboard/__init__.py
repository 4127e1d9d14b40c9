"""Make a Python application and its separately published plugins behave as one virtual package.

The public names are loaded when they are first used (PEP 562): an application that only starts pays only for that.
What every start needs is loaded right here, without the search that `import` makes for a file.
"""

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from typing import Any

    from pegboard.adaptation import EntryPoint
    from pegboard.announcement import announce_host
    from pegboard.container import Container
    from pegboard.errors import PegboardError, PluginError
    from pegboard.host import Host
    from pegboard.ledger import Plugin
    from pegboard.registry import DataRegistry, Registry

__all__ = [
    "Container",
    "DataRegistry",
    "EntryPoint",
    "Host",
    "PegboardError",
    "Plugin",
    "PluginError",
    "Registry",
    "announce_host",
]

_HOMES = {
    "Container": "pegboard.container",
    "DataRegistry": "pegboard.registry",
    "EntryPoint": "pegboard.adaptation",
    "Host": "pegboard.host",
    "PegboardError": "pegboard.errors",
    "Plugin": "pegboard.ledger",
    "PluginError": "pegboard.errors",
    "Registry": "pegboard.manager",
    "announce_host": "pegboard.announcement",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import sys

    __import__(_HOMES[name])
    value: object = getattr(sys.modules[_HOMES[name]], name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _load(*names: str, is_late: bool = True, is_package: bool = False) -> None:  # noqa: C901 -- a function costs a start
    """Import modules of this package as `import` would, in less than half the time: where they are is known.

    Only what Python itself has compiled, for these very sources, is taken (PEP 3147; `importlib.machinery` calls the
    first 16 bytes a header: magic number, flags, time and size of the source). At whatever is not as it mostly is, the
    rest is left to `import`. Other threads wait for a module as they do for one that `import` loads: for its lock.

    Args:
        names: Modules of this package, each after those that it imports.
        is_late: Whether this package has been imported; until then every thread that wants a part of it waits for that.
        is_package: Whether the only name is that of a package.
    """
    # `from` takes twice as long: it asks each module whether it is a package
    import _frozen_importlib
    import _frozen_importlib_external
    import _io
    import _thread
    import marshal
    import os
    import sys

    own, sep, modules = __spec__, os.sep, sys.modules
    loader, lock = _frozen_importlib_external.SourceFileLoader, getattr(_frozen_importlib, "_ModuleLockManager", None)
    if type(own.loader) is not loader or not own.cached or lock is None:  # frozen, zipped, instrumented
        return
    folder = own.loader.path.rpartition(sep)[0]
    before, _, after = own.cached.rpartition("__init__")
    for name in names:
        full, stem = f"{__name__}.{name}", name
        if full in modules:
            continue
        if is_package:
            before = before.replace(f"{folder}{sep}", f"{folder}{sep}{name}{sep}", 1)
            folder, stem = f"{folder}{sep}{name}", "__init__"
        path = f"{folder}{sep}{stem}.py"
        try:
            status = os.stat(path)
            with _io.open_code(f"{before}{stem}{after}") as file:
                compiled = file.read()
        except OSError:
            return
        header = _frozen_importlib_external.MAGIC_NUMBER + bytes(4)
        for number in (int(status.st_mtime), status.st_size):
            header += (number & 0xFFFFFFFF).to_bytes(4, "little")
        if not compiled.startswith(header):
            return
        spec: Any = type(own)(full, loader(full, path), origin=path)
        spec.has_location = spec._initializing = True  # noqa: SLF001 -- as `import` does: then others wait
        module = type(modules[__name__])(full)
        names_of_module = vars(module)
        names_of_module.update(
            __spec__=spec,
            __loader__=spec.loader,
            __package__=full if is_package else __name__,
            __file__=path,
            __cached__=f"{before}{stem}{after}",
        )
        if is_package:
            spec.submodule_search_locations = names_of_module["__path__"] = [folder]
        with lock(full) if is_late else _thread.allocate_lock():
            if full in modules:
                continue
            modules[full] = module
            try:
                # as `import` does
                exec(marshal.loads(memoryview(compiled)[len(header) :]), names_of_module)  # noqa: S102, S302
            except BaseException:
                modules.pop(full, None)
                raise
            finally:
                spec._initializing = False  # noqa: SLF001
        globals()[name] = module


_load("index", "manager", "host", is_late=False)
