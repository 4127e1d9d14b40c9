"""How do one-way messages get across in order, and never more than the other end can handle?"""

from __future__ import annotations

import sys
import threading
from collections import deque
from typing import TYPE_CHECKING

from pegboard.errors import PeerGoneError
from pegboard.isolation import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.isolation.connection import Frame
    from pegboard.isolation.link import Link

_AT_ONCE = 256
"""So many have been handled when the other end is told."""


class Notes:
    """The notifications of one connection, both ways."""

    def __init__(
        self, link: Link, notified: Callable[[str, object], None], run: Callable[[Callable[[], None]], None]
    ) -> None:
        self._link, self._notified, self._run = link, notified, run
        self.waiting: deque[Frame] = deque()
        """What has come and is not handled yet."""
        self._handling = threading.Lock()
        self.handler: int | None = None
        """The thread that handles them."""
        self._is_scheduled = False
        self._handled = 0
        self._window = threading.Condition()
        self._under_way = 0
        self._is_closed = False

    def send(self, topic: str, data: object) -> None:
        """Send a notification; wait while too many are under way.

        Raises:
            CannotTravelError: If *data* cannot be sent.
        """
        with self._window:
            while self._under_way >= wire.MOST_NOTES and not self._is_closed:
                self._window.wait()
            if self._is_closed:
                return
            self._under_way += 1
        try:
            self._link.send(wire.NOTIFY, 0, 0, [topic, data], lambda: [(f"the data of {topic!r}", data)])
        except BaseException as error:
            self.noted(1)
            if not isinstance(error, PeerGoneError):
                raise

    def noted(self, count: int) -> None:
        """Note that the other end has handled *count*."""
        with self._window:
            self._under_way -= min(count, self._under_way)
            self._window.notify_all()

    def take(self, frame: Frame) -> None:
        """Take a notification, to be handled soon.

        Raises:
            ValueError: If there are more than the other end may send.
        """
        if len(self.waiting) >= 2 * wire.MOST_NOTES:
            raise ValueError("too many notifications were sent at once")
        self.waiting.append(frame)
        if not self._is_scheduled:
            self._is_scheduled = True
            self._run(self.handle)

    def handle(self) -> None:
        """Handle all that have come, or wait until another thread has done so."""
        if self.handler == threading.get_ident():  # a handler has called the other end
            return
        with self._handling:
            self.handler = threading.get_ident()
            try:
                self._is_scheduled = False
                while self.waiting:
                    self._handle(self.waiting.popleft())
            finally:
                self.handler = None

    def close(self) -> None:
        """Wake whoever waits to send."""
        with self._window:
            self._is_closed = True
            self._window.notify_all()

    def _handle(self, frame: Frame) -> None:
        value = self._link.read(frame)
        if type(value) is not list or len(value) != 2 or type(value[0]) is not str:  # noqa: PLR2004
            raise ValueError("a notification has no topic")
        try:
            self._notified(value[0], value[1])
        except Exception:
            sys.excepthook(*sys.exc_info())
        self._handled += 1
        if self._handled >= _AT_ONCE:
            handled, self._handled = self._handled, 0
            try:
                self._link.send_bare(wire.NOTED, handled)
            except PeerGoneError:
                pass
