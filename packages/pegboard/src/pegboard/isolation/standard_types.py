"""The types of `decimal`, `fractions`, `pathlib`, `uuid` and `zoneinfo`: what are they written as?

In and out: as in `plain`, which imports this module when the first value of such a type is written or read: together
the modules take a good part of the start of a plugin's process.
"""

from __future__ import annotations

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


def _zone(value: zoneinfo.ZoneInfo) -> list[object] | None:
    return marked(wire.ZONE, [value.key]) if value.key else None


WRITERS: dict[type, Callable[[Any], list[object] | None]] = {
    decimal.Decimal: lambda value: marked(wire.DECIMAL, [str(value)]),
    fractions.Fraction: lambda value: marked(wire.FRACTION, [value.numerator, value.denominator]),
    zoneinfo.ZoneInfo: _zone,
    type(pathlib.Path()): lambda value: marked(wire.PATH, [str(value)]),
    pathlib.PurePosixPath: lambda value: marked(wire.PURE_POSIX_PATH, [str(value)]),
    pathlib.PureWindowsPath: lambda value: marked(wire.PURE_WINDOWS_PATH, [str(value)]),
    uuid.UUID: lambda value: marked(wire.UUID, [value.bytes]),
}
"""As `plain.WRITERS`."""


def _fraction(numerator: int, denominator: int) -> fractions.Fraction:
    return fractions.Fraction(_checked(int, numerator), _checked(int, denominator))


def _text(kind: Callable[[str], Any], text: object) -> Any:
    return kind(_checked(str, text))


def _checked(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{type(value).__name__} instead of {kind.__name__}")
    return value


READERS: dict[int, Callable[..., Any]] = {
    wire.DECIMAL: partial(_text, decimal.Decimal),
    wire.FRACTION: _fraction,
    wire.ZONE: partial(_text, zoneinfo.ZoneInfo),
    wire.PATH: partial(_text, pathlib.Path),
    wire.PURE_POSIX_PATH: partial(_text, pathlib.PurePosixPath),
    wire.PURE_WINDOWS_PATH: partial(_text, pathlib.PureWindowsPath),
    wire.UUID: lambda data: uuid.UUID(bytes=_checked(bytes, data)),
}
"""As `plain.READERS`."""
