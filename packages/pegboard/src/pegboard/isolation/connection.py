"""How do frames and descriptors get through a socket?

In: bytes of frames. Out: frames, one at a time. One thread reads and one sends at a time; who, is said elsewhere.
"""

from __future__ import annotations

import os
import select
import socket
import threading
from array import array
from collections import deque
from typing import NamedTuple

from pegboard.errors import PeerGoneError, WireBrokenError
from pegboard.isolation import wire

_CHUNK = 2**16
_BUFFER = 2**18
"""What is read at once at most. One buffer for all: to allocate one for each read takes 20 us more."""
_SPACE = socket.CMSG_SPACE(4 * 4) if hasattr(socket, "CMSG_SPACE") else 0
_SIZE = wire.HEADER.size
_PACK, _UNPACK = wire.HEADER.pack, wire.HEADER.unpack_from
_TRUNCATED = int(getattr(socket, "MSG_CTRUNC", 0))
_RIGHTS = int(getattr(socket, "SCM_RIGHTS", 0))
_SOCKET = int(socket.SOL_SOCKET)
_FLAGS = int(getattr(socket, "MSG_CMSG_CLOEXEC", 0))


_PLAIN, _KINDS = wire.PLAIN, wire.KINDS
_SPACES, _ALL_FLAGS = (_SPACE,), (_FLAGS,)
_new = tuple.__new__


class Frame(NamedTuple):
    """One message."""

    kind: int
    id: int
    parent: int
    arena: int
    body: bytes
    descriptor: int | None


class Connection:
    """One end of a connected socket."""

    def __init__(self, connection: socket.socket, name: str) -> None:
        connection.setblocking(True)
        self.name = name
        self.is_closed = False
        self.cause = "it has closed the connection"
        """Why it is closed."""
        self.sending = threading.Lock()
        self._socket = connection
        self._recvmsg_into = connection.recvmsg_into
        self._view = memoryview(bytearray(_BUFFER))
        self._buffers = ([self._view],)
        self._send = connection.send
        self._arrived: deque[tuple[int, list[tuple[int, int, bytes]], int, object]] = deque()
        """At most one: how many bytes have come into the buffer, and what with them."""
        self._data = b""
        self._pieces: list[bytes] = []
        self._missing = 0
        self._descriptors: deque[int] = deque()
        self._offset = 0
        self.has_more = False
        """Whether there is something to read before the socket has to be asked."""
        self.is_handing = False
        """Whether a frame is being handed on; the reader says when that is done."""

    def fileno(self) -> int:
        return self._socket.fileno()

    # -- sending ------------------------------------------------------------------------------------------------------

    def send(  # noqa: PLR0917 -- a frame is so
        self, kind: int, id_: int, parent: int, arena: int, body: bytes, descriptor: int | None = None
    ) -> None:
        """Send one frame; blocks while the other end does not read. The caller holds `sending`.

        Raises:
            PeerGoneError: If the connection has ended.
        """
        if self.is_closed:
            raise self.gone()
        data = _PACK(wire.PLAIN if descriptor is None else wire.WITH_DESCRIPTOR, kind, len(body), id_, parent, arena)
        if len(body) < _CHUNK:
            data += body
            body = b""
        try:
            sent = self._send(data) if descriptor is None else socket.send_fds(self._socket, [data], [descriptor])
        except OSError as error:
            self._end(error)
            raise self.gone() from None
        if sent < len(data) or body:
            self._send_rest(memoryview(data)[sent:], body)

    def send_plain(self, kind: int, id_: int, parent: int, body: bytes) -> None:
        """Send one frame as most are: short, without an arena or a descriptor; see `send`.

        Raises:
            PeerGoneError: If the connection has ended.
        """
        with self.sending:
            size = len(body)
            if self.is_closed or size >= _CHUNK:
                self.send(kind, id_, parent, 0, body)
                return
            data = _PACK(wire.PLAIN, kind, size, id_, parent, 0) + body
            try:
                sent = self._send(data)
            except OSError as error:
                self._end(error)
                raise self.gone() from None
            if sent != len(data):
                self._send_rest(memoryview(data)[sent:], b"")

    def _send_rest(self, data: memoryview, body: bytes) -> None:
        """Send what is left of a frame, which cannot be given up any more."""
        try:
            self._socket.sendall(data)
            self._socket.sendall(body)
        except OSError as error:
            self._end(error)
            raise self.gone() from None
        except BaseException:  # a signal's handler has raised it
            self.cause = "sending to it was interrupted"
            self.shut()
            raise

    # -- reading ------------------------------------------------------------------------------------------------------

    def read(self) -> Frame | None:
        """Return the next frame, waiting for it; None if part of it is missing and nothing more was to be had at once.

        An exception that a signal's handler raises while it waits leaves everything as it was.

        Raises:
            PeerGoneError: If the connection has ended, or what came is no frame.
        """
        if self.is_handing:  # its reader was interrupted then: something may have been lost
            self.cause = "reading from it was interrupted"
            self.shut()
            raise self.gone()
        if not self.has_more:
            try:
                # in one step of the interpreter: what has been read cannot be lost to an exception from outside
                self._arrived.extend(map(self._recvmsg_into, self._buffers, _SPACES, _ALL_FLAGS))
            except OSError as error:
                self._end(error)
                raise self.gone() from None
            self.is_handing = True
            size, ancillary, flags, _ = self._arrived[0]
            if size >= _SIZE and not (ancillary or self._missing or flags & _TRUNCATED):
                beginning, kind, length, id_, parent, arena = _UNPACK(self._view)
                if length == size - _SIZE and beginning == _PLAIN and kind in _KINDS:
                    self._arrived.clear()
                    return _new(Frame, (kind, id_, parent, arena, self._view[_SIZE:size].tobytes(), None))
        self.is_handing = True
        frame = self._buffered()
        self.has_more = frame is not None and self._offset < len(self._data)
        return frame

    def wait(self, timeout_s: float | None, other: int | None = None) -> bool:
        """Wait until there is something to read, here or from *other*; return whether there is something here."""
        if self.has_more:
            return True
        poller = select.poll()
        own = self._socket.fileno()
        if own < 0:
            return True
        poller.register(own, select.POLLIN)
        if other is not None:
            poller.register(other, select.POLLIN)
        ready = poller.poll(None if timeout_s is None else max(0.0, timeout_s * 1000))
        return any(number == own for number, _ in ready)

    def _buffered(self) -> Frame | None:
        """Return the next frame of what has arrived; None if part of it is missing."""
        while self._arrived:
            self._take(*self._arrived.popleft())
        if self._missing:
            return None
        if self._pieces:
            self._data, self._offset = b"".join(self._pieces), 0
            self._pieces = []
        data, offset = self._data, self._offset
        if len(data) - offset < _SIZE:
            if not wire.MAGIC.startswith(data[offset : offset + 2]):
                raise self._misheard(data[offset : offset + 8])
            self._collect(_SIZE)
            return None
        beginning, kind, length, id_, parent, arena = _UNPACK(data, offset)
        if beginning not in (wire.PLAIN, wire.WITH_DESCRIPTOR) or kind not in wire.KINDS:
            raise self._misheard(data[offset : offset + 8])
        if length > wire.MOST_BODY_BYTES:
            raise self.broken(f"a message has {length} bytes, and may have {wire.MOST_BODY_BYTES}")
        end = offset + _SIZE + length
        if len(data) < end:
            self._collect(_SIZE + length)
            return None
        body = data[offset + _SIZE : end]
        self._data, self._offset = (data, end) if len(data) > end else (b"", 0)
        return Frame(kind, id_, parent, arena, body, self._descriptor(beginning, kind))

    def _descriptor(self, beginning: bytes, kind: int) -> int | None:
        if beginning == wire.PLAIN:
            return None
        if not self._descriptors or kind not in (wire.BLOCK, wire.FILE):
            raise self.broken("a descriptor is missing, or one too many")
        return self._descriptors.popleft()

    def _misheard(self, beginning: bytes) -> WireBrokenError:
        if beginning.startswith(wire.MAGIC) and beginning[2] != wire.VERSION:
            return self.broken(
                f"it has version {beginning[2]} of the wire, and this process version {wire.VERSION}: "
                "install the same version of pegboard in both environments"
            )
        return self.broken(f"a message begins with {beginning!r}")

    def _collect(self, size: int) -> None:
        """Collect pieces until there are *size* bytes in all; no memory is set aside for what was only promised."""
        rest = self._data[self._offset :]
        self._data, self._offset = b"", 0
        self._pieces, self._missing = [rest], size - len(rest)

    def _take(self, size: int, ancillary: list[tuple[int, int, bytes]], flags: int, _: object) -> None:
        for level, type_, content in ancillary:
            if level == _SOCKET and type_ == _RIGHTS:
                numbers = array("i")
                numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
                self._descriptors.extend(numbers)
        if flags & _TRUNCATED or len(self._descriptors) > 4:  # noqa: PLR2004 -- a frame has one at most
            raise self.broken("it has sent more descriptors than a message may have")
        if not size:
            self._end()
            raise self.gone()
        data = self._view[:size].tobytes()
        if self._missing:
            self._pieces.append(data)
            self._missing = max(0, self._missing - len(data))
        else:
            self._data, self._offset = data, 0

    # -- the end ------------------------------------------------------------------------------------------------------

    def gone(self) -> PeerGoneError:
        """Return the error that says why it is closed."""
        return PeerGoneError(self.name, self.cause)

    def broken(self, reason: str) -> WireBrokenError:
        """Close the connection, since *reason*, and return the error that says so."""
        error = WireBrokenError(self.name, reason)
        self.cause = reason
        self.shut()
        return error

    def _end(self, error: OSError | None = None) -> None:
        if not self.is_closed and error and not isinstance(error, (BrokenPipeError, ConnectionResetError)):
            self.cause = str(error)
        self.is_closed = True

    def shut(self) -> None:
        """End the connection for both sides; whoever reads or sends is woken."""
        self.is_closed = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def drop(self) -> None:
        """Close this process's descriptors and nothing else; nobody reads or sends."""
        self.is_closed = True
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
        for _, ancillary, *_ in self._arrived:
            for _, _, content in ancillary:
                for descriptor in array("i", content):
                    os.close(descriptor)
        self._arrived.clear()
        self._socket.close()
