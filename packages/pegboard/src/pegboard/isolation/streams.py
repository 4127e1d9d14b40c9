"""How does an iterator of one process yield its items in another?

In: iterators and asynchronous ones. Out: iterators that fetch a few items at a time, when they are asked for; never
more are made than a consumer that goes on would soon take. A consumer that stops, or is collected, closes the producer.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from pegboard.isolation import wire

if TYPE_CHECKING:
    from pegboard.isolation.given import Peer

_LONGEST_S = 0.002
"""Of making more items than one."""
_MOST_BYTES = 2**20
_UNKNOWN_BYTES = 2**16


class Stream:
    """An iterator of this process that the other one consumes."""

    def __init__(self, iterator: Any, *, is_async: bool) -> None:
        self._iterator = iterator
        self.is_async = is_async
        self._lock = threading.Lock()
        self._error: BaseException | None = None

    def more(self, most: int) -> tuple[list[object], bool]:
        """Return at most *most* items, and whether these are the last ones.

        Raises:
            BaseException: What the iterator raises; after the items that it made before.
        """
        items: list[object] = []
        began, size = time.monotonic(), 0
        with self._lock:
            self._raise_kept()
            try:
                while len(items) < most and size < _MOST_BYTES and (not items or time.monotonic() - began < _LONGEST_S):
                    items.append(next(self._iterator))
                    size += _size(items[-1])
            except StopIteration:
                return items, True
            except Exception as error:
                if not items:
                    raise
                self._error = error
        return items, False

    async def amore(self, most: int) -> tuple[list[object], bool]:
        """Do the same with an asynchronous iterator."""
        items: list[object] = []
        began, size = time.monotonic(), 0
        self._raise_kept()
        try:
            while len(items) < most and size < _MOST_BYTES and (not items or time.monotonic() - began < _LONGEST_S):
                items.append(await anext(self._iterator))
                size += _size(items[-1])
        except StopAsyncIteration:
            return items, True
        except Exception as error:
            if not items:
                raise
            self._error = error
        return items, False

    def close(self) -> Any:
        """Close the iterator, if it can be closed; the result has to be awaited if it is asynchronous."""
        close = getattr(self._iterator, "aclose" if self.is_async else "close", None)
        if close is None:
            return None
        if self.is_async:
            return close()
        with self._lock:
            return close()

    def _raise_kept(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error


class _Consumer:
    """What the two kinds of consumers have in common."""

    __slots__ = ("__weakref__", "_is_over", "_items", "_most", "_number", "_peer")

    def __init__(self, peer: Peer, number: int) -> None:
        self._peer, self._number = peer, number
        self._items: deque[object] = deque()
        self._most = 1
        self._is_over = False

    def __repr__(self) -> str:
        return f"<stream of {self._peer.name}>"

    def __del__(self) -> None:
        self._peer.given.end(self._number)

    def _take(self, answer: Any) -> None:
        """Take the items of an answer."""
        items, is_last = answer
        if type(items) is not list or len(items) > self._most:
            raise TypeError("a stream has sent more items than it was asked for")
        self._is_over = is_last is not False
        if len(items) == self._most:
            self._most = min(2 * self._most, wire.MOST_ITEMS)
        else:
            self._most = max(1, len(items))
        self._items.extend(items)


class RemoteIterator(_Consumer):
    """An iterator of the other process."""

    __slots__ = ("_lock",)

    def __init__(self, peer: Peer, number: int) -> None:
        super().__init__(peer, number)
        self._lock = threading.Lock()

    def __iter__(self) -> RemoteIterator:
        return self

    def __next__(self) -> object:
        with self._lock:
            while not self._items:
                if self._is_over:
                    raise StopIteration
                try:
                    self._take(self._peer.request(wire.MORE, self._number, (self._most,)))
                except BaseException:
                    self._is_over = True
                    raise
            return self._items.popleft()

    def close(self) -> None:
        """Close the iterator in the other process; what closing it raises is raised here."""
        with self._lock:
            self._items.clear()
            if not self._is_over:
                self._is_over = True
                self._peer.request(wire.CLOSE, self._number)


class AsyncRemoteIterator(_Consumer):
    """An asynchronous iterator of the other process."""

    __slots__ = ()

    def __aiter__(self) -> AsyncRemoteIterator:
        return self

    async def __anext__(self) -> object:
        while not self._items:
            if self._is_over:
                raise StopAsyncIteration
            try:
                self._take(await self._peer.arequest(wire.MORE, self._number, (self._most,)))
            except BaseException:
                self._is_over = True
                raise
        return self._items.popleft()

    async def aclose(self) -> None:
        """Close the iterator in the other process; what closing it raises is raised here."""
        self._items.clear()
        if not self._is_over:
            self._is_over = True
            await self._peer.arequest(wire.CLOSE, self._number)


def _size(item: object) -> int:
    """Return about how many bytes *item* has."""
    if isinstance(item, (str, bytes, bytearray)):
        return len(item)
    if item is None or isinstance(item, (bool, int, float)):
        return 8
    return int(getattr(item, "nbytes", _UNKNOWN_BYTES))
