"""What state does the process have that no Python object refers to?

In: nothing. Out: that state as plain data, by what it is called. Two such tables are compared; only modules that are
loaded are asked, and nothing is changed.
"""

from __future__ import annotations

import _thread
import atexit
import gc
import io
import os
import signal
import stat
import sys
import time
from functools import partial
from importlib.machinery import FileFinder
from zipimport import zipimporter

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_SYS = (
    "getrecursionlimit",
    "getswitchinterval",
    "getdlopenflags",
    "get_asyncgen_hooks",
    "get_coroutine_origin_tracking_depth",
    "get_int_max_str_digits",
    "gettrace",
)
_OS: dict[str, tuple[int, ...]] = {
    "getpriority": (0, 0),  # of this process
    "getpgid": (0,),
    "getsid": (0,),
    "getresuid": (),
    "getresgid": (),
    "getgroups": (),
}
_VALID_SIGNALS = tuple(sorted(signal.valid_signals()))
_OPEN_FILES = "open files"
_SIGNAL_HANDLERS = "signal handlers"
EXIT_HANDLERS = "exit handlers"
KEEPS_FILE_OPEN = "keeps a file open"
_STREAMS = ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__")
_STREAM_ATTRIBUTES = ("encoding", "errors", "line_buffering", "write_through", "closed")
_DECIMAL = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")


def _context() -> Any:
    import contextvars

    return [(variable, value) for variable, value in contextvars.copy_context().items()]


def _decimal(module: Any) -> Any:
    context = module.getcontext()
    traps = [bool(context.traps[name]) for name in sorted(context.traps, key=lambda each: each.__name__)]
    return [getattr(context, name) for name in _DECIMAL], traps


def _locale(module: Any) -> Any:
    return module.setlocale(module.LC_ALL, None)


def _finders() -> tuple[int, ...]:
    """Return which finders of the import system's cache it has not made itself."""
    finders = list(sys.path_importer_cache.values())
    return tuple(id(each) for each in finders if each is not None and type(each) not in (FileFinder, zipimporter))


def _limits(module: Any) -> Any:
    names = [name for name in dir(module) if name.startswith("RLIMIT_")]
    return [module.getrlimit(getattr(module, name)) for name in names]


def _numpy(module: Any) -> Any:
    return repr(module.geterr()), repr(module.get_printoptions()), module.getbufsize(), module.geterrcall()


def _numpy_random(module: Any) -> Any:
    return hash(module.get_state(legacy=True)[1].tobytes())


_OF_MODULES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "_locale": ("the locale", _locale),
    "_csv": ("CSV", lambda module: (sorted(module.list_dialects()), module.field_size_limit())),
    "decimal": ("the context of decimal", _decimal),
    "faulthandler": ("the fault handler", lambda module: module.is_enabled()),
    "resource": ("the limits of resources", _limits),
    "_socket": ("the time-out of sockets", lambda module: module.getdefaulttimeout()),
    "tracemalloc": ("tracemalloc", lambda module: module.is_tracing()),
    "readline": ("readline", lambda module: (module.get_completer(), module.get_completer_delims())),
    "numpy": ("the settings of numpy", _numpy),
    "numpy.random": ("the random numbers of numpy", _numpy_random),
}
"""State of the standard library, and of extensions whose state is in C: by module, its name and what reads it."""
_OF_LIBRARIES = frozenset({"the settings of numpy", "the random numbers of numpy"})


def is_of_library(name: str) -> bool:
    """Return whether the state called *name* is a third-party library's own."""
    return name in _OF_LIBRARIES


def process_state() -> dict[str, Any]:
    """Return the state of the process, by what it is called in messages."""
    state: dict[str, Any] = {
        "the working directory": _try(os.getcwd),
        "the umask": _umask(),
        "the time zone": (time.tzname, time.timezone, time.altzone, time.daylight),
        "the size of the stack of new threads": _thread.stack_size(),
        "the garbage collector": (gc.get_threshold(), gc.get_debug(), gc.isenabled(), len(gc.callbacks)),
        "the cache of finders": _finders(),
        _OPEN_FILES: _descriptors(),
        EXIT_HANDLERS: atexit._ncallbacks(),
    }
    for name in _SYS:
        if hasattr(sys, name):
            state[f"sys.{name}()"] = getattr(sys, name)()
    for name, arguments in _OS.items():
        if hasattr(os, name):
            state[f"os.{name}()"] = _try(partial(getattr(os, name), *arguments))
    state.update(_signals())
    for name in _STREAMS:
        stream = getattr(sys, name, None)
        if type(stream) is io.TextIOWrapper:
            state[f"sys.{name}"] = [_try(partial(getattr, stream, each)) for each in _STREAM_ATTRIBUTES]
    for module, (name, read) in _OF_MODULES.items():
        loaded = sys.modules.get(module)
        if loaded is not None:
            state[name] = _try(partial(read, loaded))
    return state


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what has changed, as predicates: `changes the umask`."""
    found = []
    for name, value in after.items():
        if name in before and not _is_equal(before[name], value):
            if name == _OPEN_FILES:
                found += _kept_open(before[name], value)
            elif name == EXIT_HANDLERS:
                found.append("registers an exit handler")
            elif name == _SIGNAL_HANDLERS:
                found.append("installs a signal handler")
            else:
                found.append(f"changes {name}")
    return found


def _is_equal(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except Exception:
        return False


def _try(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except Exception as error:
        return type(error).__name__


def _umask() -> int | None:
    """Return the umask; Linux tells it without changing it."""
    try:
        with open("/proc/self/status", "rb") as stream:
            for line in stream:
                if line.startswith(b"Umask:"):
                    return int(line.split()[1], 8)
    except (OSError, ValueError):
        pass
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _descriptors() -> dict[int, tuple[int, int, int, str]]:
    """Return what each open descriptor is."""
    found = {}
    try:
        numbers = [int(name) for name in os.listdir("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")]
    except (OSError, ValueError):
        numbers = list(range(64))
    for number in numbers:
        try:
            status = os.fstat(number)
        except OSError:
            continue
        found[number] = (status.st_mode, status.st_dev, status.st_ino, "")
    return found


def _kept_open(before: Mapping[int, Any], after: Mapping[int, Any]) -> list[str]:
    found = []
    for number, what in after.items():
        mode = what[0]
        if number in before:
            if before[number][1:3] != what[1:3]:
                found.append(f"puts another file in the place of descriptor {number}")
        elif stat.S_ISSOCK(mode):
            found.append("keeps a socket open")
        elif stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISCHR(mode):
            if number <= 2 or _is_copy(what, before):  # noqa: PLR2004 -- the standard streams
                found.append(f"makes a copy of a descriptor: {number}")
            elif not stat.S_ISCHR(mode):
                found.append(KEEPS_FILE_OPEN)
        else:
            found.append("keeps a pipe or another channel open")
    found += [f"closes descriptor {number}" for number in before if number not in after]
    return found


def _is_copy(what: Any, before: Mapping[int, Any]) -> bool:
    return any(what[:3] == other[:3] for other in before.values())


def _signals() -> dict[str, Any]:
    state: dict[str, Any] = {_SIGNAL_HANDLERS: [signal.getsignal(number) for number in _VALID_SIGNALS]}
    if hasattr(signal, "pthread_sigmask"):
        state["the blocked signals"] = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    if hasattr(signal, "getitimer"):
        timers = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
        state["timers"] = [signal.getitimer(timer) != (0.0, 0.0) for timer in timers]
    return state
