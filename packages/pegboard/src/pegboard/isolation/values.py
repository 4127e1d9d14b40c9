"""How is a value written as bytes, and read again with the very same types?

In: plain data, arrays, open files, functions, iterators. Out: MessagePack with marks, as `wire` says. What cannot be
written is refused by its place and type before anything is sent. What is read was written by somebody else: it makes
nothing but what `plain`, `arrays` and `message` make of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgpack  # type: ignore[import-untyped]

from pegboard.errors import CannotTravelError
from pegboard.isolation import arrays, plain, wire
from pegboard.isolation.marks import READ, Mark
from pegboard.isolation.message import READERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pegboard.isolation.message import Incoming, Outgoing

    Parts = Callable[[], Iterable[tuple[str, object]]]
    """Yields the parts of a message that its sender knows by name."""

_ATOMS = frozenset({type(None), bool, int, float, str, bytes})
_SIZED = frozenset({str, bytes})
_UNSIZED = _ATOMS - _SIZED
_SEQUENCES = frozenset({list, tuple, set, frozenset})
_unpack = msgpack.unpackb
MARKED = b"\xc7\x00"
"""What begins each mark."""


def is_flat(value: Any) -> bool:
    """Return whether *value* is written as it is, without a look at its parts: most are."""
    kind = type(value)
    if kind in _ATOMS:
        return kind not in _SIZED or len(value) <= wire.INLINE_BYTES
    return kind is list and {*map(type, value)} <= _UNSIZED


def are_flat(values: Any) -> bool:
    """Return whether each of *values* is flat."""
    kinds = {*map(type, values)}
    return kinds <= _UNSIZED or (kinds <= _ATOMS and all(map(is_flat, values)))


class RefusedError(Exception):
    """A value that cannot be written, and why."""

    def __init__(self, value: object, reason: str) -> None:
        super().__init__(reason)
        self.value = value
        self.reason = reason


class _Disguised:
    """A value that MessagePack would write as something else."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


class Writer:
    """Writes one value after the other; one thread at a time."""

    def __init__(self) -> None:
        self._packer = msgpack.Packer(
            default=self._replaced, strict_types=True, use_bin_type=True, unicode_errors="surrogatepass"
        )
        self.pack: Callable[[object], bytes] = self._packer.pack
        """Returns the bytes of a value that is flat."""
        self._message: Any = None

    def write(self, value: object, message: Outgoing, parts: Parts) -> bytes:
        """Return the bytes of *value*.

        Args:
            value: What is sent.
            message: Takes what goes along with the bytes.
            parts: For errors.

        Raises:
            CannotTravelError: If something in it cannot be written.
        """
        self._message = message
        try:
            data: bytes = self._packer.pack(_surveyed(value, 0))
        except RefusedError as refused:
            raise _refusal(message.peer, refused, parts) from None
        except (ValueError, OverflowError, RecursionError, MemoryError) as error:
            raise _refusal(message.peer, RefusedError(value, str(error) or "there is no memory left"), parts) from error
        finally:
            self._message = None
        if len(data) > wire.MOST_BODY_BYTES:
            raise _refusal(message.peer, RefusedError(value, _too_large(len(data))), parts)
        return data

    def _replaced(self, value: Any) -> object:
        """Return what MessagePack can write instead of *value*."""
        if type(value) is _Disguised:
            value = value.value
        kind = type(value)
        try:
            known = plain.writer(kind)
            replacement = known(value) if known is not None else arrays.write(value, self._message)
            if replacement is None:
                replacement = self._message.give(value)
        except (ValueError, OSError, MemoryError) as error:
            raise RefusedError(value, str(error) or "there is no memory left") from error
        if replacement is None:
            raise RefusedError(value, f"it is a {_name(kind)}")
        return replacement


def _surveyed(value: Any, depth: int) -> Any:  # noqa: C901 -- each type is a case
    """Return *value*, or a copy in which what MessagePack would write as something else is replaced.

    Raises:
        RefusedError: If it is too deep, or too large.
    """
    kind = type(value)
    if kind is dict:
        kinds = {*map(type, value), *map(type, value.values())}
    elif kind in _SEQUENCES:
        kinds = {*map(type, value)}
    else:
        if kind in _SIZED:
            _check_size(value)
        elif kind in (bytearray, memoryview, msgpack.ExtType, msgpack.Timestamp):
            return _Disguised(value)
        return value
    is_flat = kinds <= _ATOMS
    if not is_flat and depth >= wire.MOST_DEPTH:
        raise RefusedError(value, f"it is nested in more than {wire.MOST_DEPTH} others, or contains itself")
    if is_flat:
        if kinds & _SIZED:
            for item in value:
                _check_size(item)
            if kind is dict:
                for item in value.values():
                    _check_size(item)
        return value
    if kind is dict:
        return {_surveyed_key(key, depth): _surveyed(item, depth + 1) for key, item in value.items()}
    items = [_surveyed(item, depth + 1) for item in value]
    return items if kind is list else plain.WRITERS[kind](items)


def _surveyed_key(key: Any, depth: int) -> Any:
    """Return a key, as it is, since what replaces it could not be one: `Writer` replaces it."""
    _surveyed(key, depth + 1)
    return key


def _check_size(value: Any) -> None:
    if type(value) in _SIZED and len(value) > wire.MOST_BODY_BYTES:
        raise RefusedError(value, _too_large(len(value)))


def _too_large(size: int) -> str:
    most = wire.MOST_BODY_BYTES // 2**20
    return (
        f"it has {size / 2**20:,.0f} MiB and may have {most} MiB: pass an array, a `shared_buffer`, a file or a stream"
    )


def _name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _refusal(peer: str, refused: RefusedError, parts: Parts) -> CannotTravelError:
    for name, part in parts():
        if (place := _place(refused.value, part, name, 0)) is not None:
            return CannotTravelError(peer, place, _name(type(refused.value)), refused.reason)
    return CannotTravelError(peer, "what is sent", _name(type(refused.value)), refused.reason)


def _place(wanted: object, part: Any, name: str, depth: int) -> str | None:
    """Return where *wanted* is in *part*, as an expression; None if it is not there."""
    if part is wanted:
        return name
    kind = type(part)
    if depth > wire.MOST_DEPTH:
        return None
    if kind is dict:
        for key, value in part.items():
            if key is wanted:
                return f"the key {key!r:.100} of {name}"
            if (place := _place(wanted, value, f"{name}[{key!r:.100}]", depth + 1)) is not None:
                return place
    elif kind in _SEQUENCES:
        is_ordered = kind in (list, tuple)
        for index, item in enumerate(part):
            step = f"{name}[{index}]" if is_ordered else f"an item of {name}"
            if (place := _place(wanted, item, step, depth + 1)) is not None:
                return place
    return None


def read(data: bytes, message: Callable[[], Incoming]) -> Any:
    """Return the value that *data* means.

    Args:
        data: Written by `Writer`, or by somebody who pretends that.
        message: Returns what went along with the bytes; not called if there is nothing that is marked.

    Raises:
        ValueError: If it means none.
        arrays.LacksNumPyError: If there is no NumPy for an array in it.
    """
    if MARKED not in data:
        return read_plain(data)
    try:
        return _Reader(message()).read(data)
    except arrays.LacksNumPyError:
        raise
    except Exception as error:  # whatever NumPy or the standard library say to odd values
        raise ValueError(f"a message cannot be read: {type(error).__name__}: {error}") from error


def read_plain(data: bytes) -> Any:
    """Return the value that *data* means, which has no marks.

    Raises:
        ValueError: If it means none.
    """
    try:
        return _unpack(data, strict_map_key=False, unicode_errors="surrogatepass", ext_hook=_no_mark)
    except Exception as error:
        raise ValueError(f"a message cannot be read: {type(error).__name__}: {error}") from error


def _no_mark(code: int, data: bytes) -> Any:
    raise ValueError(f"an extension of type {code} with {len(data)} bytes")


class _Reader:
    def __init__(self, message: Incoming) -> None:
        self._message = message
        self._open = 0

    def read(self, data: bytes) -> Any:
        value = msgpack.unpackb(
            data,
            strict_map_key=False,
            unicode_errors="surrogatepass",
            ext_hook=self._mark,
            list_hook=self._list,
        )
        if self._open:
            raise ValueError("a mark is not at the beginning of a list")
        return value

    def _mark(self, code: int, data: bytes) -> Mark:
        mark = READ.get(code)
        if mark is None or data:
            raise ValueError(f"an extension of type {code} with {len(data)} bytes")
        self._open += 1
        return mark

    def _list(self, items: list[Any]) -> Any:
        if not items or type(items[0]) is not Mark:
            return items
        self._open -= 1
        code = items[0].code
        known = plain.reader(code)
        if known is not None:
            return known(*items[1:])
        return READERS[code](self._message, *items[1:])
