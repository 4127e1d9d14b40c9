"""Strikes: how often each plugin took the process down, kept in one file for an application and its cache folder.

Two strikes are a quarantine. They count for one state of a plugin: another version, or another stamp of its files,
begins anew. What cannot be read or written costs the memory, and never a start.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager

from pegboard._typing import TYPE_CHECKING
from pegboard.atomic_file import replace_file
from pegboard.index import digest, path_stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pegboard.ledger import Plugin

LIMIT = 2
"""So many strikes are a quarantine; power loss during an import is one."""
JOURNAL_ENDING = ".journal"


def path_beside(journal: str) -> str:
    """Return where the strikes are that belong to the journal in the folder *journal*."""
    return journal.removesuffix(JOURNAL_ENDING) + ".incidents"


def files_of(origin: str) -> list[str]:
    """Return the files whose stamps are the state of the plugin at *origin*: its own, and all of its package."""
    if os.path.splitext(os.path.basename(origin))[0] != "__init__":
        return [origin]
    found = []
    for folder, folders, names in os.walk(os.path.dirname(origin)):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        found += [os.path.join(folder, name) for name in sorted(names) if not name.endswith(".pyc")]
    return found


def fingerprint(origin: str) -> str:
    """Return what differs as soon as one of the plugin's files is another."""
    text = "\n".join(f"{path}\n{path_stamp(path, of_file=True)}" for path in files_of(origin))
    return str(digest(text.encode("utf-8", "surrogateescape")))


class Strikes:
    """The strikes of all plugins, and the starts in a row that failed."""

    def __init__(self, path: str) -> None:
        """Read the file *path*; one that is missing, damaged or somebody else's counts as none."""
        self.path: str = path
        self.cases: dict[str, dict[str, Any]] = {}
        """What is known of a plugin: name, module, origin, distribution, version, fingerprint, strikes, when, how."""
        self.failed_starts: list[str] = []
        """What was being imported when each of the last starts died, in words, since one succeeded."""
        try:
            with open(path, encoding="utf-8") as stream:
                if os.name == "posix" and os.fstat(stream.fileno()).st_uid not in (os.geteuid(), 0):
                    return
                data = json.load(stream)
            cases = {key: dict(case) for key, case in data["cases"].items() if _is_sound(case)}
            self.failed_starts = [str(text) for text in data["failed_starts"]]
            self.cases = cases
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return

    def save(self) -> bool:
        """Put them in the place of the file, in one step, for the owner alone; return whether that could be done."""
        try:
            if not self.cases and not self.failed_starts:
                os.unlink(self.path)
                return True
            data = {"cases": self.cases, "failed_starts": self.failed_starts}
            replace_file(self.path, json.dumps(data, indent=1).encode())
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def strike(self, case: dict[str, Any]) -> int:
        """Count one more strike for the plugin that *case* describes, and return how many it has in this state."""
        key = _key(case["module"], case["origin"])
        known = self.cases.get(key)
        same = known is not None and all(known[field] == case[field] for field in ("version", "fingerprint"))
        case["strikes"] = (known["strikes"] if known is not None and same else 0) + 1
        self.cases[key] = case
        return int(case["strikes"])

    def of(self, plugin: Plugin) -> dict[str, Any] | None:
        """Return what is known of *plugin*, in whatever state it was; None when it has no strikes."""
        return self.cases.get(_key(plugin.module, plugin.origin or ""))

    def holds(self, case: dict[str, Any], plugin: Plugin) -> bool:
        """Return whether *case* is about *plugin* as it is now."""
        version = plugin.distribution.version if plugin.distribution else ""
        return bool(case["version"] == version and case["fingerprint"] == fingerprint(plugin.origin or ""))

    def forget(self, plugin: Plugin) -> None:
        """Drop what is known of *plugin*."""
        self.cases.pop(_key(plugin.module, plugin.origin or ""), None)


@contextmanager
def changing(path: str) -> Iterator[Strikes]:
    """Give the strikes in the file *path* to be changed, to one process at a time, and save them afterwards."""
    lock = -1
    try:  # by hand: a start has no dependency, so that `filelock` may not be there
        lock = os.open(path + ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        if hasattr(os, "lockf"):
            os.lockf(lock, os.F_LOCK, 0)
    except OSError:
        pass
    try:
        strikes = Strikes(path)
        yield strikes
        strikes.save()
    finally:
        if lock >= 0:
            os.close(lock)


def _key(module: str, origin: str) -> str:
    return f"{module}|{origin}|{sys.implementation.cache_tag}"


def _is_sound(case: Any) -> bool:
    texts = ("name", "module", "origin", "distribution", "version", "fingerprint", "when", "how")
    return isinstance(case["strikes"], int) and all(isinstance(case[field], str) for field in texts)
