"""Which types of the standard library are plain data, and what are they written as?

In: values. Out: marked lists of what MessagePack knows, and values again. A list that is read has been written by
somebody else: a reader gets its items and raises `ValueError` or `TypeError` if they are not what they have to be.
"""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import pathlib
import uuid
import zoneinfo
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


def _zone(value: zoneinfo.ZoneInfo) -> list[object] | None:
    return marked(wire.ZONE, [value.key]) if value.key else None


WRITERS: dict[type, Callable[[Any], list[object] | None]] = {
    tuple: partial(marked, wire.TUPLE),
    set: partial(marked, wire.SET),
    frozenset: partial(marked, wire.FROZENSET),
    int: _digits,
    complex: lambda value: marked(wire.COMPLEX, [value.real, value.imag]),
    decimal.Decimal: lambda value: marked(wire.DECIMAL, [str(value)]),
    fractions.Fraction: lambda value: marked(wire.FRACTION, [value.numerator, value.denominator]),
    bytearray: lambda value: marked(wire.BYTEARRAY, [bytes(value)]),
    dt.date: lambda value: marked(wire.DATE, _attributes(_DATES, value)),
    dt.time: lambda value: marked(wire.TIME, _attributes(_TIMES, value)),
    dt.datetime: lambda value: marked(wire.DATETIME, _attributes((*_DATES, *_TIMES), value)),
    dt.timedelta: lambda value: marked(wire.TIMEDELTA, [value.days, value.seconds, value.microseconds]),
    dt.timezone: _offset,
    zoneinfo.ZoneInfo: _zone,
    type(pathlib.Path()): lambda value: marked(wire.PATH, [str(value)]),
    pathlib.PurePosixPath: lambda value: marked(wire.PURE_POSIX_PATH, [str(value)]),
    pathlib.PureWindowsPath: lambda value: marked(wire.PURE_WINDOWS_PATH, [str(value)]),
    uuid.UUID: lambda value: marked(wire.UUID, [value.bytes]),
    range: lambda value: marked(wire.RANGE, [value.start, value.stop, value.step]),
    slice: lambda value: marked(wire.SLICE, [value.start, value.stop, value.step]),
    type(...): lambda _: marked(wire.ELLIPSIS, []),
}
"""Returns what to write instead of a value of exactly that type; None if this one cannot be written."""


def _fraction(numerator: int, denominator: int) -> fractions.Fraction:
    return fractions.Fraction(_checked(int, numerator), _checked(int, denominator))


def _read_digits(data: bytes) -> int:
    if len(data) > wire.MOST_DIGITS_BYTES:
        raise ValueError("an integer is too large")
    return int.from_bytes(_checked(bytes, data), "little", signed=True)


def _moment(kind: Callable[..., Any], *items: Any) -> Any:
    *numbers, zone, fold = items
    return kind(*numbers, tzinfo=zone, fold=fold)


def _read_offset(offset: dt.timedelta, name: str | None) -> dt.timezone:
    return dt.timezone(offset) if name is None else dt.timezone(offset, name)


def _text(kind: Callable[[str], Any], text: object) -> Any:
    return kind(_checked(str, text))


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
    wire.DECIMAL: partial(_text, decimal.Decimal),
    wire.FRACTION: _fraction,
    wire.BYTEARRAY: lambda data: bytearray(_checked(bytes, data)),
    wire.DATE: dt.date,
    wire.TIME: partial(_moment, dt.time),
    wire.DATETIME: partial(_moment, dt.datetime),
    wire.TIMEDELTA: dt.timedelta,
    wire.TIMEZONE: _read_offset,
    wire.ZONE: partial(_text, zoneinfo.ZoneInfo),
    wire.PATH: partial(_text, pathlib.Path),
    wire.PURE_POSIX_PATH: partial(_text, pathlib.PurePosixPath),
    wire.PURE_WINDOWS_PATH: partial(_text, pathlib.PureWindowsPath),
    wire.UUID: lambda data: uuid.UUID(bytes=data),
    wire.RANGE: range,
    wire.SLICE: slice,
    wire.ELLIPSIS: lambda: ...,
}
"""Returns the value, given the items after the mark."""
