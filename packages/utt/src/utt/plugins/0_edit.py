"""`utt edit`: open the log in an editor."""

from __future__ import annotations

import os
import sys

from utt.api import v1

_NOT_STARTED = (126, 127, 9009)
"""The statuses with which shells say that there is no such program, or that it cannot be run; the last on Windows."""


class EditHandler:
    """Runs the user's editor on the log and waits until it ends."""

    def __init__(self, data_filename: v1.DataFilename) -> None:
        self._data_filename = data_filename

    def __call__(self) -> None:
        import signal
        import subprocess

        # Ctrl-C is for the editor. The child does not inherit a handler, but it would inherit `SIG_IGN`.
        state = _state(self._data_filename)
        before = signal.signal(signal.SIGINT, lambda _signal, _frame: None)
        try:
            # `VISUAL` may be a command line, such as `code -w`, so a shell runs it; the path is one word of it.
            command = f"{_editor()} {_quoted(self._data_filename)}"
            with v1.log_editing(self._data_filename) as inherited:
                status = subprocess.call(command, shell=True, pass_fds=inherited)  # noqa: S602
        finally:
            signal.signal(signal.SIGINT, before)
        if _state(self._data_filename) != state:
            v1.tell_log_changed(self._data_filename)
        if status in _NOT_STARTED:
            raise v1.UttError(f"cannot start the editor {_editor()!r}; set VISUAL or EDITOR to one that is installed")


def _state(path: str) -> tuple[int, int, int] | None:
    """Return what changes when the file does; None if there is none that can be seen."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _editor() -> str:
    for variable in ("VISUAL", "EDITOR"):
        editor = os.environ.get(variable, "")
        if editor.strip():
            return editor
    return "vi"


def _quoted(path: str) -> str:
    if path.startswith("-"):  # else the editor takes it for an option
        path = os.path.join(os.curdir, path)  # noqa: PTH118
    if sys.platform == "win32":
        return f'"{path}"'
    import shlex

    return shlex.quote(path)


v1.register_command(v1.Command("edit", "Open your log in an editor", EditHandler, lambda _parser: None))
