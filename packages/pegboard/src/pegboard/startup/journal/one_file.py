"""How is the journal kept while one plugin after the other is imported?

In: imports of plugins, as `pegboard.importer.Journal` is told of them. Out: one file, which is overwritten for each
import and says nothing in between; to make, lock and remove a file for each takes longer than all the rest.
"""

from __future__ import annotations

import _thread
import os

from pegboard._typing import TYPE_CHECKING
from pegboard.importer import Journal

if TYPE_CHECKING:
    from pegboard.importer import Importer
    from pegboard.ledger import Plugin

    Entry = tuple[str, int, tuple[int, int]]


_ONE_AT_A_TIME = _thread.allocate_lock()


class OneFile(Journal):
    """Keeps, inside a `with` block, one file for the plugins that this thread imports and no other plugin does.

    Inside the block of another thread, which starts the application at the same time, it keeps none.
    """

    __slots__ = ("_importer", "_is_in_use", "_journal", "_kept", "_owner", "_size")

    def __init__(self, importer: Importer) -> None:
        """Keep the journal of *importer* for a while."""
        self._importer = importer
        self._is_in_use = False
        self._owner = os.getpid(), _thread.get_ident()
        self._kept: Entry | None = None
        self._size = 0  # of the longest text so far; it is not cut, which takes longer than to overwrite it

    def __enter__(self) -> None:
        with _ONE_AT_A_TIME:
            self._journal = self._importer.journal
            self._is_in_use = not isinstance(self._journal, OneFile)
            if self._is_in_use:
                self._importer.journal = self

    def __exit__(self, *_: object) -> None:
        if not self._is_in_use:
            return
        self._importer.journal = self._journal
        if self._kept is not None and self._owner[0] == os.getpid():
            self._journal.end(*self._kept)

    def begin(self, plugin: Plugin | None, depth: int) -> Entry | None:
        """Note that this thread begins to import *plugin*; see `Journal.begin`."""
        if depth != 1 or self._owner != (os.getpid(), _thread.get_ident()):
            return self._journal.begin(plugin, depth)
        if self._kept is not None and _is_open(*self._kept[1:]):
            text = self._journal.text(plugin)
            self._size = max(self._size, len(text))
            return self._kept if _overwrite(self._kept[1], text.ljust(self._size)) else None
        self._kept = self._journal.begin(plugin, depth)
        self._size = len(self._journal.text(plugin))
        return self._kept

    def end(self, path: str, descriptor: int, identity: tuple[int, int]) -> None:
        """Let the file say nothing, if it is the one that is kept: one field too many makes it incomplete."""
        if (path, descriptor, identity) == self._kept:
            if self._owner[0] != os.getpid():  # forked meanwhile: the file is the other process's
                return
            if _is_open(descriptor, identity) and _overwrite(descriptor, b"\n"):
                return
            self._kept = None
        self._journal.end(path, descriptor, identity)


def _overwrite(descriptor: int, text: bytes) -> bool:
    """Put *text* at the beginning of the file, and return whether that was possible."""
    try:
        if hasattr(os, "pwrite"):
            return os.pwrite(descriptor, text, 0) == len(text)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return os.write(descriptor, text) == len(text)
    except OSError:
        return False


def _is_open(descriptor: int, identity: tuple[int, int]) -> bool:
    """Return whether *descriptor* is still that of the file: a plugin may have closed it, as a daemon does."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == identity
