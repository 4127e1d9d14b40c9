"""How often has each plugin crashed, that is, ended the process while it was imported?

In: crashes, and the path of a file; an application has one in each cache folder. Out: the number of crashes of a plugin
in one state: with another version or other files, the count begins again. If the file cannot be read or written,
crashes are forgotten; the start goes on.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import contextmanager

from pegboard._typing import TYPE_CHECKING
from pegboard.atomic_file import replace_file
from pegboard.frozen import holder, is_virtual, lasting
from pegboard.index import digest
from pegboard.regular_file import read_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import Final, TypedDict

    from pegboard.index import Settings
    from pegboard.ledger import Plugin
else:
    TypedDict = dict  # which it is; `typing` is slow to import

LIMIT: Final = 2
"""A plugin is quarantined after this many crashes: one may be due to a loss of power."""


class Crash(TypedDict):
    """The last crash of a plugin, and how often it has crashed; `plugins release --json` prints most fields."""

    name: str
    module: str
    origin: str
    distribution: str
    version: str
    fingerprint: str
    strikes: int
    """The number of crashes in this state."""
    when: str
    how: str


def new_crash(  # noqa: PLR0917 -- the fields of a crash
    name: str, module: str, origin: str, distribution: str, version: str, time_s: float, how: str
) -> Crash:
    """Return a crash at *time_s*, in seconds since the epoch."""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(time_s))
    return Crash(
        name=name,
        module=module,
        origin=origin,
        distribution=distribution,
        version=version,
        fingerprint=fingerprint(origin),
        strikes=1,
        when=when,
        how=how,
    )


def plugin_commands(settings: Settings) -> str:
    """Return what users type for the `plugins` commands; empty if the application has none."""
    commands = settings.commands
    return commands() if callable(commands) else commands


def crashes_path(journal: str) -> str:
    """Return the path of the file of crashes that belongs to the journal in the folder *journal*."""
    return journal.removesuffix(".journal") + ".incidents"


def plugin_files(origin: str) -> list[str]:
    """Return the files of the plugin at *origin*: one, or all in its package; or the executable that it is in."""
    if is_virtual(origin):
        return [holder(origin)]
    if os.path.splitext(os.path.basename(origin))[0] != "__init__":
        return [origin]
    found = []
    for folder, folders, names in os.walk(os.path.dirname(origin)):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        found += [os.path.join(folder, name) for name in sorted(names) if not name.endswith(".pyc")]
    return found


def fingerprint(origin: str) -> str:
    """Return a hash of the files of the plugin at *origin*: their stamps change when somebody just touches them."""
    hashes = []
    for path in plugin_files(origin):
        try:
            content = digest(read_file(path))
        except (OSError, ValueError):
            content = ""
        hashes.append(f"{lasting(path)}\n{content}")
    return str(digest("\n".join(hashes).encode("utf-8", "surrogateescape")))


def is_current(crash: Crash, plugin: Plugin) -> bool:
    """Return whether *plugin* is still in the state in which it crashed."""
    version = plugin.distribution.version if plugin.distribution else ""
    return crash["version"] == version and crash["fingerprint"] == fingerprint(plugin.origin or "")


class Crashes:
    """The last crash of each plugin, and the starts in a row that have failed."""

    def __init__(self, path: str) -> None:
        """Read the file *path*; start with no crashes if it is missing, damaged or owned by another user."""
        self.path: str = path
        self._by_plugin: dict[str, Crash] = {}
        self._failed_starts: list[str] = []  # the plugin that was imported when each of them died, in words
        try:
            if os.name == "posix" and os.stat(path).st_uid not in (os.geteuid(), 0):
                return
            data = json.loads(read_file(path))
            crashes: dict[str, Crash] = {key: crash for key, crash in data["cases"].items() if _is_valid(crash)}
            self._failed_starts = [str(text) for text in data["failed_starts"]]
            self._by_plugin = crashes
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return

    def save(self) -> None:
        """Replace the file, which the owner alone can read; nothing happens if that is not possible."""
        try:
            if self._by_plugin or self._failed_starts:
                data = {"cases": self._by_plugin, "failed_starts": self._failed_starts}
                replace_file(self.path, json.dumps(data, indent=1).encode())
            else:
                os.unlink(self.path)
        except OSError:
            return

    @property
    def names(self) -> set[str]:
        """The names of the plugins that have crashed."""
        return {crash["name"] for crash in self._by_plugin.values()}

    @property
    def has_failed_starts(self) -> bool:
        """Whether the last start failed."""
        return bool(self._failed_starts)

    def of(self, plugin: Plugin) -> Crash | None:
        """Return the last crash of *plugin* in any state; None when it has not crashed."""
        return self._by_plugin.get(_key(plugin.module, plugin.origin or ""))

    def add(self, crash: Crash) -> int:
        """Add *crash*, and return how often the plugin has crashed in this state."""
        key = _key(crash["module"], crash["origin"])
        last = self._by_plugin.get(key)
        if last and (last["version"], last["fingerprint"]) == (crash["version"], crash["fingerprint"]):
            crash["strikes"] += last["strikes"]
        self._by_plugin[key] = crash
        return crash["strikes"]

    def add_failed_starts(self, starts: Sequence[str]) -> tuple[str, ...]:
        """Add failed *starts*; once there are `LIMIT` in a row, return the last ones and forget all but one.

        Args:
            starts: For each start the plugin that was imported when it died, in words.
        """
        self._failed_starts += starts
        if len(self._failed_starts) < LIMIT:
            return ()
        last = tuple(dict.fromkeys(self._failed_starts[-LIMIT:]))
        self._failed_starts = self._failed_starts[-1:]
        return last

    def forget(self, plugin: Plugin) -> None:
        """Remove the crash of *plugin*."""
        self._by_plugin.pop(_key(plugin.module, plugin.origin or ""), None)

    def forget_failed_starts(self) -> None:
        """Remove all failed starts."""
        self._failed_starts = []

    def release(self, names: Collection[str]) -> list[Crash]:
        """Remove the crashes of the plugins *names*, and all failed starts; return the former."""
        released = [crash for crash in self._by_plugin.values() if crash["name"] in names]
        self._by_plugin = {key: crash for key, crash in self._by_plugin.items() if crash not in released}
        self.forget_failed_starts()
        return released


@contextmanager
def changing_crashes(path: str) -> Iterator[Crashes]:
    """Lock and read the file *path*, yield its crashes to be changed, and save them."""
    lock = -1
    try:  # without `filelock`, which may not be installed: a start has no dependency
        lock = os.open(path + ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        if hasattr(os, "lockf"):
            os.lockf(lock, os.F_LOCK, 0)
    except OSError:
        pass
    try:
        crashes = Crashes(path)
        yield crashes
        crashes.save()
    finally:
        if lock >= 0:
            os.close(lock)


def _key(module: str, origin: str) -> str:
    return f"{module}|{lasting(origin)}|{sys.implementation.cache_tag}"


def _is_valid(crash: dict[str, object]) -> bool:
    fields = Crash.__annotations__
    return crash.keys() == fields.keys() and all(
        isinstance(crash[field], int if field == "strikes" else str) for field in fields
    )
