"""At which address does another process find an application's host?

In: a host. Out: its address, `module:name`, as entry points have it; and for an address, the host of this process. A
function without arguments that makes the host is an address, too; each process calls it once.
"""

from __future__ import annotations

import _thread
import sys
from _weakref import ref
from types import FunctionType, ModuleType

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import HostAddressError, describe_exception
from pegboard.foreign_object import attribute, is_a, repr_of
from pegboard.main_module import MAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final

_CO_RUNS_LATER: Final = 0x20 | 0x80 | 0x200  # `inspect.CO_GENERATOR`, `CO_COROUTINE` and `CO_ASYNC_GENERATOR`

_lock = _thread.RLock()
_made: dict[str, Callable[[], Any]] = {}  # by address: a reference to the host that a function has made
_kept: dict[str, Any] = {}  # by address: hosts that were made here, which nobody else may hold


def address_of(host: Any) -> str:
    """Return the address of *host*, `module:name`, from which `host_at` gets the host in any process.

    The module that has made the host is searched first, then the loaded modules of the application. The name is that of
    a variable, of an attribute of a class or object in one (`module:Application.host`), or of the function without
    arguments in which the host was made.

    Args:
        host: A `pegboard.Host`.

    Raises:
        HostAddressError: If no module has the host under a name.
    """
    modules = list(_modules(host))
    for find in (_variable, _attribute, _function):
        for name, module in modules:
            if found := find(module, host):
                address = f"{name}:{found}"
                if find is _function:  # to call it again would make another host
                    _made[address] = ref(host)
                return address
    raise HostAddressError(
        f"another process could not find the host of {host.name!r}",
        "keep it in a variable of its module, as `host = Host(...)`, or make it in a function without arguments",
        f"no module of {host.name!r} has it under a name; it is made at {host.manager.place}",
    )


def host_at(address: str) -> Any:
    """Return the `pegboard.Host` at *address*, importing its module.

    Raises:
        HostAddressError: If there is no such module, it cannot be imported, or it has no host of that name.
    """
    name, colon, path = address.partition(":") if isinstance(address, str) else ("", "", "")
    if not colon or not all(map(str.isidentifier, (*name.split("."), *path.split(".")))):
        raise _no_host(repr_of(address), "an address is a module and a name in it, as in 'notes.app:host'", "")
    try:
        __import__(name)
        value: Any = sys.modules[name]
        for part in path.split("."):
            value = getattr(value, part)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        advice = "install the application in this process's environment, in the version that has made the address"
        if name in MAIN:
            advice = "make the host in a module that is imported, since each process runs another program"
        raise _no_host(repr(address), describe_exception(error), advice) from error
    if not _is_host(value) and callable(value):
        value = _called(address, value)
    if not _is_host(value):
        raise _no_host(repr(address), f"there is {repr_of(value)}, which is no host", "say the name of the host")
    return value


def _no_host(address: str, cause: str, advice: str) -> HostAddressError:
    return HostAddressError(f"there is no host at {address}", advice or None, cause)


def _called(address: str, function: Callable[[], Any]) -> Any:
    """Return what *function* returns; it is called once in a process, and again if its host has been closed."""
    with _lock:
        made = _made.get(address, lambda: None)()
        if made is not None and not made.manager.is_closed:
            return made
        try:
            host = function()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise _no_host(repr(address), describe_exception(error), "it has to take no arguments") from error
        if _is_host(host):
            _made[address], _kept[address] = ref(host), host
        return host


def _is_host(value: Any) -> bool:
    kind = getattr(sys.modules.get("pegboard.host"), "Host", None)
    return kind is not None and issubclass(type(value), kind)


def _modules(host: Any) -> Iterator[tuple[str, ModuleType]]:
    """Yield name and module: where the host was made, then the other modules of the application."""
    loaded = {name: module for name, module in tuple(sys.modules.items()) if type(module) is ModuleType}
    made_in = loaded.get(host.made_in)
    if made_in is not None:
        names = [name for name, module in loaded.items() if module is made_in and name not in MAIN]
        yield (host.made_in if host.made_in not in MAIN or not names else names[0]), made_in
    for name, module in loaded.items():
        if module is not made_in and f"{name}.".startswith(f"{host.name}."):
            yield name, module


def _is_same(value: Any, host: Any) -> bool:
    """Return whether *value* is *host*, or the object that a second run of the same file has made of it."""
    return _is_host(value) and value.manager is host.manager


def _variable(module: ModuleType, host: Any) -> str | None:
    return next((name for name, value in tuple(vars(module).items()) if _is_same(value, host)), None)


def _attribute(module: ModuleType, host: Any) -> str | None:
    """Return `name.attribute` of *host* in a class that *module* defines, or in an object of one."""
    for name, value in tuple(vars(module).items()):
        is_class = is_a(value, type)
        if attribute(value if is_class else type(value), "__module__", str) == module.__name__:
            names = dict(vars(value)) if is_class else attribute(value, "__dict__", dict) or {}
            for inner, found in tuple(names.items()):
                if _is_same(found, host):
                    return f"{name}.{inner}"
    return None


def _function(module: ModuleType, host: Any) -> str | None:
    """Return the name of the function without arguments in whose code *host* was made."""
    for name, value in tuple(vars(module).items()):
        function = value if type(value) is FunctionType else attribute(value, "__wrapped__", FunctionType)
        while function is not None:
            if _makes(function, host.manager.place):
                return name
            function = attribute(function, "__wrapped__", FunctionType)  # of `functools.wraps`
    return None


def _makes(function: FunctionType, place: str) -> bool:
    code = function.__code__
    required = code.co_argcount - len(function.__defaults__ or ())
    required += code.co_kwonlyargcount - len(function.__kwdefaults__ or ())
    if required or code.co_flags & _CO_RUNS_LATER:
        return False
    lines = [number for *_, number in code.co_lines() if number is not None]
    file, _, line = place.rpartition(":")
    return code.co_filename == file and min(lines) <= int(line) <= max(lines)
