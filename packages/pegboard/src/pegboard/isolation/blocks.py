"""Which memory do two processes share, and when can it be used again?"""

from __future__ import annotations

from typing import Any


def shared_array(shape: int | tuple[int, ...], dtype: object = float) -> Any:
    """Return a NumPy array of zeros whose memory can be shared with plugins in other processes.

    Args:
        shape: As for `numpy.zeros`.
        dtype: As for `numpy.zeros`; no type that holds objects.

    Returns:
        An array, which plugins in other processes read and write in place when it is passed to them.

    Raises:
        TypeError: If *dtype* holds Python objects.
    """
    import importlib

    return importlib.import_module("numpy").zeros(shape, dtype)


def shared_buffer(size: int) -> memoryview:
    """Return *size* zero bytes of memory that can be shared with plugins in other processes.

    Args:
        size: In bytes; at least 1.

    Returns:
        A writable view, which plugins in other processes read and write in place when it is passed to them.
    """
    return memoryview(bytearray(size))
