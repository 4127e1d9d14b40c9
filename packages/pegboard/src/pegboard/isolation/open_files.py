"""How does an open file travel: as its descriptor, and a word on how it is to be opened?"""

from __future__ import annotations

import io
import os
from typing import Any

_MODES = frozenset({"rb", "wb", "ab", "r+b", "rb+", "xb"})


def written(value: object) -> tuple[int, list[object]] | None:
    """Return a copy of the descriptor of an open file, and mode, encoding, errors and newlines; None if it is no file.

    Raises:
        ValueError: If it is closed, or has no descriptor.
    """
    if not isinstance(value, io.IOBase):
        return None
    kind = type(value)
    text: list[object] = []
    raw: Any = value
    if isinstance(value, io.TextIOWrapper):
        if value.writable():
            value.flush()
        raw, text = value.buffer, [value.encoding, value.errors]
    if type(raw) not in (io.FileIO, io.BufferedReader, io.BufferedWriter, io.BufferedRandom):
        raise ValueError(f"it is a {kind.__module__}.{kind.__qualname__}, which has no descriptor: pass its content")
    if raw.closed:
        raise ValueError("it is a closed file")
    if raw.writable():
        raw.flush()
    if value.seekable():  # what has been read ahead is not read yet
        os.lseek(raw.fileno(), _position(value), os.SEEK_SET)
    mode = "rb+" if raw.readable() and raw.writable() else "rb" if raw.readable() else "wb"
    return os.dup(raw.fileno()), [mode, 0 if type(raw) is io.FileIO else -1, *text]


def _position(value: Any) -> int:
    if isinstance(value, io.TextIOWrapper):
        cookie = value.tell()
        value.seek(cookie)  # throws away what was decoded ahead
        return int(value.buffer.tell())
    return int(value.tell())


def read(descriptor: int, mode: object, buffering: object, encoding: object = None, errors: object = None) -> Any:
    """Return the file with that descriptor, which is closed if it cannot be opened.

    Raises:
        ValueError: If it is described wrongly.
        OSError: If it cannot be opened so.
    """
    try:
        return _opened(descriptor, mode, buffering, encoding, errors)
    except BaseException:
        try:
            os.close(descriptor)
        except OSError:  # `fdopen` has closed it
            pass
        raise


def _opened(descriptor: int, mode: Any, buffering: Any, encoding: Any, errors: Any) -> Any:
    if mode not in _MODES or buffering not in (0, -1):
        raise ValueError(f"a file has the mode {mode!r}")
    if encoding is None:
        return os.fdopen(descriptor, mode, buffering=buffering)
    if type(encoding) is not str or type(errors) is not str:
        raise ValueError(f"a file has the encoding {encoding!r}")
    return os.fdopen(descriptor, mode.replace("b", ""), encoding=encoding, errors=errors)
