"""Which plugins were being imported when earlier processes died?

In: the files of the journal. Out: a crash for each such plugin, and warnings; the files of dead processes are removed.

The process that writes a file of the journal locks it, and the system drops the lock when the process ends, however it
ends. So a file that can be locked belongs to a process that died during an import. Process ids cannot tell that, since
the system uses them again.

Source: POSIX, `lockf` ("All locks shall be released ... when the process terminates").
"""

from __future__ import annotations

import os
import time

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import PluginCrashedError, PluginHangsError, SafeModeError
from pegboard.frozen import present
from pegboard.startup.journal.crashes import (
    LIMIT,
    changing_crashes,
    crashes_path,
    new_crash,
    plugin_commands,
    plugin_files,
)
from pegboard.startup.journal.place import is_own

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.errors import PegboardError
    from pegboard.index import Settings

_LONG_S = 10.0
"""An import that has lasted this long in another process is reported."""
_FIELDS = 6
_HOW = "the process ended while it was being imported"


class JournalEntry:
    """One file of a journal: which thread of which process imports which plugin."""

    def __init__(self, name: str, text: str, modified: float) -> None:
        """Read a file.

        Args:
            name: The name of the file.
            text: Its content.
            modified: When it was written, in seconds since the epoch.

        Raises:
            ValueError: If it is incomplete.
        """
        self.pid, self.thread, self.depth = (int(part) for part in name.split("-"))
        parts = text.split("\n")
        if len(parts) != _FIELDS:
            raise ValueError(text)
        self.module, self.name, origin, self.distribution, self.version, starting = parts
        self.origin: str = present(origin)
        self.was_starting: bool = starting.rstrip() == "1"  # what was overwritten was longer
        """Whether the plugins were being made ready; otherwise one was imported at its first use."""
        self.time: float = modified
        """When the import began, in seconds since the epoch."""

    @property
    def owner(self) -> str:
        """The distribution and its version, or an empty text."""
        return f"{self.distribution} {self.version}" if self.distribution else ""

    def who(self) -> str:
        """Return the plugin and its distribution, in words."""
        return f"plugin {self.name!r}" + (f" of {self.owner}" if self.distribution else "")


def check_journal(
    settings: Settings, report: Callable[[PegboardError], None]
) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Count and report a crash for each plugin during whose import a process died.

    Returns:
        What is left out in this start, for `Settings.left_out`: every plugin that is not built in, after two failed
        starts in a row; otherwise nothing.
    """
    journal = settings.journal
    if not journal or not is_own(journal):
        return ()
    dead = _remove_dead(journal, report)
    return _count_crashes(settings, report, dead) if dead else ()


def _remove_dead(journal: str, report: Callable[[PegboardError], None]) -> list[JournalEntry]:
    """Remove the entries of dead processes from the journal, and return them; report imports that hang."""
    try:
        names = sorted(os.listdir(journal))
    except OSError:
        return []
    dead = []
    for name in names:
        if name.partition("-")[0] == str(os.getpid()):  # closing our own file would drop the lock
            continue
        entry = _remove_if_dead(os.path.join(journal, name), name, report)
        if entry is not None:
            dead.append(entry)
    return dead


def _remove_if_dead(  # noqa: PLR0911 -- a return for each reason to leave the file
    path: str, name: str, report: Callable[[PegboardError], None]
) -> JournalEntry | None:
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        text = os.read(descriptor, 65536).decode("utf-8", "surrogateescape")
        entry: JournalEntry | None = None
        try:
            entry = JournalEntry(name, text, status.st_mtime)
        except ValueError:  # incomplete, or not written yet
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
            if not os.fstat(descriptor).st_nlink:  # another start has just removed it
                return None
            if entry is None and not is_old:  # its process has not written it yet
                return None
            os.unlink(path)
            return entry
    except OSError:
        return None
    finally:
        os.close(descriptor)
    try:  # Windows cannot remove a file that a process has open
        os.unlink(path)
    except OSError:
        return None
    return entry


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it belongs to another user
        pass
    return True


def _count_crashes(
    settings: Settings, report: Callable[[PegboardError], None], dead: list[JournalEntry]
) -> tuple[tuple[tuple[str, ...], str], ...]:
    innermost: dict[tuple[int, int], JournalEntry] = {}  # by process and thread
    for entry in dead:
        thread = entry.pid, entry.thread
        if entry.module and (thread not in innermost or innermost[thread].depth < entry.depth):
            innermost[thread] = entry
    failed_starts: dict[int, str] = {}
    for entry in dead:
        if entry.was_starting:
            blamed = innermost.get((entry.pid, entry.thread))
            plugin = blamed.who() if blamed else failed_starts.get(entry.pid, "no plugin was being imported")
            failed_starts[entry.pid] = plugin
    is_explained = False
    with changing_crashes(crashes_path(settings.journal)) as crashes:
        for entry in innermost.values():
            if _has_changed_since(entry):
                continue
            crash = new_crash(
                entry.name, entry.module, entry.origin, entry.distribution, entry.version, entry.time, _HOW
            )
            if crashes.add(crash) >= LIMIT:
                is_explained = True
            else:
                report(_warning(settings.prefix, entry, crash["when"]))
        if is_explained:
            crashes.forget_failed_starts()
        elif last := crashes.add_failed_starts([*failed_starts.values()]):
            report(SafeModeError(settings.application, last, plugin_commands(settings)))
            return (((), "left out by automatic safe mode, since two starts in a row died"),)
    return ()


def _has_changed_since(entry: JournalEntry) -> bool:
    """Return whether the plugin has changed since the process died: then it is not counted."""
    try:
        return any(os.stat(path).st_ctime > entry.time for path in plugin_files(entry.origin)) and os.name == "posix"
    except OSError:
        return bool(entry.origin)


def _warning(prefix: str, entry: JournalEntry, when: str) -> PluginCrashedError:
    cause = f"on {when} {_HOW}; it is tried once more"
    advice = f"update it, or leave it out with {prefix}_NO_PLUGINS={entry.name}"
    return PluginCrashedError(entry.name, entry.owner, cause, entry.origin or None, advice)
