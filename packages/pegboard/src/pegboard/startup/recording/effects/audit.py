"""Which files, processes and sockets does an import touch?

In: audit events, of which Python raises one for each. Out: effects. The hook cannot be removed, so there is one for the
life of the process, which does nothing while nobody observes.

Source: PEP 578 and the table of audit events in Python's documentation.
"""

from __future__ import annotations

import _thread
import os
import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects.effect import NOT_SHOWN, SEEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Note = Callable[[str, str], None]

_WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
_NO_FILE = -1
_SEEN = {
    "os.chflags": "changes a file",
    "os.chmod": "changes the mode of a file",
    "os.chown": "changes the owner of a file",
    "os.exec": "replaces the process",
    "os.fork": "forks the process",
    "os.forkpty": "forks the process",
    "os.kill": "sends a signal",
    "os.killpg": "sends a signal",
    "os.link": "makes a link",
    "os.lockf": "locks a file",
    "os.mkdir": "makes a directory",
    "os.posix_spawn": "starts a process",
    "os.putenv": "changes an environment variable",
    "os.remove": "removes a file",
    "os.removexattr": "changes a file",
    "os.rename": "renames a file",
    "os.rmdir": "removes a directory",
    "os.setxattr": "changes a file",
    "os.spawn": "starts a process",
    "os.startfile": "starts a process",
    "os.symlink": "makes a symbolic link",
    "os.system": "starts a process",
    "os.truncate": "truncates a file",
    "os.unsetenv": "removes an environment variable",
    "os.utime": "changes the times of a file",
    "subprocess.Popen": "starts a process",
    "pty.spawn": "starts a process",
    "webbrowser.open": "opens a browser",
    "socket.bind": "binds a socket",
    "socket.connect": "connects a socket",
    "socket.sendmsg": "sends to a socket",
    "socket.sendto": "sends to a socket",
    "socket.sethostname": "changes the name of the machine",
    "sys.addaudithook": "adds an audit hook",
    "syslog.openlog": "configures syslog",
    "syslog.setlogmask": "configures syslog",
    "syslog.syslog": "writes to syslog",
    "signal.pthread_kill": "sends a signal",
    "_thread.start_new_thread": "starts a thread",
    "_thread.start_joinable_thread": "starts a thread",
    "builtins.input": "asks the user",
    "msvcrt.locking": "locks a file",
    "winreg.CreateKey": "changes the registry of Windows",
    "winreg.DeleteKey": "changes the registry of Windows",
    "winreg.DeleteValue": "changes the registry of Windows",
    "winreg.SetValue": "changes the registry of Windows",
    "shutil.make_archive": "writes a file",
    "smtplib.connect": "connects a socket",
    "telnetlib.Telnet.open": "connects a socket",
    "urllib.Request": "asks the network",
}
_NOT_SHOWN = {
    "ctypes.dlopen": "loads a library of C",
    "ctypes.call_function": "calls a function of C",
    "ctypes.set_errno": "changes errno",
    "ctypes.set_last_error": "changes errno",
    "fcntl.fcntl": "changes a descriptor",
    "fcntl.flock": "locks a file",
    "fcntl.ioctl": "changes a descriptor",
    "fcntl.lockf": "locks a file",
    "mmap.__new__": "maps memory",
    "cpython._PySys_ClearAuditHooks": "removes audit hooks",
}

_hooks: dict[int, Note] = {}
_is_installed: list[bool] = []


def listen(note: Note) -> None:
    """Call *note* with kind and words of each effect of this thread from now on."""
    if not _is_installed:
        _is_installed.append(True)
        sys.addaudithook(_hook)
    _hooks[_thread.get_ident()] = note


def stop_listening() -> None:
    """Call no one for effects of this thread any more."""
    _hooks.pop(_thread.get_ident(), None)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _hooks:
        return
    note = _hooks.get(_thread.get_ident())
    if note is None:
        return
    if event == "open":
        words = _opens(arguments)
    elif event == "sqlite3.connect":
        words = None if arguments[0] in (":memory:", "") else "opens a database"
    elif event == "mmap.__new__" and arguments[0] == _NO_FILE:
        return
    else:
        words = _SEEN.get(event)
        if words is None and event in _NOT_SHOWN:
            note(NOT_SHOWN, _NOT_SHOWN[event])
            return
        if words is not None and event in ("os.putenv", "os.unsetenv"):
            words = words.replace("an environment variable", f"the environment variable {_text(arguments[0])}")
    if words is not None:
        note(SEEN, words)


def _opens(arguments: tuple[Any, ...]) -> str | None:
    path, mode, flags = arguments
    is_writing = (isinstance(mode, str) and any(each in mode for each in "wax+")) or (
        isinstance(flags, int) and bool(flags & _WRITING_FLAGS)
    )
    if not is_writing or type(path) is int or path in (os.devnull, os.fsencode(os.devnull)):
        return None
    return f"opens {_text(path)!r} for writing"


def _text(name: Any) -> str:
    try:
        return os.fsdecode(name)
    except (TypeError, ValueError):
        return "?"
