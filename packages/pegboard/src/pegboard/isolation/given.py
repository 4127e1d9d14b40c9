"""Which functions and streams does each end of a connection let the other one use?

In: functions and iterators that a message is to carry. Out: their numbers; and, at the other end, what calls them by
these numbers. What is not used any more at the other end is forgotten here; an iterator is closed then.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pegboard.isolation import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MOST_CHARACTERS = 200
"""Of a name."""


class Peer(Protocol):
    """The other end of a connection, to whoever uses what it has given."""

    name: str
    given: Given

    def request(
        self, kind: int, what: int, args: Sequence[object] = (), kwargs: Mapping[str, object] | None = None
    ) -> Any:
        """Send a request, and return the answer."""

    async def arequest(
        self, kind: int, what: int, args: Sequence[object] = (), kwargs: Mapping[str, object] | None = None
    ) -> Any:
        """Do the same without blocking the event loop."""


class RemoteFunction:
    """A function that the other end has given: calling it calls that."""

    __slots__ = ("__name__", "__weakref__", "_number", "_peer")

    def __init__(self, peer: Peer, number: int, name: str) -> None:
        self._peer, self._number, self.__name__ = peer, number, name[:MOST_CHARACTERS]

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return self._peer.request(wire.INVOKE, self._number, args, kwargs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemoteFunction) and (self._peer, self._number) == (other._peer, other._number)

    def __hash__(self) -> int:
        return hash(self._number)

    def __repr__(self) -> str:
        return f"<function {self.__name__!r} of {self._peer.name}>"

    def __del__(self) -> None:
        self._peer.given.end(self._number)

    def number_at(self, peer: Peer) -> int | None:
        """Return the number that it has at *peer*; None if it is of another one."""
        return self._number if peer is self._peer else None


class AsyncRemoteFunction(RemoteFunction):
    """The same for a function that has to be awaited."""

    __slots__ = ()
    _is_marked: ClassVar[bool] = False

    def __init__(self, peer: Peer, number: int, name: str) -> None:
        super().__init__(peer, number, name)
        if not AsyncRemoteFunction._is_marked:
            AsyncRemoteFunction._is_marked = True
            import inspect  # asyncio imports it, too; a process without such functions is spared it

            if hasattr(inspect, "markcoroutinefunction"):  # from Python 3.12 on
                inspect.markcoroutinefunction(AsyncRemoteFunction.__call__)

    async def __call__(self, *args: object, **kwargs: object) -> Any:
        return await self._peer.arequest(wire.INVOKE, self._number, args, kwargs)


class Given:
    """What one end of a connection has given to the other, and what it was given."""

    def __init__(self, ended: Callable[[], None]) -> None:
        """Begin without any.

        Args:
            ended: Called when something is not used any more, at any time in any thread; has `settle` called soon.
        """
        self._ended = ended
        self._lock = threading.Lock()
        self._number = 0
        self._objects: dict[int, Any] = {}
        self._counts: dict[int, int] = {}
        self._numbers: dict[int, int] = {}
        self._gone: deque[int] = deque()
        self._seen: deque[int] = deque()
        self._returned: dict[int, list[RemoteFunction]] = {}

    # -- this end gives -----------------------------------------------------------------------------------------------

    def give(self, value: object) -> int:
        """Return the number of *value*, given once more.

        Raises:
            ValueError: If the other end has too many.
        """
        with self._lock:
            number = self._numbers.get(id(value))
            if number is None:
                if len(self._objects) >= wire.MOST_GIVEN:
                    raise ValueError(f"the other process uses {wire.MOST_GIVEN} functions and streams already")
                self._number = number = self._number + 1
                self._objects[number], self._counts[number] = value, 0
                self._numbers[id(value)] = number
            self._counts[number] += 1
            return number

    def get(self, number: object) -> Any:
        """Return what was given by that number.

        Raises:
            ValueError: If there is none.
        """
        with self._lock:
            if type(number) is not int or number not in self._objects:
                raise ValueError(f"nothing was given by the number {number!r}")
            return self._objects[number]

    def take_back(self, number: int, count: int) -> Any:
        """Count *count* uses less; return what is not used any more, or None.

        Raises:
            ValueError: If there are not so many.
        """
        with self._lock:
            if not 0 < count <= self._counts.get(number, 0):
                raise ValueError(f"nothing was given by the number {number!r}")
            self._counts[number] -= count
            if self._counts[number]:
                return None
            del self._counts[number]
            value = self._objects.pop(number)
            del self._numbers[id(value)]
            return value

    # -- the other end gives ------------------------------------------------------------------------------------------

    def end(self, number: int) -> None:
        """Note that something of the other end is not used here any more; takes no lock."""
        self._gone.append(number)
        self._ended()

    def give_back(self, function: RemoteFunction, number: int) -> None:
        """Keep *function* of the other end until that has seen that it has got it back."""
        with self._lock:
            self._returned.setdefault(number, []).append(function)

    def get_back(self, number: object) -> Any:
        """Return what was given by that number and comes back."""
        value = self.get(number)
        self._seen.append(number)  # type: ignore[arg-type]
        self._ended()
        return value

    def keep_no_more(self, number: int) -> None:
        """Undo `give_back`: the message was not sent."""
        self.seen(number, 1)

    def seen(self, number: int, count: int) -> list[RemoteFunction]:
        """Return what is not kept any more, since the other end has got it back.

        Raises:
            ValueError: If there is not so much.
        """
        with self._lock:
            kept = self._returned.get(number, [])
            if not 0 < count <= len(kept):
                raise ValueError(f"nothing was returned by the number {number!r}")
            dropped = kept[:count]
            del kept[:count]
            if not kept:
                del self._returned[number]
        return dropped

    # -- both ---------------------------------------------------------------------------------------------------------

    def settle(self) -> tuple[dict[int, int], dict[int, int]]:
        """Return what the other end has to be told: what is not used here, and what has come back, by how many."""
        return _counted(self._gone), _counted(self._seen)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            dropped = self._objects, self._returned
            self._objects, self._returned, self._numbers, self._counts = {}, {}, {}, {}
        del dropped


def _counted(numbers: deque[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    while numbers:
        number = numbers.popleft()
        counts[number] = counts.get(number, 0) + 1
    return counts
