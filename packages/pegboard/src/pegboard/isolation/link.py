"""How do values get through a connection, with all that goes along with them?

In: values to be sent, frames that have come. Out: frames, and values. What is not used any more is told to the other
end before the next message, or soon.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import msgpack  # type: ignore[import-untyped]

from pegboard.errors import CannotTravelError, PeerGoneError
from pegboard.isolation import wire
from pegboard.isolation.blocks import Blocks
from pegboard.isolation.given import Given
from pegboard.isolation.message import Files, Incoming, Outgoing
from pegboard.isolation.streams import Stream
from pegboard.isolation.values import MARKED, Writer, read, read_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pegboard.isolation.blocks import Memory
    from pegboard.isolation.connection import Connection, Frame
    from pegboard.isolation.given import Peer
    from pegboard.isolation.values import Parts


def no_parts() -> Iterable[tuple[str, object]]:
    """Return the parts of a message that has none with a name."""
    return ()


class Link:
    """Messages over one connection."""

    def __init__(
        self, connection: Connection, peer: Peer, *, ended: Callable[[], None], drop: Callable[[Stream], None]
    ) -> None:
        """Begin with nothing given.

        Args:
            connection: What carries the frames.
            peer: The other end, as functions and streams see it.
            ended: Called when something is not used any more, at any time in any thread; has `settle` called soon.
            drop: Takes streams that the other end does not consume any more.
        """
        self._connection = connection
        self.peer = peer
        self._tell_ended, self._drop = ended, drop
        self._has_ended = False
        self._blocks = Blocks(self._send_block, self._end)
        self.given = Given(self._end)
        self._files = Files()
        self._writers: list[Writer] = []
        self._dropped: deque[Any] = deque()

    # -- sending ------------------------------------------------------------------------------------------------------

    def send_plain(self, kind: int, id_: int, parent: int, value: object) -> bool:
        """Send *value*, no part of which has to be looked at; see `values.is_flat`.

        Returns:
            Whether it was sent; if not, `send` says why.

        Raises:
            PeerGoneError: If the connection has ended.
        """
        if self._has_ended:
            self.settle()
        try:
            writer = self._writers.pop()
        except IndexError:
            writer = Writer()
        try:
            body = writer.pack(value)
        except Exception:
            return False
        self._writers.append(writer)
        if len(body) > wire.MOST_BODY_BYTES:
            return False
        self._connection.send_plain(kind, id_, parent, body)
        return True

    def send(self, kind: int, id_: int, parent: int, value: object, parts: Parts = no_parts) -> None:
        """Send *value*.

        Raises:
            CannotTravelError: If something of it cannot be sent; then nothing was.
            PeerGoneError: If the connection has ended.
        """
        if self._has_ended:
            self.settle()
        try:
            writer = self._writers.pop()
        except IndexError:
            writer = Writer()
        message = Outgoing(self.peer, self._blocks, self._files)
        try:
            body = writer.write(value, message, parts)
            arena = message.filled_arena()
        except MemoryError as error:
            message.undo()
            raise CannotTravelError(self.peer.name, "what is sent", type(value).__name__, str(error)) from error
        except BaseException:
            message.undo()
            raise
        finally:
            self._writers.append(writer)
        connection = self._connection
        try:
            with connection.sending:
                for number, descriptor in message.files:
                    connection.send(wire.FILE, number, 0, 0, b"", descriptor)
                connection.send(kind, id_, parent, arena, body)
        finally:
            message.end()

    def send_bare(self, kind: int, id_: int) -> None:
        """Send a message that is nothing but its kind and a number.

        Raises:
            PeerGoneError: If the connection has ended.
        """
        with self._connection.sending:
            self._connection.send(kind, id_, 0, 0, b"")

    def settle(self) -> None:
        """Tell the other end what is not used any more; do nothing if it is gone."""
        self._has_ended = False
        self._dropped.clear()
        unused, seen, forgotten = self._blocks.settle()
        freed, returned = self.given.settle()
        frames = [(wire.FORGET, number, b"") for number in forgotten]
        if unused or seen:
            frames.append((wire.UNUSED, 0, msgpack.packb([unused, seen])))
        if freed or returned:
            frames.append((wire.FREE, 0, msgpack.packb([freed, returned])))
        try:
            with self._connection.sending:
                for kind, number, body in frames:
                    self._connection.send(kind, number, 0, 0, body)
        except PeerGoneError:
            pass

    # -- receiving ----------------------------------------------------------------------------------------------------

    def read(self, frame: Frame) -> Any:
        """Return the value of a message.

        Raises:
            ValueError: If it has none.
            LacksNumPyError: If there is no NumPy for an array in it.
        """
        if not frame.arena:
            if MARKED not in frame.body:
                return read_plain(frame.body)
            return read(frame.body, lambda: Incoming(self.peer, self._blocks, self._files, 0))
        message = Incoming(self.peer, self._blocks, self._files, frame.arena)
        return read(frame.body, lambda: message)

    def take(self, frame: Frame) -> bool:
        """Take a frame that is about memory, files or what was given; return whether it is one.

        It neither blocks nor sends, nor runs code of somebody else.

        Raises:
            ValueError: If it is not as it should be.
        """
        kind, id_, descriptor = frame.kind, frame.id, frame.descriptor
        if kind in (wire.BLOCK, wire.FILE) and descriptor is None:
            raise ValueError("a descriptor is missing")
        if kind == wire.UNUSED:
            self._take_unused(*_two_counts(frame.body))
        elif kind == wire.FREE:
            self._take_freed(*_two_counts(frame.body))
        elif kind == wire.BLOCK and descriptor is not None:
            self._blocks.receive(id_, msgpack.unpackb(frame.body), descriptor)
        elif kind == wire.FILE and descriptor is not None:
            self._files.receive(id_, descriptor)
        elif kind == wire.FORGET:
            self._blocks.forget(id_)
        else:
            return False
        return True

    def _take_unused(self, unused: dict[int, int], seen: dict[int, int]) -> None:
        for counts, is_foreign in ((unused, False), (seen, True)):
            for number, count in counts.items():
                for _ in range(count):
                    self._blocks.take_back(number, is_foreign=is_foreign)
        if seen:
            self._end()

    def _take_freed(self, freed: dict[int, int], returned: dict[int, int]) -> None:
        for number, count in freed.items():
            value = self.given.take_back(number, count)
            if isinstance(value, Stream):
                self._drop(value)
            elif value is not None:
                self._dropped.append(value)  # its end may run any code, which must not hold up whoever reads
        for number, count in returned.items():
            self._dropped.append(self.given.seen(number, count))
        self._end()

    def close(self) -> None:
        """Drop all that was given."""
        self._blocks.close()
        self._files.close()
        self.given.clear()

    def _send_block(self, number: int, memory: Memory) -> None:
        with self._connection.sending:
            self._connection.send(wire.BLOCK, number, 0, 0, msgpack.packb(memory.size), memory.descriptor)

    def _end(self) -> None:
        self._has_ended = True
        self._tell_ended()


def _two_counts(body: bytes) -> tuple[dict[int, int], dict[int, int]]:
    """Return the counts by number that a message has.

    Raises:
        ValueError: If it has none.
    """
    value = msgpack.unpackb(body, strict_map_key=False)
    if type(value) is not list or len(value) != 2:  # noqa: PLR2004
        raise ValueError("counts are missing")
    for counts in value:
        if type(counts) is not dict:
            raise ValueError("counts are missing")
        for number, count in counts.items():
            if type(number) is not int or type(count) is not int or count < 1:
                raise ValueError("a count is no number")
    return value[0], value[1]
