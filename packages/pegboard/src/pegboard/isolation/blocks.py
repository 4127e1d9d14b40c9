"""Which memory do two processes share, and when can it be used again?

In: sizes, descriptors that the other end has sent, numbers of blocks that it names. Out: memory, and the views of it.
A block is memory that one process has made and the other has mapped. Each end counts the uses of a block: the views of
it that live here, and the references to it that have been sent and that the other end has not yet said to be unused.
A block that is not used is kept warm for the next message.
"""

from __future__ import annotations

import bisect
import os
import threading
import weakref
from collections import deque
from mmap import mmap
from typing import TYPE_CHECKING, Any, ClassVar

from pegboard.isolation import wire

if TYPE_CHECKING:
    from collections.abc import Callable

_HAS_SEALS = hasattr(os, "memfd_create")
_SMALLEST = 2**16
_MOST_FREE_BYTES = 256 * 2**20
_MOST_FREE = 16


def shared_array(shape: int | tuple[int, ...], dtype: object = float) -> Any:
    """Return a NumPy array of zeros whose memory plugins in other processes use in place.

    Args:
        shape: As for `numpy.zeros`.
        dtype: As for `numpy.zeros`; no type that holds objects.

    Returns:
        An array, which such plugins read and write without a copy when it, or a part of it, is passed to them.

    Raises:
        TypeError: If *dtype* holds Python objects.
    """
    import importlib
    import math

    numpy = importlib.import_module("numpy")
    kind = numpy.dtype(dtype)
    if kind.hasobject:
        raise TypeError(f"an array of {kind} holds objects, which other processes cannot use")
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    memory = Memory.made(max(1, math.prod(shape) * kind.itemsize))
    return numpy.ndarray(shape, kind, memory.lease())


def shared_buffer(size: int) -> memoryview:
    """Return *size* zero bytes of memory that plugins in other processes use in place.

    Args:
        size: In bytes; at least 1.

    Returns:
        A writable view, which such plugins read and write without a copy when it, or a part of it, is passed to them.

    Raises:
        ValueError: If *size* is less than 1.
    """
    if size < 1:
        raise ValueError(f"{size} is less than 1")
    return memoryview(Memory.made(size).lease()).cast("B")[:size]


class Memory:
    """Memory that is mapped into this process and can be mapped into another."""

    _all: ClassVar[dict[int, Memory]] = {}
    _addresses: ClassVar[list[int]] = []
    _lock = threading.Lock()
    _ended: ClassVar[deque[Memory]] = deque()

    def __init__(self, descriptor: int, size: int, *, is_foreign: bool = False) -> None:
        self.size = size
        self.is_foreign = is_foreign
        """Whether another process has made it."""
        self.descriptor: int | None = descriptor
        """None when it is not needed any more."""
        self.users: set[Callable[[], None]] = set()
        """The ends of connections that know it: each is told when a view is gone."""
        self.given = 0
        """How many have known it: what two know is not used anew, since one could read what is meant for the other."""
        self._map = mmap(descriptor, size)
        from ctypes import addressof, c_char  # few processes share memory

        self._kind = c_char * size
        self.address = addressof(c_char.from_buffer(self._map))
        self._leases: dict[int, tuple[weakref.ref[Any], Callable[[], None] | None]] = {}
        with Memory._lock:
            bisect.insort(Memory._addresses, self.address)
            Memory._all[self.address] = self

    @classmethod
    def made(cls, size: int) -> Memory:
        """Return new memory, of zeros.

        Raises:
            MemoryError: If there is not so much.
        """
        cls._tidy()
        try:
            return cls(_allocated(size), size)
        except (OSError, OverflowError) as error:
            raise MemoryError(f"no {size} bytes of shared memory can be had: {error}") from error

    @classmethod
    def at(cls, address: int, size: int) -> Memory | None:
        """Return the memory that the *size* bytes at *address* lie in; None if they do not lie in shared memory."""
        with cls._lock:
            index = bisect.bisect_right(cls._addresses, address) - 1
            if index < 0:
                return None
            memory = cls._all[cls._addresses[index]]
        return memory if address + size <= memory.address + memory.size else None

    def lease(self, ended: Callable[[], None] | None = None) -> Any:
        """Return an object with a buffer: while it, or a view of it, lives, the memory is used.

        Args:
            ended: Called when that is over; at any time in any thread, so that it takes no lock.
        """
        lease = self._kind.from_buffer(self._map)
        ref = weakref.ref(lease, self._end_lease)
        self._leases[id(ref)] = ref, ended
        return lease

    def bytes(self) -> memoryview:
        """Return a view that does not count as a use."""
        return memoryview(self._map)

    @property
    def is_viewed(self) -> bool:
        """Whether there is a lease."""
        return bool(self._leases)

    def _end_lease(self, ref: weakref.ref[Any]) -> None:
        _, ended = self._leases.pop(id(ref))
        if ended is not None:
            ended()
        for told in list(self.users):
            told()
        if not self.users and not self.is_foreign:
            Memory._ended.append(self)
            Memory._tidy()

    @classmethod
    def _tidy(cls) -> None:
        """Give back what nobody uses, if no other thread is about to."""
        while cls._ended and cls._lock.acquire(blocking=False):
            try:
                memory = cls._ended.popleft() if cls._ended else None
                if memory is not None and not memory.is_viewed and not memory.users:
                    memory._forget()  # noqa: SLF001 -- of this class
            finally:
                cls._lock.release()

    def drop(self) -> None:
        """Forget it; it is unmapped when its last view is gone."""
        with Memory._lock:
            self._forget()

    def _forget(self) -> None:
        if Memory._all.pop(self.address, None) is not None:
            Memory._addresses.remove(self.address)
        self.close_descriptor()

    def close_descriptor(self) -> None:
        descriptor, self.descriptor = self.descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def _free_lock_in_child() -> None:
    """Let the child of a fork use memory even if another thread of its parent was about to."""
    Memory._lock = threading.Lock()  # noqa: SLF001 -- of this file


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_free_lock_in_child)


def _allocated(size: int) -> int:
    """Return the descriptor of *size* bytes that nobody can take away: neither a full disk nor the other process."""
    if _HAS_SEALS:
        import fcntl

        descriptor = os.memfd_create("pegboard", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.posix_fallocate(descriptor, 0, size)
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor
    import importlib
    import secrets

    shm: Any = importlib.import_module("_posixshmem")  # `multiprocessing` would start a process to watch over it
    name = f"/pg{secrets.token_hex(6)}"
    descriptor = int(shm.shm_open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode=0o600))
    shm.shm_unlink(name)
    os.ftruncate(descriptor, size)
    return descriptor


def _mapped(descriptor: int, size: int) -> Memory:
    """Map memory that another process has sent, and close *descriptor*.

    Raises:
        ValueError: If it is not what it should be; above all, memory that can shrink could end this process.
    """
    try:
        if not 0 < size <= wire.MOST_BLOCK_BYTES or os.fstat(descriptor).st_size < size:
            raise ValueError(f"a block has not the {size} bytes that it should have")
        if _HAS_SEALS:
            import fcntl

            if not fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SHRINK:
                raise ValueError("a block can shrink")
        memory = Memory(descriptor, size, is_foreign=True)
        memory.descriptor = None
    except OSError as error:
        raise ValueError(f"a block cannot be mapped: {error}") from error
    finally:
        os.close(descriptor)
    return memory


class Blocks:
    """The memory that one end of a connection has given, and that it was given."""

    def __init__(self, give: Callable[[int, Memory], None], ended: Callable[[], None]) -> None:
        """Begin without any.

        Args:
            give: Sends number and descriptor of memory to the other end.
            ended: Called when a view is gone, at any time in any thread; has `settle` called soon.
        """
        self._give = give
        self._ended = ended
        self._giving = threading.Lock()
        self._lock = threading.Lock()
        self._number = 0
        self._own: dict[int, Memory] = {}
        self._numbers: dict[Memory, int] = {}
        self._uses: dict[int, int] = {}
        """References to own blocks that the other end has."""
        self._free: dict[int, Memory] = {}
        self._foreign: dict[int, Memory] = {}
        self._returned: dict[int, int] = {}
        """References to foreign blocks that the other end has got back and has not looked at yet."""
        self._gone: deque[int] = deque()
        """The foreign block of each view that is gone, and of which the other end has not been told."""
        self._seen: deque[int] = deque()
        """Own blocks that the other end has returned, and has not been told that they have arrived."""

    # -- sending ------------------------------------------------------------------------------------------------------

    def arena(self, size: int) -> tuple[int, Memory]:
        """Return warm memory of at least *size* bytes, used once, for what is about to be sent, and its number."""
        with self._lock:
            most = max(2 * size, _SMALLEST)
            fitting = [n for n, each in self._free.items() if size <= each.size <= most and each.given == 1]
            if fitting:
                number = min(fitting, key=lambda each: self._free[each].size)
                self._uses[number] += 1
                return number, self._free.pop(number)
        memory = Memory.made(_rounded(size))
        number = self._given(memory)
        memory.close_descriptor()
        return number, memory

    def refer(self, address: int, size: int) -> tuple[bool, int, int] | None:
        """Count one more reference to the block in which the *size* bytes at *address* lie.

        Returns:
            Whether it is the other end's, its number, and the offset of the bytes; None if they are in no block.
        """
        memory = Memory.at(address, size)
        if memory is None:
            return None
        if not memory.is_foreign:
            if memory not in self._numbers and memory.descriptor is None:
                return None  # of another connection's pool
            return False, self._given(memory), address - memory.address
        with self._lock:
            number = next((number for number, each in self._foreign.items() if each is memory), None)
            if number is None:
                return None
            self._returned[number] = self._returned.get(number, 0) + 1
        return True, number, address - memory.address

    def take_back(self, number: int, *, is_foreign: bool) -> None:
        """Count one reference less, which was not sent, or of which the other end says that it is not used.

        Raises:
            ValueError: If there is none.
        """
        counts = self._returned if is_foreign else self._uses
        with self._lock:
            if counts.get(number, 0) < 1:
                raise ValueError(f"block {number} was not used")
            counts[number] -= 1
            memory = self._own.get(number)
            if memory is not None and not is_foreign and self._is_free(number, memory):
                self._free[number] = memory
                if memory.given > 1 or len(self._free) > 1:
                    self._ended()  # it may be one that is not kept

    def _given(self, memory: Memory) -> int:
        """Return the number of *memory*, used once more; give it to the other end before, if it does not know it."""
        with self._giving:
            with self._lock:
                number = self._numbers.get(memory)
                if number is not None:
                    self._uses[number] += 1
                    self._free.pop(number, None)
                    return number
                if len(self._own) >= wire.MOST_BLOCKS:
                    raise MemoryError(f"{wire.MOST_BLOCKS} blocks of shared memory are in use by the other process")
                self._number = number = self._number + 1
            self._give(number, memory)
            with self._lock:
                self._own[number], self._numbers[memory], self._uses[number] = memory, number, 1
                memory.users.add(self._ended)
                memory.given += 1
            return number

    # -- receiving ----------------------------------------------------------------------------------------------------

    def receive(self, number: int, size: object, descriptor: int) -> None:
        """Map a block of the other end.

        Raises:
            ValueError: If it cannot be one.
        """
        if type(size) is not int or number in self._foreign or len(self._foreign) >= wire.MOST_BLOCKS:
            os.close(descriptor)
            raise ValueError(f"block {number} is one too many")
        memory = _mapped(descriptor, size)
        memory.users.add(self._ended)
        with self._lock:
            self._foreign[number] = memory

    def lease(self, number: int, *, is_own: bool) -> tuple[Any, int]:
        """Return the lease of a block that a message names, and its size.

        Raises:
            ValueError: If there is none.
        """
        with self._lock:
            memory = (self._own if is_own else self._foreign).get(number)
            if memory is None:
                raise ValueError(f"there is no block {number}")
            if not is_own:
                return memory.lease(lambda: self._gone.append(number)), memory.size
            self._seen.append(number)
            lease = memory.lease()
        self._ended()
        return lease, memory.size

    def forget(self, number: int) -> None:
        """Unmap a block of the other end.

        Raises:
            ValueError: If there is none.
        """
        with self._lock:
            memory = self._foreign.pop(number, None)
            self._returned.pop(number, None)
        if memory is None:
            raise ValueError(f"there is no block {number}")
        memory.drop()

    # -- afterwards ---------------------------------------------------------------------------------------------------

    def settle(self) -> tuple[dict[int, int], dict[int, int], list[int]]:
        """Return what the other end has to be told.

        Returns:
            How many uses of its blocks are over, how often it has returned own blocks, which own blocks to forget.
        """
        unused: dict[int, int] = {}
        seen: dict[int, int] = {}
        with self._lock:
            for _ in range(len(self._gone)):
                number = self._gone.popleft()
                if self._returned.get(number):  # or the other end would use it anew before it looks at what it got
                    self._gone.append(number)
                elif number in self._foreign:
                    unused[number] = unused.get(number, 0) + 1
            for _ in range(len(self._seen)):
                number = self._seen.popleft()
                seen[number] = seen.get(number, 0) + 1
            return unused, seen, self._spare()

    def _spare(self) -> list[int]:
        """Return the numbers of blocks that are not kept; the newest ones are."""
        spare = []
        for number, memory in list(self._own.items()):
            if number not in self._free and self._is_free(number, memory):
                self._free[number] = memory
        size = sum(memory.size for memory in self._free.values())
        for number, memory in list(self._free.items()):
            if memory.given > 1 or len(self._free) > _MOST_FREE or size > _MOST_FREE_BYTES:
                spare.append(number)
                size -= memory.size
                self._drop_own(number)
        return spare

    def _is_free(self, number: int, memory: Memory) -> bool:
        return not self._uses[number] and not memory.is_viewed

    def close(self) -> None:
        """Drop all; views that live go on."""
        with self._lock:
            for memory in self._foreign.values():
                memory.drop()
            self._foreign.clear()
            for number in list(self._own):
                self._drop_own(number)

    def _drop_own(self, number: int) -> None:
        memory = self._own.pop(number)
        self._free.pop(number, None)
        del self._numbers[memory], self._uses[number]
        memory.users.discard(self._ended)
        if not memory.users and not memory.is_viewed:
            memory.drop()


def _rounded(size: int) -> int:
    """Return a size to make, so that one block fits several messages of about one size."""
    if size <= _SMALLEST:
        return _SMALLEST
    step = 1 << (size - 1).bit_length() - 3
    return -(-size // step) * step
