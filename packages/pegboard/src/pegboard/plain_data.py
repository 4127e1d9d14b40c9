"""Is a value plain data, which metadata must be, and how does it come back from a record?"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


def plain(value: Any) -> Any:
    """Return *value* as it comes back from a record: a copy with lists for tuples, and only built-in types.

    Raises:
        TypeError: If it is not plain data.
        ValueError: If it cannot be written as JSON.
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
