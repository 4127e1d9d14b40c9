"""How does one process call functions in another one? Both ends of a connection are alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    Serve = Callable[[str], Callable[..., object]]
    """Returns the function that a call means, or raises."""


def _ignore(topic: str, data: object) -> None:
    del topic, data


class Channel:
    """One end of a connection.

    Any thread may call. A thread that waits for a result reads the socket itself, and runs the callbacks that come
    meanwhile. What comes while nobody waits is handled by threads of the channel.
    """

    def __init__(
        self,
        connection: socket.socket,
        *,
        serve: Serve,
        notified: Callable[[str, object], None] = _ignore,
        name: str = "",
    ) -> None:
        """Take over *connection*; nothing is sent or read before `call` or `run`.

        Args:
            connection: A connected Unix stream socket, one of a pair.
            serve: Returns the function that a call of the peer means; what it raises is raised at the peer.
            notified: Takes the peer's one-way messages, in any thread, one after the other.
            name: What is at the other end, for errors: e.g. `plugin 'csv' of acme-csv 1.2.0`.
        """
        raise NotImplementedError

    def call(
        self,
        target: str,
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
        *,
        deadline_s: float | None = None,
    ) -> object:
        """Call what *target* means at the peer, and return its result.

        Args:
            target: Given to the peer's `serve`.
            args: Plain data, bytes, arrays, open files, iterators, functions; likewise in *kwargs*.
            kwargs: Arguments by name.
            deadline_s: Seconds to wait; forever if None. Then the call is cancelled at the peer.

        Raises:
            CannotTravelError: An argument, or the result, cannot be sent.
            CallDeadlineError: It took longer than *deadline_s*.
            PeerGoneError: The connection has ended.
            RemoteError: The peer has raised something else than a built-in exception; those are raised as they are,
                from a `RemoteError` with the traceback.
        """
        raise NotImplementedError

    async def acall(
        self,
        target: str,
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
        *,
        deadline_s: float | None = None,
    ) -> object:
        """Do the same without blocking the event loop; the call is cancelled with its task."""
        raise NotImplementedError

    def notify(self, topic: str, data: object) -> None:
        """Send *data*, which is plain, to the peer's `notified`; dropped without a word if the peer is gone."""
        raise NotImplementedError

    def run(self) -> None:
        """Serve the peer's calls in this thread and others until the connection ends; return then."""
        raise NotImplementedError

    def close(self) -> None:
        """End the connection; calls under way raise `PeerGoneError`. Closing twice does nothing."""
        raise NotImplementedError

    @property
    def is_closed(self) -> bool:
        """Whether the connection has ended, on whichever side."""
        raise NotImplementedError
