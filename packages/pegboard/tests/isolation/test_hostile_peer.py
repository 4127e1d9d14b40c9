"""What the other end sends was written by somebody else: nothing it says makes this process hang, grow or read amiss."""

import array
import contextlib
import fcntl
import os
import resource
import socket
import struct
import threading
import time

import msgpack
import pytest

from pegboard.errors import PeerGoneError, WireBrokenError
from pegboard.isolation import values, wire
from pegboard.isolation.channel import Channel

from .test_channel import Plugin, until


class Peer:
    """The other end, without any manners."""

    def __init__(self):
        here, self.socket = socket.socketpair()
        self.plugin = Plugin()
        self.channel = Channel(here, serve=self.plugin, name="plugin 'csv'")
        self.result = None

    def frame(self, kind, id_=1, body=b"", *, parent=0, arena=0, beginning=wire.PLAIN, length=None):
        size = len(body) if length is None else length
        return wire.HEADER.pack(beginning, kind, size, id_, parent, arena) + body

    def send(self, *args, descriptors=(), **named):
        data = self.frame(*args, **named)
        if descriptors:
            socket.send_fds(self.socket, [data], descriptors)
        else:
            self.socket.sendall(data)

    def call(self, *args):
        """Begin a call in another thread."""

        def call():
            try:
                self.result = self.channel.call("add", args, deadline_s=10)
            except BaseException as error:
                self.result = error

        self.thread = threading.Thread(target=call)
        self.thread.start()
        self.socket.recv(2**16)

    def outcome(self):
        self.thread.join(10)
        assert not self.thread.is_alive()
        return self.result


@pytest.fixture
def peer():
    peer = Peer()
    peer.call(1, 2)
    yield peer
    peer.socket.close()
    peer.channel.close()
    peer.outcome()


def packed(*items):
    return msgpack.packb([*items])


def marked(code, *items):
    return msgpack.packb([msgpack.ExtType(code, b""), *items])


ARRAY = ("<f8", [4], None, True)
NOT_FRAMES = {
    "text": b"Hello, world\n",
    "zeros": bytes(1000),
    "one byte": b"\x00",
    "another version": wire.HEADER.pack(wire.MAGIC + b"\x63\x00", wire.REPLY, 0, 1, 0, 0),
    "a kind that is none": wire.HEADER.pack(wire.PLAIN, 99, 0, 1, 0, 0),
    "a body that is too long": wire.HEADER.pack(wire.PLAIN, wire.REPLY, 2**32 - 1, 1, 0, 0),
    "a descriptor that is not there": wire.HEADER.pack(wire.WITH_DESCRIPTOR, wire.FILE, 0, 1, 0, 0),
}
BAD_FRAMES = {
    "an answer to nothing": (wire.REPLY, 77, packed(1)),
    "an answer that is no value": (wire.REPLY, 1, b"\xc1"),
    "an answer that ends early": (wire.REPLY, 1, b"\x93\x01"),
    "an answer with a rest": (wire.REPLY, 1, b"\x01\x01"),
    "an extension": (wire.REPLY, 1, msgpack.packb(msgpack.ExtType(5, b"data"))),
    "a mark that is misplaced": (wire.REPLY, 1, msgpack.packb([1, msgpack.ExtType(wire.TUPLE, b"")])),
    "a key that cannot be one": (wire.REPLY, 1, b"\x81\x90\x01"),
    "an error that is none": (wire.ERROR, 1, packed(1)),
    "an error without a class": (wire.ERROR, 1, msgpack.packb({"classes": []})),
    "a function that was not given": (wire.REPLY, 1, marked(wire.RETURNED, 5)),
    "a file that was not sent": (wire.REPLY, 1, marked(wire.OPEN_FILE, 5, "rb", -1)),
    "an array of objects": (wire.REPLY, 1, marked(wire.NDARRAY, "|O8", [1], None, True, bytes(8))),
    "an array of odd text": (wire.REPLY, 1, marked(wire.NDARRAY, "f8,O", [1], None, True, bytes(16))),
    "an array without memory": (wire.REPLY, 1, marked(wire.NDARRAY, *ARRAY, bytes(31))),
    "an array in no block": (wire.REPLY, 1, marked(wire.NDARRAY, *ARRAY, False, 3, 0)),
    "an array in a block of ours": (wire.REPLY, 1, marked(wire.NDARRAY, *ARRAY, True, 1, 0)),
    "an array in no arena": (wire.REPLY, 1, marked(wire.NDARRAY, *ARRAY, False, 0, 0)),
    "a huge array of nothing": (wire.REPLY, 1, marked(wire.NDARRAY, "<f8", [2**40], [0], True, bytes(8))),
    "an array with odd steps": (wire.REPLY, 1, marked(wire.NDARRAY, "<f8", [4], [-8], True, bytes(32))),
    "an array of a negative shape": (wire.REPLY, 1, marked(wire.NDARRAY, "<f8", [-1], None, True, b"")),
    "a view of a negative shape": (wire.REPLY, 1, marked(wire.MEMORYVIEW, "d", [-1], True, b"")),
    "blocks that are not used": (wire.UNUSED, 0, packed({1: 1}, {})),
    "blocks that were not returned": (wire.UNUSED, 0, packed({}, {1: 1})),
    "odd counts": (wire.UNUSED, 0, packed({1: "x"}, {})),
    "functions that were not given": (wire.FREE, 0, packed({1: 1}, {})),
    "functions that were not returned": (wire.FREE, 0, packed({}, {1: 1})),
    "a block that is not there": (wire.FORGET, 9, b""),
    "a block without memory": (wire.BLOCK, 9, msgpack.packb(100)),
    "a call without arguments": (wire.CALL, 1, packed("add")),
    "a call with odd arguments": (wire.CALL, 1, packed("add", [1], {1: 2})),
    "a call of a number": (wire.CALL, 1, packed(1, [], {})),
    "a call of a function that was not given": (wire.INVOKE, 1, packed(4, [], {})),
    "items of what is no stream": (wire.MORE, 1, packed(4, [1], {})),
}


class TestWhatIsNoMessage:
    @pytest.mark.parametrize("kind", NOT_FRAMES)
    def test_ends_the_connection_with_an_error_that_says_so(self, peer, kind):
        peer.socket.sendall(NOT_FRAMES[kind])

        error = peer.outcome()
        assert isinstance(error, WireBrokenError), error
        assert error.cause
        assert peer.channel.is_closed
        with pytest.raises(PeerGoneError):
            peer.channel.call("add")

    @pytest.mark.parametrize("kind", BAD_FRAMES)
    def test_is_found_in_messages_too(self, peer, kind):
        peer.send(*BAD_FRAMES[kind])

        error = peer.outcome()
        assert isinstance(error, PeerGoneError), error
        assert error.cause != "it has closed the connection"
        assert peer.channel.is_closed

    def test_of_another_version_is_told_by_both_versions(self, peer):
        peer.socket.sendall(NOT_FRAMES["another version"])
        assert "it has version 99 of the wire, and this process version 1" in str(peer.outcome())

    def test_may_come_byte_by_byte(self, peer):
        for byte in peer.frame(wire.REPLY, 1, msgpack.packb(3)):
            peer.socket.sendall(bytes([byte]))
        assert peer.outcome() == 3

    def test_that_does_not_go_on_is_not_waited_for_beyond_a_deadline(self, peer):
        peer.socket.sendall(peer.frame(wire.REPLY, 1, b"", length=1000))
        with pytest.raises(TimeoutError):
            peer.channel.call("add", deadline_s=0.05)

    def test_from_which_an_end_is_cut_off_is_the_end_of_the_connection(self, peer):
        peer.socket.sendall(peer.frame(wire.REPLY, 1, b"12", length=1000))
        peer.socket.close()
        assert isinstance(peer.outcome(), PeerGoneError)


class TestMemory:
    def test_is_not_set_aside_for_what_is_only_promised(self, peer):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peer.socket.sendall(peer.frame(wire.REPLY, 1, b"", length=wire.MOST_BODY_BYTES))
        nested = (b"\xdd" + struct.pack(">I", 100_000)) * 500
        with pytest.raises(ValueError, match="cannot be read"):
            values.read(nested + bytes(100_000), lambda: None)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000

    def block(self, size=4096, seals=fcntl.F_SEAL_SHRINK):
        descriptor = os.memfd_create("test", os.MFD_ALLOW_SEALING)
        os.ftruncate(descriptor, size)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
        return descriptor

    def give(self, peer, descriptor, size, number=1):
        peer.send(wire.BLOCK, number, msgpack.packb(size), beginning=wire.WITH_DESCRIPTOR, descriptors=[descriptor])
        os.close(descriptor)

    def test_that_could_be_taken_away_is_not_mapped(self, peer):
        self.give(peer, self.block(seals=0), 4096)
        assert "can shrink" in str(peer.outcome())

    @pytest.mark.parametrize("size", [0, 4097, -1, "4096", 2**50])
    def test_of_another_size_is_not_mapped(self, peer, size):
        self.give(peer, self.block(), size)
        assert isinstance(peer.outcome(), WireBrokenError)

    def test_is_mapped_if_it_is_as_it_should_be(self, peer):
        self.give(peer, self.block(), 4096)
        peer.send(wire.REPLY, 1, marked(wire.NDARRAY, *ARRAY, False, 1, 64))
        assert peer.outcome().tolist() == [0, 0, 0, 0]

    @pytest.mark.parametrize("offset", [4096 - 31, 4096, -8, 2**62])
    def test_is_not_read_outside_of_a_block(self, peer, offset):
        self.give(peer, self.block(), 4096)
        peer.send(wire.REPLY, 1, marked(wire.NDARRAY, *ARRAY, False, 1, offset))
        assert isinstance(peer.outcome(), PeerGoneError)

    def test_is_not_given_without_end(self, peer):
        for number in range(1, wire.MOST_BLOCKS + 2):
            try:
                self.give(peer, self.block(), 4096, number)
            except OSError:
                break
        assert "one too many" in str(peer.outcome())

    def test_of_a_file_on_disk_is_not_mapped(self, peer, tmp_path):
        path = tmp_path / "file"
        path.write_bytes(bytes(4096))
        self.give(peer, os.open(path, os.O_RDWR), 4096)
        assert isinstance(peer.outcome(), WireBrokenError)


class TestDescriptors:
    def test_that_nobody_asked_for_are_closed(self, peer):
        before = len(os.listdir("/dev/fd"))
        for number in range(wire.MOST_FILES + 1):
            peer.send(wire.FILE, number, beginning=wire.WITH_DESCRIPTOR, descriptors=[0])
        assert "files were sent" in str(peer.outcome())
        until(lambda: len(os.listdir("/dev/fd")) <= before)

    def test_of_which_a_message_has_many_end_the_connection(self, peer):
        before = len(os.listdir("/dev/fd"))
        peer.send(wire.FILE, 1, beginning=wire.WITH_DESCRIPTOR, descriptors=[0] * 100)
        assert "more descriptors" in str(peer.outcome())
        until(lambda: len(os.listdir("/dev/fd")) <= before)

    def test_with_a_message_that_has_none_end_the_connection(self, peer):
        before = len(os.listdir("/dev/fd"))
        peer.send(wire.REPLY, 1, msgpack.packb(1), beginning=wire.WITH_DESCRIPTOR, descriptors=[0])
        assert isinstance(peer.outcome(), PeerGoneError)
        until(lambda: len(os.listdir("/dev/fd")) <= before)


class TestFloods:
    def flood(self, peer, frames):
        """Send *frames* until the connection is closed."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for frame in frames:
                peer.socket.sendall(frame)
        until(lambda: peer.channel.is_closed)

    def test_of_requests_end_the_connection(self, peer):
        release = threading.Event()
        peer.plugin.spin = release.wait
        body = packed("spin", [], {})
        self.flood(peer, (peer.frame(wire.CALL, number, body) for number in range(1, wire.MOST_QUEUED + 100)))
        release.set()
        assert "one too many" in str(peer.outcome())

    def test_of_notifications_end_the_connection(self, peer):
        release = threading.Event()
        peer.channel._notes._notified = lambda *_: release.wait()
        body = packed("topic", None)
        self.flood(peer, (peer.frame(wire.NOTIFY, 0, body) for _ in range(3 * wire.MOST_NOTES)))
        release.set()
        assert "too many notifications" in str(peer.outcome())

    def test_of_items_that_were_not_asked_for_are_an_error(self, peer):
        peer.send(wire.REPLY, 1, marked(wire.STREAM, 1))
        stream = peer.outcome()

        def answer():
            while peer.socket.recv(2**16):
                peer.send(wire.REPLY, 2, packed(list(range(1000)), False))
                return

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(TypeError, match="more items than"):
            next(stream)
        thread.join()


def test_a_function_is_called_only_if_it_was_given(peer):
    """A number is no address: what was not given cannot be called, whatever number is tried."""
    assert peer.channel.given._objects == {}
    peer.send(wire.INVOKE, 1, packed(id(print), [], {}))
    assert isinstance(peer.outcome(), PeerGoneError)


def test_an_array_of_the_standard_library_is_as_long_as_it_says(peer):
    size = array.array("d").itemsize
    peer.send(wire.REPLY, 1, marked(wire.ARRAY, "d", 2**40, bytes(size)))
    began = time.monotonic()
    assert isinstance(peer.outcome(), PeerGoneError)
    assert time.monotonic() - began < 5
