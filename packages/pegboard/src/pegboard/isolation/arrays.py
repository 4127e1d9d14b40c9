"""How do arrays travel: by type and shape, with the numbers in memory that both processes see?

In: NumPy arrays and scalars, memory views, `array.array`. Out: marked lists that say type, shape, and where the numbers
are, and arrays again. NumPy is imported only when the other end has sent an array, and any version of it will do.
"""

from __future__ import annotations

import array
import math
import re
import sys
from typing import TYPE_CHECKING, Any

from pegboard.isolation import wire
from pegboard.isolation.marks import marked

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Outgoing(Protocol):
        """A message that is being written; see `message`."""

        def refer(self, address: int, size: int) -> tuple[bool, int, int] | None: ...

        def copy_later(self, size: int, copy: Callable[[Any], None]) -> int: ...

    class Incoming(Protocol):
        """A message that is being read; see `message`."""

        def buffer(self, where: Any) -> tuple[Any, int, int]: ...


_TYPE = re.compile(r"[<>|=][biufcmMSUV?]\d{1,9}(\[\d{0,9}[a-zA-Z]{1,7}\])?", re.ASCII)
_KINDS = frozenset("biufcmMSUV")
_FORMATS = frozenset("cbB?hHiIlLqQnNfd")
_MOST_FIELDS_DEPTH = 20


class LacksNumPyError(Exception):
    """An array was sent to a process whose environment has no NumPy."""


# -- writing ----------------------------------------------------------------------------------------------------------


def write(value: Any, message: Outgoing) -> list[object] | None:
    """Return what to write instead of *value*; None if it is no array.

    Raises:
        ValueError: If it is one that cannot be sent.
    """
    numpy: Any = sys.modules.get("numpy")
    kind = type(value)
    if numpy is not None:
        if kind is numpy.ndarray:
            return marked(wire.NDARRAY, _written(value, message))
        if isinstance(value, numpy.generic):
            type_ = _type_of(value.dtype)
            return marked(wire.SCALAR, [type_, value.tobytes()])
        if isinstance(value, numpy.ndarray):
            raise ValueError(f"it is a {kind.__module__}.{kind.__qualname__}: pass `numpy.asarray` of it")
    if kind is memoryview:
        return marked(wire.MEMORYVIEW, _view(value, message))
    if kind is array.array:
        return marked(wire.ARRAY, [value.typecode, len(value), *_bytes(memoryview(value), message)])
    return None


def _written(value: Any, message: Outgoing) -> list[object]:
    """Return type, shape, strides, whether it can be written to, and where the bytes are."""
    type_, shape, is_writable = _type_of(value.dtype), list(value.shape), bool(value.flags.writeable)
    if value.ndim > wire.MOST_DIMENSIONS:
        raise ValueError(f"it has {value.ndim} dimensions, and may have {wire.MOST_DIMENSIONS}")
    if not value.nbytes:
        return [type_, shape, None, is_writable, b""]
    low, size = _extent(value)
    if size >= value.nbytes and (found := message.refer(low, size)):
        is_foreign, number, offset = found
        offset += value.__array_interface__["data"][0] - low
        return [type_, shape, list(value.strides), is_writable, is_foreign, number, offset]
    order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
    strides = None if order == "C" else list(value.strides)
    if value.nbytes < wire.INLINE_BYTES:
        return [type_, shape, strides, is_writable, value.tobytes(order)]
    offset = message.copy_later(value.nbytes, lambda buffer: _copy_array(value, buffer, order))
    return [type_, shape, strides, is_writable, False, 0, offset]


def _copy_array(value: Any, buffer: Any, order: str) -> None:
    numpy: Any = sys.modules["numpy"]
    numpy.copyto(numpy.ndarray(value.shape, value.dtype, buffer, order=order), value, casting="no")


def _extent(value: Any) -> tuple[int, int]:
    """Return the lowest address of the numbers of *value*, which has some, and how many bytes they span."""
    first = value.__array_interface__["data"][0]
    steps = [(count - 1) * stride for count, stride in zip(value.shape, value.strides, strict=True)]
    low = sum(step for step in steps if step < 0)
    high = sum(step for step in steps if step > 0) + value.itemsize
    return first + low, high - low


def _type_of(dtype: Any) -> object:
    """Return *dtype* as text, or as a list if it has fields.

    Raises:
        ValueError: If it holds objects, or is not one of NumPy's own.
    """
    if dtype.hasobject:
        raise ValueError(f"it is an array of {dtype}, which holds Python objects")
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return ["array", _type_of(base), list(shape)]
    if dtype.names is not None:
        fields = [[name, _type_of(dtype.fields[name][0]), dtype.fields[name][1]] for name in dtype.names]
        return ["fields", fields, dtype.itemsize, bool(dtype.isalignedstruct)]
    if dtype.kind not in _KINDS or (dtype.kind == "V" and dtype.type.__name__ != "void"):
        raise ValueError(f"it is an array of {dtype}, which is no type of every NumPy")
    return str(dtype.str)


def _view(value: memoryview, message: Outgoing) -> list[object]:
    if value.format.removeprefix("@") not in _FORMATS:
        raise ValueError(f"its items have the format {value.format!r}: cast it to one of a single letter")
    return [value.format, list(value.shape or ()), not value.readonly, *_bytes(value, message)]


def _bytes(value: memoryview, message: Outgoing) -> list[object]:
    """Return where the bytes of *value* are."""
    if value.nbytes and value.c_contiguous:
        flat = value.cast("B")
        if not value.readonly:
            from ctypes import addressof, c_char

            address = addressof(c_char.from_buffer(flat))
            if found := message.refer(address, value.nbytes):
                return [*found]
        if value.nbytes >= wire.INLINE_BYTES:
            return [False, 0, message.copy_later(value.nbytes, lambda buffer: _copy_bytes(flat, buffer))]
    return [value.tobytes()]


def _copy_bytes(value: memoryview, buffer: Any) -> None:
    memoryview(buffer).cast("B")[: value.nbytes] = value


# -- reading ----------------------------------------------------------------------------------------------------------


def read_ndarray(message: Incoming, type_: object, shape: object, strides: object, *place: Any) -> Any:
    """Return the array that a marked list describes; a memory view if it is simple and there is no NumPy.

    Raises:
        ValueError: If it describes none, or one that is larger than the memory that it names.
        LacksNumPyError: If there is no NumPy.
    """
    is_writable, *where = place
    numpy = _numpy()
    dtype = _read_type(numpy, type_, 0)
    counts = _numbers(shape)
    size = math.prod(counts) * dtype.itemsize
    buffer, offset, most = message.buffer(where)
    if size > most:  # so that strides cannot make a huge array of a small block
        raise ValueError("an array is larger than its memory")
    steps = None if strides is None else _numbers(strides, least=-most)
    array_ = numpy.ndarray(counts, dtype, buffer if size else b"", offset if size else 0, steps if size else None)
    if is_writable is not True or not size:
        array_ = array_ if size else numpy.empty(counts, dtype)
        array_.flags.writeable = is_writable is True
    return array_


def read_scalar(message: Incoming, type_: object, data: object) -> Any:
    """Return the NumPy scalar that a marked list describes."""
    del message
    numpy = _numpy()
    dtype = _read_type(numpy, type_, 0)
    if type(data) is not bytes or len(data) != dtype.itemsize:
        raise ValueError("a scalar has another size than its type")
    return numpy.ndarray((), dtype, bytearray(data))[()] if data else dtype.type()


def read_memoryview(message: Incoming, format_: object, shape: object, is_writable: object, *where: Any) -> memoryview:
    """Return the view that a marked list describes."""
    if type(format_) is not str or format_.removeprefix("@") not in _FORMATS:
        raise ValueError("a view has an unknown format")
    counts = _numbers(shape)
    view = _flat(message, math.prod(counts) * array_item_size(format_), where)
    if format_ != "B" or len(counts) != 1:
        view = view.cast(format_, counts) if math.prod(counts) else view.cast(format_)  # type: ignore[call-overload]
    return view if is_writable is True else view.toreadonly()


def read_array(message: Incoming, typecode: object, count: object, *where: Any) -> array.array[Any]:
    """Return the `array.array` that a marked list describes: a copy."""
    if type(typecode) is not str or typecode not in array.typecodes or type(count) is not int or count < 0:
        raise ValueError("an array has an unknown type")
    result: array.array[Any] = array.array(typecode)
    result.frombytes(_flat(message, count * result.itemsize, where))
    return result


def array_item_size(format_: str) -> int:
    """Return how many bytes an item of a view has."""
    return 1 if format_ in "cbB?" else memoryview(b"").cast(format_).itemsize  # type: ignore[call-overload]


def _flat(message: Incoming, size: int, where: Any) -> memoryview:
    buffer, offset, most = message.buffer(where)
    if offset + size > most:
        raise ValueError("a view is larger than its memory")
    return memoryview(buffer).cast("B")[offset : offset + size]


def _numpy() -> Any:
    import importlib

    try:
        return importlib.import_module("numpy")
    except ImportError as error:
        raise LacksNumPyError(f"an array was sent here, and NumPy cannot be imported: {error}") from error


def _read_type(numpy: Any, type_: Any, depth: int) -> Any:
    if type(type_) is str and _TYPE.fullmatch(type_):
        return numpy.dtype(type_)
    if type(type_) is not list or depth > _MOST_FIELDS_DEPTH:
        raise ValueError("an array has an unknown type")
    if type_[0] == "array":
        _, base, shape = type_
        return numpy.dtype((_read_type(numpy, base, depth + 1), _numbers(shape)))
    _, fields, size, is_aligned = type_
    return numpy.dtype(
        {
            "names": [name for name, _, _ in fields],
            "formats": [_read_type(numpy, each, depth + 1) for _, each, _ in fields],
            "offsets": [offset for _, _, offset in fields],
            "itemsize": size,
        },
        align=is_aligned is True,
    )


def _numbers(values: Any, *, least: int = 0) -> tuple[int, ...]:
    if type(values) is not list or len(values) > wire.MOST_DIMENSIONS:
        raise ValueError("an array has an unknown shape")
    for value in values:
        if type(value) is not int or value < least or value > wire.MOST_BLOCK_BYTES:
            raise ValueError("an array has an unknown shape")
    return tuple(values)
