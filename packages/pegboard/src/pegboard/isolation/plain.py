"""Which types of the standard library are plain data, and what are they written as?

In: values. Out: marked lists of what MessagePack knows, and values again. A list that is read has been written by
somebody else: a reader gets its items and raises `ValueError` or `TypeError` if they are not what they have to be.
`standard_types` has those types whose modules a process that has no such value is spared.
"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

from pegboard.isolation import wire
from pegboard.isolation.marks import marked

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMES = ("hour", "minute", "second", "microsecond", "tzinfo", "fold")
_DATES = ("year", "month", "day")


def _attributes(names: tuple[str, ...], value: object) -> list[object]:
    return [getattr(value, name) for name in names]


def _digits(value: int) -> list[object]:
    size = value.bit_length() // 8 + 1
    if size > wire.MOST_DIGITS_BYTES:
        raise ValueError(f"an integer of {size} bytes is too large")
    return marked(wire.INT, [value.to_bytes(size, "little", signed=True)])


def _offset(value: dt.timezone) -> list[object]:
    offset, name = value.utcoffset(None), value.tzname(None)
    is_named = name != dt.timezone(offset).tzname(None)
    return marked(wire.TIMEZONE, [offset, name if is_named else None])


WRITERS: dict[type, Callable[[Any], list[object] | None]] = {
    tuple: partial(marked, wire.TUPLE),
    set: partial(marked, wire.SET),
    frozenset: partial(marked, wire.FROZENSET),
    int: _digits,
    complex: lambda value: marked(wire.COMPLEX, [value.real, value.imag]),
    bytearray: lambda value: marked(wire.BYTEARRAY, [bytes(value)]),
    dt.date: lambda value: marked(wire.DATE, _attributes(_DATES, value)),
    dt.time: lambda value: marked(wire.TIME, _attributes(_TIMES, value)),
    dt.datetime: lambda value: marked(wire.DATETIME, _attributes((*_DATES, *_TIMES), value)),
    dt.timedelta: lambda value: marked(wire.TIMEDELTA, [value.days, value.seconds, value.microseconds]),
    dt.timezone: _offset,
    range: lambda value: marked(wire.RANGE, [value.start, value.stop, value.step]),
    slice: lambda value: marked(wire.SLICE, [value.start, value.stop, value.step]),
    type(...): lambda _: marked(wire.ELLIPSIS, []),
}
"""Returns what to write instead of a value of exactly that type; None if this one cannot be written. See `writer`."""
_IMPORTED_LATER = frozenset({"decimal", "fractions", "pathlib", "uuid", "zoneinfo"})


def writer(kind: type) -> Callable[[Any], list[object] | None] | None:
    """Return what writes values of exactly that type; None if it is not plain data."""
    known = WRITERS.get(kind)
    if known is None and str(kind.__module__).partition(".")[0] in _IMPORTED_LATER:
        from pegboard.isolation import standard_types

        WRITERS.update(standard_types.WRITERS)
        known = WRITERS.get(kind)
    return known


def _read_digits(data: bytes) -> int:
    if len(data) > wire.MOST_DIGITS_BYTES:
        raise ValueError("an integer is too large")
    return int.from_bytes(_checked(bytes, data), "little", signed=True)


def _moment(kind: Callable[..., Any], *items: Any) -> Any:
    *numbers, zone, fold = items
    return kind(*numbers, tzinfo=zone, fold=fold)


def _read_offset(offset: dt.timedelta, name: str | None) -> dt.timezone:
    return dt.timezone(offset) if name is None else dt.timezone(offset, name)


def _checked(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{type(value).__name__} instead of {kind.__name__}")
    return value


READERS: dict[int, Callable[..., Any]] = {
    wire.TUPLE: lambda *items: items,
    wire.SET: lambda *items: set(items),
    wire.FROZENSET: lambda *items: frozenset(items),
    wire.INT: _read_digits,
    wire.COMPLEX: lambda real, imag: complex(_checked(float, real), _checked(float, imag)),
    wire.BYTEARRAY: lambda data: bytearray(_checked(bytes, data)),
    wire.DATE: dt.date,
    wire.TIME: partial(_moment, dt.time),
    wire.DATETIME: partial(_moment, dt.datetime),
    wire.TIMEDELTA: dt.timedelta,
    wire.TIMEZONE: _read_offset,
    wire.RANGE: range,
    wire.SLICE: slice,
    wire.ELLIPSIS: lambda: ...,
}
"""Returns the value, given the items after the mark. See `reader`."""
_READ_LATER = frozenset(
    {wire.DECIMAL, wire.FRACTION, wire.ZONE, wire.PATH, wire.PURE_POSIX_PATH, wire.PURE_WINDOWS_PATH, wire.UUID}
)


def reader(code: int) -> Callable[..., Any] | None:
    """Return what makes the value of a mark; None if it is not plain data."""
    known = READERS.get(code)
    if known is None and code in _READ_LATER:
        from pegboard.isolation import standard_types

        READERS.update(standard_types.READERS)
        known = READERS.get(code)
    return known
