"""Errors that the user can correct: shown as one `error:` line, never as a traceback.

UttError
├── LogError            the log cannot be read, understood or written
└── RefusedEntryError   an entry that would damage the log
"""


class UttError(Exception):
    """The command cannot be done; the message says why and, where possible, what to do.

    A plugin may raise it too: the program prints `error: MESSAGE` on stderr and exits with 1.
    """

    hint: str = ""
    """What the user can do; printed on a line of its own, if it is set."""


class LogError(UttError):
    """The log cannot be read, holds a line that is no entry, or cannot be written."""


class RefusedEntryError(UttError):
    """Adding the entry would damage the log; the log has not been touched."""
