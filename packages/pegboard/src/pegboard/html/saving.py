"""Saves a page to a file, if what is there already is a page of the same kind.

In: a path and a page that `document` has made. Out: the file, or in words why there is none.
"""

from __future__ import annotations

import os
import stat

from pegboard.atomic_file import replace_file

_HEAD = 4096
"""Bytes in which a page says who made it."""


def save(path: str, page: str, generator: str, *, is_forced: bool = False) -> str | None:
    """Put *page* into the file *path*, whole or not at all.

    Args:
        path: The file; a link stays one.
        page: What `document` has made, with that generator.
        generator: An existing file is replaced only if the same one has made it.
        is_forced: Replace whatever file it is.

    Returns:
        Why it could not be done, in words and with what to do; None when it was.
    """
    path = os.path.realpath(path)
    problem = _in_the_way(path, generator, is_forced=is_forced)
    if problem is not None:
        return f"{path} cannot be written: {problem}"
    try:
        replace_file(path, as_bytes(page), mode=0o666)
    except OSError as error:
        return f"{path} cannot be written: {error.strerror or error}"
    return None


def as_bytes(page: str) -> bytes:
    """Return *page* as UTF-8, also with what UTF-8 cannot hold: half a character from an odd file name."""
    return page.encode("utf-8", "xmlcharrefreplace")


def _in_the_way(path: str, generator: str, *, is_forced: bool) -> str | None:
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            return "it is a folder\n  hint: name a file in it"
        if not stat.S_ISREG(mode):  # /dev/null must not be replaced, nor a pipe
            return "it is not a file\n  hint: '-' writes to standard output"
        with open(path, "rb") as stream:
            head = stream.read(_HEAD)
    except FileNotFoundError:
        folder = os.path.dirname(path)
        return None if os.path.isdir(folder) else f"there is no folder {folder}\n  hint: make it first"
    except OSError as error:
        return error.strerror or str(error)
    if is_forced or not head or f'content="{generator}"'.encode() in head:
        return None
    return "it is there already, and is no such page\n  hint: name another file, or replace it with --force"
