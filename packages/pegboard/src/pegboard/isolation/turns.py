"""Which thread reads from a connection?

In: threads that wait for something. Out: each frame is handed on by the thread whose turn it is, and a thread that
waits for an answer mostly reads it itself, so that no other thread has to wake up. Where nobody reads, an *attendant*,
a thread of the connection, does so: it looks after a moment, sleeps while all is well, and gives way to who waits.
"""

from __future__ import annotations

import io
import os
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from pegboard.errors import PeerGoneError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from pegboard.isolation.connection import Connection, Frame

    class Waiter(Protocol):
        """Somebody who waits for something to be put into an inbox."""

        inbox: list[Any]
        gate: threading.Lock | None
        """Acquired, if there is one; whoever puts something into the inbox releases it."""


_MOMENT_S = 0.002
"""How long nobody may read before the attendant does, if there is reason to."""
_LONG = 25
"""After so many moments without a change the attendant reads without a reason, or sleeps."""


def wake(waiter: Waiter) -> None:
    """Wake *waiter*, or have it not go to sleep."""
    gate = waiter.gate
    try:
        if gate is not None:
            gate.release()
    except RuntimeError:  # it is released already
        pass


class Turns:
    """Whose turn it is to read from one connection."""

    def __init__(
        self,
        connection: Connection,
        *,
        hand_on: Callable[[Frame], None],
        ended: Callable[[PeerGoneError], None],
        is_needed: Callable[[], bool],
        tidy: Callable[[], None],
    ) -> None:
        """Begin without any thread.

        Args:
            connection: What is read.
            hand_on: Takes a frame; it neither blocks nor sends.
            ended: Called once, when there is no more to read.
            is_needed: Returns whether somebody has to read even if nobody waits here.
            tidy: Called soon after `ask_to_tidy`; it neither blocks nor sends.
        """
        self._connection = connection
        self._hand_on_frame, self._ended = hand_on, ended
        self._is_needed, self._tidy = is_needed, tidy
        self._turn = threading.Lock()
        self._waiting: dict[Waiter, None] = {}
        self._episodes = 0
        self.has_tasks = False
        """Whether somebody waits who cannot read: a task."""
        self.reader: Waiter | None = None
        """Whose turn it is, unless it is the attendant's."""
        self._attendant: threading.Thread | None = None
        self._is_attending = self._is_asleep = self._has_to_tidy = False
        self._alarm: SimpleQueue[None] = SimpleQueue()
        wake_end, ring_end = os.pipe()
        os.set_blocking(wake_end, False)
        os.set_blocking(ring_end, False)
        self._wake_end, self._ring_end = io.FileIO(wake_end, "r"), io.FileIO(ring_end, "w")

    def start(self) -> None:
        """Start the attendant, if that has not been done."""
        if self._attendant is None:
            self._attendant = threading.Thread(
                target=self._attend, name=f"pegboard: {self._connection.name}", daemon=True
            )
            self._attendant.start()

    def wait(self, waiter: Waiter, until: float | None = None) -> bool:
        """Read, or let others read, until something is in the inbox of *waiter*; return whether there is.

        Args:
            waiter: It is this thread.
            until: The end of the wait, by the monotonic clock.
        """
        if self._turn.acquire(False):  # mostly nobody else reads
            try:
                self._read(waiter, until)
            finally:
                self.reader = None
                self._turn.release()
                if self._waiting or self._is_asleep or self.has_tasks or self._connection.has_more:
                    self._pass_on()
        if waiter.inbox or (until is not None and time.monotonic() >= until):
            return bool(waiter.inbox)
        return self._wait_for_turn(waiter, until)

    def _wait_for_turn(self, waiter: Waiter, until: float | None) -> bool:
        if waiter.gate is None:
            waiter.gate = threading.Lock()
            waiter.gate.acquire()
        self._waiting[waiter] = None
        try:
            while not waiter.inbox:
                if self._turn.acquire(False):
                    try:
                        self._read(waiter, until)
                    finally:
                        self.reader = None
                        self._turn.release()
                else:
                    if self._is_attending:
                        self._ring()
                    waiter.gate.acquire(timeout=-1 if until is None else max(0.0, until - time.monotonic()))
                if until is not None and time.monotonic() >= until:
                    break
        finally:
            self._waiting.pop(waiter, None)
            self._pass_on()
        return bool(waiter.inbox)

    def ask_to_tidy(self) -> None:
        """Have `tidy` called soon; may be called at any time, and takes no lock."""
        self._has_to_tidy = True
        if self._is_attending:
            self._ring()
        elif self._is_asleep:
            self._alarm.put(None)

    def attend_now(self) -> None:
        """Have the attendant read at once: the threads that could are about to do something else."""
        self._alarm.put(None)

    def end(self) -> None:
        """Wake the attendant, which sees that the connection is closed; close it if nobody is reading."""
        if self._turn.acquire(False):
            try:
                self._ended(self._connection.gone())
            finally:
                self._turn.release()
        self._ring()
        self._alarm.put(None)

    def drop(self) -> None:
        """Close what wakes the attendant, unless there is one: it does so when it ends."""
        if self._attendant is None:
            self._close()

    def drop_in_child(self) -> None:
        """Close it in the child of a fork, which has no attendant."""
        self._attendant = None
        self._close()

    def _close(self) -> None:
        self._wake_end.close()
        self._ring_end.close()

    def _read(self, waiter: Waiter, until: float | None) -> None:
        """Read until something is in the inbox of *waiter*, whose turn it is."""
        self._episodes += 1
        self.reader = waiter
        connection = self._connection
        try:
            while not waiter.inbox:
                if until is not None and not connection.wait(until - time.monotonic()):
                    return
                frame = connection.read()
                if frame is not None:
                    self._hand_on_frame(frame)
                connection.is_handing = False
        except PeerGoneError as error:
            self._ended(error)

    def _pass_on(self) -> None:
        """Let the next one read, if there is one, or the attendant, if it has to."""
        if self._waiting:
            self._wake_next()
        elif self._is_asleep or self._connection.has_more or self.has_tasks:
            self._alarm.put(None)

    def _wake_next(self) -> None:
        if self._turn.locked():
            return
        try:
            waiter = next(iter(self._waiting), None)
        except RuntimeError:  # another thread has come or gone: the attendant looks after this
            return
        if waiter is not None:
            wake(waiter)

    def _ring(self) -> None:
        try:
            self._ring_end.write(b"!")
        except (OSError, ValueError):  # it is closed
            pass

    # -- the attendant ------------------------------------------------------------------------------------------------

    def _attend(self) -> None:
        seen, moments = -1, 0
        while not self._connection.is_closed:
            is_asked = self._sleep(moments)
            if self._has_to_tidy:
                self._has_to_tidy = False
                self._tidy()
            is_still = seen == self._episodes
            moments = moments + 1 if is_still else 0
            seen = self._episodes
            if self._turn.locked():
                continue
            if self._waiting:
                self._wake_next()
            elif is_asked or moments > _LONG or (is_still and self._is_needed()):
                self._attend_until_somebody_waits()
                moments = 0
        self._ended(self._connection.gone())
        self._close()

    def _sleep(self, moments: int) -> bool:
        """Sleep for a moment, or, if somebody has been reading for long, until that ends; return whether woken."""
        try:
            if moments > _LONG and self._turn.locked():
                self._is_asleep = True
                if self._turn.locked() and not self._has_to_tidy:
                    self._alarm.get()
            else:
                self._alarm.get(timeout=_MOMENT_S)
        except Empty:
            return False
        finally:
            self._is_asleep = False
        return True

    def _attend_until_somebody_waits(self) -> None:
        if not self._turn.acquire(False):
            return
        self._is_attending = True
        self._episodes += 1
        connection = self._connection
        try:
            while not self._waiting and not self._has_to_tidy:
                if connection.wait(None, self._wake_end.fileno()):
                    frame = connection.read()
                    if frame is not None:
                        self._hand_on_frame(frame)
                    connection.is_handing = False
                elif self._drained() and connection.is_closed:
                    break
        except PeerGoneError as error:
            self._ended(error)
        finally:
            self._is_attending = False
            self._turn.release()
            if self._waiting:
                self._wake_next()
            elif self._has_to_tidy:
                self._alarm.put(None)

    def _drained(self) -> bool:
        while self._wake_end.read(4096):
            pass
        return True
