"""The examination: what the journal of earlier processes says. Only a start that finds entries in it comes here.

A file of the journal is locked by the process that writes it, and the system drops the lock when that process ends,
however it ends. So whoever gets the lock knows that the writer died in the middle of an import. Process ids decide
nothing, since they are used again.

Source: POSIX, `lockf` ("All locks shall be released ... when the process terminates").
"""

from __future__ import annotations

import os
import stat
import time

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import PluginCrashedError, PluginHangsError, SafeModeError
from pegboard.startup.journal.crashes import LIMIT, changing, files_of, fingerprint, path_beside

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pegboard.errors import PegboardError
    from pegboard.index import Settings

_LONG_S = 10.0
"""An import that has lasted so long in another process is worth a word."""
_FIELDS = 6


class Entry:
    """One file of a journal: which process was importing which plugin, since when."""

    def __init__(self, name: str, text: str, modified: float) -> None:
        """Read it.

        Raises:
            ValueError: If it is not whole.
        """
        self.pid, self.thread, self.depth = (int(part) for part in name.split("-"))
        parts = text.split("\n")
        if len(parts) != _FIELDS:
            raise ValueError(text)
        self.module, self.name, self.origin, self.distribution, self.version, starting = parts
        self.was_starting: bool = starting == "1"
        """Whether the plugins were being made ready; else one was imported later, when it was used."""
        self.time: float = modified
        """When the import began, in seconds since the epoch."""

    @property
    def owner(self) -> str:
        """The distribution and its version, or an empty text."""
        return f"{self.distribution} {self.version}" if self.distribution else ""


def check_journal(
    settings: Settings, report: Callable[[PegboardError], None]
) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Count a crash for each plugin in whose import a process died, and report it.

    Returns:
        What is to be left out, as `Settings.left_out` has it: every plugin that is not built in, after two failed
        starts in a row.
    """
    journal = settings.journal
    if not journal or not _is_ours(journal):
        return ()
    dead = _collect(journal, report)
    return _judge(settings, report, dead) if dead else ()


def _is_ours(journal: str) -> bool:
    try:
        status = os.lstat(journal)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and (os.name != "posix" or status.st_uid == os.geteuid())


def _collect(journal: str, report: Callable[[PegboardError], None]) -> list[Entry]:
    """Return what dead processes left in the journal, and remove it from there; name who is slow."""
    try:
        names = sorted(os.listdir(journal))
    except OSError:
        return []
    dead = []
    for name in names:
        if name.partition("-")[0] == str(os.getpid()):  # to open it would drop our own lock
            continue
        entry = _take(os.path.join(journal, name), name, report)
        if entry is not None:
            dead.append(entry)
    return dead


def _take(  # noqa: PLR0911 -- one for each way to be innocent
    path: str, name: str, report: Callable[[PegboardError], None]
) -> Entry | None:
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        text = os.read(descriptor, 65536).decode("utf-8", "surrogateescape")
        entry: Entry | None = None
        try:
            entry = Entry(name, text, status.st_mtime)
        except ValueError:  # torn, or not written yet
            pass
        is_old = time.time() - status.st_mtime > _LONG_S
        if hasattr(os, "lockf"):
            try:
                os.lockf(descriptor, os.F_TLOCK, 0)
            except OSError:
                if entry is not None and is_old and entry.module and _is_alive(entry.pid):
                    seconds = time.time() - entry.time
                    report(PluginHangsError(entry.name, entry.owner, seconds, entry.pid, entry.origin or None))
                return None
            if not os.fstat(descriptor).st_nlink:  # another start has just taken it
                return None
            if entry is None and not is_old:  # its process has not come to writing it
                return None
            os.unlink(path)
            return entry
    except OSError:
        return None
    finally:
        os.close(descriptor)
    try:  # Windows removes no file that a process has open
        os.unlink(path)
    except OSError:
        return None
    return entry


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _judge(
    settings: Settings, report: Callable[[PegboardError], None], dead: list[Entry]
) -> tuple[tuple[tuple[str, ...], str], ...]:
    innermost: dict[tuple[int, int], Entry] = {}
    for entry in dead:
        place = entry.pid, entry.thread
        if entry.module and (place not in innermost or innermost[place].depth < entry.depth):
            innermost[place] = entry
    failed: dict[int, str] = {}
    for entry in dead:
        if entry.was_starting:
            blamed = innermost.get((entry.pid, entry.thread))
            failed[entry.pid] = _who(blamed) if blamed else failed.get(entry.pid, "no plugin was being imported")
    is_explained = False
    with changing(path_beside(settings.journal)) as strikes:
        for entry in innermost.values():
            if _has_changed_since(entry):
                continue
            case = case_of(entry, "the process ended while it was being imported")
            count = strikes.strike(case)
            if count >= LIMIT:
                is_explained = True
            else:
                report(crash(settings.prefix, case))
        strikes.failed_starts = [] if is_explained else [*strikes.failed_starts, *failed.values()]
        if len(strikes.failed_starts) >= LIMIT:
            victims = tuple(dict.fromkeys(strikes.failed_starts[-LIMIT:]))
            strikes.failed_starts = strikes.failed_starts[-1:]
            report(SafeModeError(settings.application, victims))
            return (((), "left out by automatic safe mode, since two starts in a row died"),)
    return ()


def _who(entry: Entry) -> str:
    return f"plugin {entry.name!r} of {entry.owner}" if entry.distribution else f"plugin {entry.name!r}"


def _has_changed_since(entry: Entry) -> bool:
    """Return whether the plugin is not what it was when the process died: that one is not to blame then."""
    try:
        return any(os.stat(path).st_ctime > entry.time for path in files_of(entry.origin)) and os.name == "posix"
    except OSError:
        return bool(entry.origin)


def case_of(entry: Entry, how: str) -> dict[str, Any]:
    """Return what is to be remembered of the plugin that *entry* blames."""
    return {
        "name": entry.name,
        "module": entry.module,
        "origin": entry.origin,
        "distribution": entry.distribution,
        "version": entry.version,
        "fingerprint": fingerprint(entry.origin),
        "when": time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.time)),
        "how": how,
    }


def crash(prefix: str, case: dict[str, Any]) -> PluginCrashedError:
    """Return the warning about a first strike."""
    owner = f"{case['distribution']} {case['version']}" if case["distribution"] else ""
    return PluginCrashedError(
        case["name"],
        owner,
        f"on {case['when']} {case['how']}; it is tried once more",
        case["origin"] or None,
        f"update it, or leave it out with {prefix}_NO_PLUGINS={case['name']}",
    )
