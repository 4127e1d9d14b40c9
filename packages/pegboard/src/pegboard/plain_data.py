"""Plain data: what metadata may be, as it comes back from a record."""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


def plain(value: Any) -> Any:
    """Return plain data as it comes back from a record: with lists for tuples, no types of one's own, and copied.

    Raises:
        TypeError: If it is not plain.
        ValueError: If it could not be written down.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(int.__repr__(value))  # a number of too many digits for Python is no number for JSON
    if isinstance(value, str):
        value.encode()  # half a surrogate pair is no text
        return str.__str__(value)
    if isinstance(value, float) and value - value == 0:  # neither infinite nor no number
        return float(value)
    if isinstance(value, list | tuple):
        return list(map(plain, value))
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return dict(zip(map(plain, value), map(plain, value.values()), strict=True))
    raise TypeError(type(value).__name__)
