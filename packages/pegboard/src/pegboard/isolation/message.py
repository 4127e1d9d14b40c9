"""What goes along with the bytes of a message: memory, descriptors, functions, streams?

In: values that bytes cannot hold. Out: what is written in their place; and the other way round. A message that is not
sent leaves everything as it was.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from pegboard.isolation import arrays, open_files, wire
from pegboard.isolation.given import MOST_CHARACTERS, AsyncRemoteFunction, RemoteFunction
from pegboard.isolation.marks import marked
from pegboard.isolation.streams import AsyncRemoteIterator, RemoteIterator, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.isolation.blocks import Blocks
    from pegboard.isolation.given import Peer

_ALIGNMENT = 64


class Files:
    """Descriptors that have come and that no value has named yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arrived: dict[int, int] = {}
        self._number = 0

    def number(self) -> int:
        """Return a new number for a descriptor that is sent."""
        with self._lock:
            self._number += 1
            return self._number

    def receive(self, number: int, descriptor: int) -> None:
        """Keep a descriptor.

        Raises:
            ValueError: If there are too many.
        """
        with self._lock:
            if number not in self._arrived and len(self._arrived) < wire.MOST_FILES:
                self._arrived[number] = descriptor
                return
        os.close(descriptor)
        raise ValueError(f"more than {wire.MOST_FILES} files were sent")

    def take(self, number: object) -> int:
        """Return a descriptor, once.

        Raises:
            ValueError: If there is none.
        """
        with self._lock:
            if type(number) is not int or number not in self._arrived:
                raise ValueError(f"there is no file {number!r}")
            return self._arrived.pop(number)

    def close(self) -> None:
        """Close all."""
        with self._lock:
            while self._arrived:
                os.close(self._arrived.popitem()[1])


class Outgoing:
    """A message that is being written."""

    __slots__ = ("_blocks", "_copies", "_given", "_numbers", "_peer", "_size", "_undo", "files")

    def __init__(self, peer: Peer, blocks: Blocks, numbers: Files) -> None:
        self._peer, self._blocks, self._numbers = peer, blocks, numbers
        self._given = peer.given
        self._undo: list[Callable[[], object]] | None = None
        self._copies: list[tuple[int, Callable[[Any], None]]] | None = None
        self._size = 0
        self.files: list[tuple[int, int]] = []
        """Number and descriptor of each file that is sent before the message; closed afterwards."""

    @property
    def peer(self) -> str:
        """The name of the other end."""
        return self._peer.name

    def refer(self, address: int, size: int) -> tuple[bool, int, int] | None:
        """Return whether a block is the other end's, its number and the offset of bytes in it; None if in no block."""
        found = self._blocks.refer(address, size)
        if found:
            is_foreign, number, _ = found
            self._later(lambda: self._blocks.take_back(number, is_foreign=is_foreign))
        return found

    def copy_later(self, size: int, copy: Callable[[Any], None]) -> int:
        """Return the offset in the arena that *copy* is given as a buffer to write to."""
        if self._copies is None:
            self._copies = []
        offset, self._size = self._size, self._size + -(-size // _ALIGNMENT) * _ALIGNMENT
        if self._size > wire.MOST_BLOCK_BYTES:
            raise ValueError(f"the arrays of the message have more than {wire.MOST_BLOCK_BYTES} bytes")
        self._copies.append((offset, copy))
        return offset

    def give(self, value: object) -> list[object] | None:
        """Return what is written instead of a file, a function or an iterator; None if it is none of these."""
        file = open_files.written(value)
        if file is not None:
            descriptor, how = file
            if len(self.files) >= wire.MOST_FILES:
                os.close(descriptor)
                raise ValueError(f"a message may have {wire.MOST_FILES} files")
            self.files.append((self._numbers.number(), descriptor))
            return marked(wire.OPEN_FILE, [self.files[-1][0], *how])
        if isinstance(value, RemoteFunction) and (number := value.number_at(self._peer)) is not None:
            self._given.give_back(value, number)
            self._later(lambda: self._given.keep_no_more(number))
            return marked(wire.RETURNED, [number])
        kind = type(value)
        if hasattr(kind, "__anext__"):
            return marked(wire.ASYNC_STREAM, [self._give(Stream(value, is_async=True))])
        if hasattr(kind, "__next__"):
            return marked(wire.STREAM, [self._give(Stream(value, is_async=False))])
        if not callable(value):
            return None
        from inspect import iscoroutinefunction  # a good part of the start of a plugin's process

        is_async = any(map(iscoroutinefunction, (value, vars(kind).get("__call__"))))
        name = str(getattr(value, "__name__", kind.__name__))[:MOST_CHARACTERS]
        return marked(wire.ASYNC_FUNCTION if is_async else wire.FUNCTION, [self._give(value), name])

    def filled_arena(self) -> int:
        """Copy what has to be copied, and return the number of the block that has it; 0 if nothing had to be."""
        if self._copies is None:
            return 0
        number, memory = self._blocks.arena(self._size)
        self._later(lambda: self._blocks.take_back(number, is_foreign=False))
        with memory.bytes() as view:
            for offset, copy in self._copies:
                copy(view[offset:])
        return number

    def undo(self) -> None:
        """Take back what was given: the message is not sent."""
        for step in reversed(self._undo or ()):
            step()
        self.end()

    def end(self) -> None:
        """Let go of all that was needed to send it, now and not when cycles are collected: large arrays, above all."""
        for _, descriptor in self.files:
            os.close(descriptor)
        self.files = []
        self._undo = self._copies = None

    def _give(self, value: object) -> int:
        number = self._given.give(value)
        self._later(lambda: self._given.take_back(number, 1))
        return number

    def _later(self, step: Callable[[], object]) -> None:
        if self._undo is None:
            self._undo = []
        self._undo.append(step)


class Incoming:
    """A message that is being read."""

    __slots__ = ("_arena", "_arena_size", "_blocks", "_files", "_peer")

    def __init__(self, peer: Peer, blocks: Blocks, files: Files, arena: int) -> None:
        self._peer, self._blocks, self._files = peer, blocks, files
        self._arena: Any = None
        self._arena_size = 0
        if arena:
            self._arena, self._arena_size = blocks.lease(arena, is_own=False)

    def buffer(self, where: Any) -> tuple[Any, int, int]:
        """Return the buffer that a marked list names, the offset in it, and how many bytes it has.

        Raises:
            ValueError: If there is none.
        """
        if len(where) == 1:
            (data,) = where
            if type(data) is not bytes:
                raise ValueError("an array has no bytes")
            return bytearray(data), 0, len(data)
        is_own, number, offset = where
        if type(is_own) is not bool or type(number) is not int or type(offset) is not int:
            raise ValueError("an array is nowhere")
        if number == 0:
            lease, size = self._arena, self._arena_size
        else:
            lease, size = self._blocks.lease(number, is_own=is_own)
        if lease is None or not 0 <= offset < size:
            raise ValueError("an array is outside of its block")
        return lease, offset, size

    def file(self, number: object, *how: object) -> object:
        """Return the open file of that number."""
        return open_files.read(self._files.take(number), *how)

    def function(self, number: object, name: object) -> RemoteFunction:
        """Return what calls a function of the other end."""
        return RemoteFunction(self._peer, _number(number), str(name))

    def async_function(self, number: object, name: object) -> RemoteFunction:
        """Return what calls an asynchronous function of the other end."""
        return AsyncRemoteFunction(self._peer, _number(number), str(name))

    def returned(self, number: object) -> object:
        """Return what was given by that number."""
        return self._peer.given.get_back(number)

    def stream(self, number: object) -> RemoteIterator:
        """Return what consumes an iterator of the other end."""
        return RemoteIterator(self._peer, _number(number))

    def async_stream(self, number: object) -> AsyncRemoteIterator:
        """Return what consumes an asynchronous iterator of the other end."""
        return AsyncRemoteIterator(self._peer, _number(number))


def _number(number: object) -> int:
    if type(number) is not int or not 0 < number < 2**63:
        raise ValueError(f"{number!r} is no number of a function")
    return number


READERS: dict[int, Callable[..., object]] = {
    wire.NDARRAY: arrays.read_ndarray,
    wire.SCALAR: arrays.read_scalar,
    wire.MEMORYVIEW: arrays.read_memoryview,
    wire.ARRAY: arrays.read_array,
    wire.OPEN_FILE: Incoming.file,
    wire.FUNCTION: Incoming.function,
    wire.ASYNC_FUNCTION: Incoming.async_function,
    wire.RETURNED: Incoming.returned,
    wire.STREAM: Incoming.stream,
    wire.ASYNC_STREAM: Incoming.async_stream,
}
"""Returns the value of a marked list, given the message and the items after the mark."""
