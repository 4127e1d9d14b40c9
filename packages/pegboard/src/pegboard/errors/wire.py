"""What can go wrong when two processes talk to each other?"""

from __future__ import annotations

from pegboard.errors.base import PegboardError
from pegboard.terminal import shortened, visible

_MOST_CHARACTERS = 20_000
"""How much of a traceback that another process has sent is shown."""


class IsolationError(PegboardError):
    """Base of what goes wrong between an application and a plugin in another process."""

    code = "isolation-error"


class PeerGoneError(IsolationError, ConnectionError):
    """The connection to another process has ended; what was under way there has no result."""

    code = "peer-gone"
    _what = "the connection to {peer} has ended"
    peer: str  #: What is at the other end, e.g. a plugin with its distribution.
    cause: str


class WireBrokenError(PeerGoneError):
    """The other process has sent what is no message; the connection was closed."""

    code = "wire-broken"
    _what = "{peer} has sent what cannot be read; the connection was closed"


class RemoteError(IsolationError):
    """Code in another process has raised an exception."""

    code = "remote-error"
    _what = "{peer} has raised {type_name}"
    peer: str
    module: str  #: The module of the exception's class.
    type_name: str  #: The qualified name of the class.
    text: str  #: The exception as text.
    traceback: str = ""  #: Its traceback as the other process prints it.
    arguments: tuple[object, ...] | None = None  #: Its `args`, if they are plain data.

    def because(self) -> str | None:
        return self.text or None

    def where(self) -> str | None:
        return visible(shortened(self.traceback.rstrip(), _MOST_CHARACTERS), keeping="\n") or None

    def summary(self) -> str:
        text = " ".join(self.text.split())
        return visible(shortened(f"{self.what()}: {text}" if text else self.what(), _MOST_CHARACTERS))

    def as_cause(self) -> str:
        text = " ".join(self.text.split())
        return visible(shortened(f"{self.type_name}: {text}" if text else self.type_name, _MOST_CHARACTERS))

    def place_in(self, module: str) -> str | None:
        """Return the `file:line` of the innermost frame of the code of *module*; None if it has run no such code."""
        from re import findall

        path = module.replace(".", "/")
        frames = findall(r'^  File "([^"\n]+)", line (\d+)', self.traceback, flags=8)  # of each line, `re.MULTILINE`
        own = [f"{file}:{line}" for file, line in frames if f"/{path}." in file or f"/{path}/" in file]
        return own[-1] if own else None


class CannotTravelError(IsolationError, TypeError):
    """A value cannot be sent to another process; nothing was sent, and the connection goes on."""

    code = "cannot-travel"
    _what = "{value} cannot be sent to {peer}"
    _because = "{reason}"
    _hint = (
        "plain data, bytes, arrays, open files, iterators and functions can be sent; "
        "make one of these of it before it is passed or returned"
    )
    peer: str
    value: str  #: Where the value is, e.g. `argument 'doc'` or `result[3]`.
    type_name: str  #: Module and name of its type.
    reason: str


class CallDeadlineError(IsolationError, TimeoutError):
    """A call to another process has not returned in time; it was cancelled there."""

    code = "call-deadline"
    _what = "{peer} has not answered the call of {target} within {deadline_s} s"
    _because = "it was cancelled there, and its result will be dropped"
    peer: str
    target: str
    deadline_s: float
