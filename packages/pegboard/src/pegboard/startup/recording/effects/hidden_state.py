"""What does an object hold without referring to it?

In: an object of a type that the garbage collector cannot look into. Out: plain data that differs when it has changed.
"""

from __future__ import annotations

import _thread
import functools
import itertools
import operator
import sys
import types

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

_LARGEST = 65_536
"""Of a longer buffer, only the length and both ends are compared: bytes."""


def _bytes(buffer: Any) -> Any:
    return bytes(buffer) if len(buffer) <= _LARGEST else (len(buffer), bytes(buffer[:1024]), bytes(buffer[-1024:]))


def default_factory(table: Any) -> Any:
    """Return what identifies the function that makes the missing values of *table*, a `defaultdict`."""
    return id(table.default_factory)


def _generator(generator: Any) -> Any:
    frame = generator.gi_frame
    return (None if frame is None else frame.f_lasti, generator.gi_running)


def _locked(lock: Any) -> Any:
    return lock.locked()


def _rlock(lock: Any) -> Any:
    return lock._is_owned()


def _array(array: Any) -> Any:
    return (array.typecode, _bytes(memoryview(array).cast("B")))


def _buffer(stream: Any) -> Any:
    return None if stream.closed else (stream.tell(), hash(stream.getvalue()))


def _ordered(table: Any) -> Any:
    return [(id(key), id(value)) for key, value in table.items()]


def _numpy_array(array: Any) -> Any:
    return (array.shape, hash(array.tobytes()) if array.nbytes <= _LARGEST else array.nbytes)


def _decimal_context(context: Any) -> Any:
    return (
        context.prec,
        context.rounding,
        context.Emin,
        context.Emax,
        context.capitals,
        context.clamp,
        repr(context.traps),
    )


def _random(generator: Any) -> Any:
    """Return the state of a generator that somebody has made; the one of `random` itself is drawn from by everybody."""
    is_everybodys = generator is getattr(sys.modules.get("random"), "_inst", None)
    return None if is_everybodys else hash(type(generator).getstate(generator))


def _lru_cache(function: Any) -> Any:
    info = type(function).cache_info(function)
    return info[0] + info[1]


LRU_CACHE: Final = type(functools.lru_cache(len))
_ITERABLES: tuple[Any, ...] = ([], (), {}, {}.items(), {}.values(), set(), range(0), reversed([]))
ITERATORS: Final[tuple[type, ...]] = tuple(type(iter(each)) for each in _ITERABLES)
_OF_TYPES: dict[type, Callable[[Any], Any]] = {
    **dict.fromkeys(ITERATORS, operator.length_hint),
    bytearray: _bytes,
    LRU_CACHE: _lru_cache,
    itertools.count: repr,
    itertools.cycle: repr,
    _thread.LockType: _locked,
    _thread.RLock: _rlock,
    types.GeneratorType: _generator,
}
"""What is compared, for types that are always there."""
_OF_NAMES: dict[tuple[str, str, str], Callable[[Any], Any]] = {
    ("array", "array", "array"): _array,
    ("decimal", "Context", "decimal"): _decimal_context,
    ("_io", "BytesIO", "_io"): _buffer,
    ("_io", "StringIO", "_io"): _buffer,
    ("numpy", "ndarray", "numpy"): _numpy_array,
    ("random", "Random", "random"): _random,
}
"""And for types whose module may not be loaded: module and name of the type."""


def state_function(type_: type) -> Callable[[Any], Any] | None:
    """Return what reads the hidden state of an object of exactly *type_*; None if it has none that is known."""
    for known, function in _OF_TYPES.items():
        if type_ is known:
            return function
    for module, name, holder in (key for key in _OF_NAMES):
        if getattr(sys.modules.get(holder), name, None) is type_:
            return _OF_NAMES[module, name, holder]
    return None
