"""What is added to the log while an editor has it open is kept, whichever is saved last.

An editor that saves overwrites the log with its own copy, without what was appended since it read the file. So each
running editor has its notes, a file in a folder beside the log. Whoever appends an entry holds the lock of the log,
and writes the line to the notes of every editor first. When the editor has ended, the lines that the log lacks are put
back, in the order of time, and the user is told.

The notes are locked as long as the editor runs: it inherits the lock from `utt edit`. If both were killed, or an editor
goes on in the background, whoever reads the log next puts the lines back once the lock is free.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys

from pegboard.atomic_file import replace_file
from pegboard.terminal import tell, visible
from utt.domain.merging import missing, with_lines
from utt.exceptions import LogError
from utt.log.durable import append, beside, ends_its_line, locale_encoding, open_locked, remove_if_empty
from utt.log.lock import try_lock, unlock

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

# ruff: noqa: PTH101, PTH102, PTH103, PTH104, PTH108, PTH106, PTH110, PTH113, PTH116, PTH118, PTH120, PTH208, PTH100, PTH123
# The import of pathlib costs more than this module.

_OPEN = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0)
_IN_BACKGROUND = ".background"
"""The ending of notes whose `utt edit` has ended while its editor has not."""
_SHOWN_AT_MOST = 5


class log_editing:  # noqa: N801 -- used as a function is: `with log_editing(filename) as inherited:`
    """A context in which another program edits the log: nothing that is added meanwhile is lost.

    At the end, entries that were added and that the program has overwritten are put back, in the order of time, and
    the user is told, on standard error. Entering it returns the file descriptors that the program has to inherit, as
    `subprocess.run(..., pass_fds=...)` does it: then a program that goes on in the background is known to.

    Args:
        filename: The path of the log; its folder is made if it is missing.

    Raises:
        UttError: At the end, if entries cannot be put back. They are when the log can be read and written again.
    """

    def __init__(self, filename: str) -> None:
        self._path = os.path.abspath(filename)  # what is run may change the folder
        self._notes: str | None = None
        self._descriptor = -1
        self._before = b""

    def __enter__(self) -> Sequence[int]:
        recover(self._path, also_in_background=True)
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
        except OSError:
            return ()  # there is no log, and nobody can add one
        if os.path.exists(self._path) and not os.path.isfile(self._path):
            return ()  # such as /dev/null
        try:
            self._notes, self._descriptor = _new_notes(self._path)
        except OSError as exc:
            tell(f"utt: what is added while the editor is open may be lost: {exc.strerror or exc}\n")
            return ()
        # Whoever did not see the notes has finished when the lock is free; the editor then reads what they added.
        self._before = _read_locked(self._path)
        if sys.platform == "win32":
            return ()
        return (self._descriptor,)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._notes is None:
            return
        try:
            if os.fstat(self._descriptor).st_size:
                _put_back(self._path, self._descriptor, self._before)
        except BaseException:
            os.close(self._descriptor)  # whoever reads the log next tries again
            raise
        _release(self._path, self._notes, self._descriptor)


class noted:  # noqa: N801
    """A context in which an entry is appended to the log, whose lock is held: every editor's notes have it.

    Args:
        path: The path of the log.
        line: The entry with its line end.
    """

    def __init__(self, path: str, line: bytes) -> None:
        self._path = path
        self._line = line
        self._written: list[tuple[int, int]] = []

    def __enter__(self) -> None:
        try:
            for notes in _all_notes(self._path):
                self._write(notes)
        except BaseException:
            self._take_back()
            self._close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:  # the entry is not in the log
            self._take_back()
        self._close()

    def _write(self, notes: str) -> None:
        try:
            descriptor = os.open(notes, _OPEN)
        except FileNotFoundError:
            return  # the editor has ended
        except PermissionError:
            if _is_held(notes):
                raise PermissionError(errno.EACCES, "another user has it open in an editor") from None
            return  # left by an `utt edit` that was killed
        size = os.fstat(descriptor).st_size
        self._written.append((descriptor, size))
        if try_lock(descriptor):
            if not size:  # left by an `utt edit` that was killed, and of no use
                os.unlink(notes)
            unlock(descriptor)
            return
        lead = b"" if ends_its_line(descriptor, size) else b"\n"
        append(descriptor, size, lead + self._line)

    def _take_back(self) -> None:
        for descriptor, size in self._written:
            os.ftruncate(descriptor, size)

    def _close(self) -> None:
        for descriptor, _ in self._written:
            os.close(descriptor)


def recover(path: str, *, also_in_background: bool = False) -> None:
    """Put back what editors have overwritten that were not waited for, and remove their notes.

    Args:
        path: The path of the log.
        also_in_background: Whether editors that went on in the background are no longer waited for.
    """
    for notes in _all_notes(path):
        try:
            descriptor = os.open(notes, _OPEN)
        except OSError:
            continue  # it is another user's, or was removed in the meantime
        try:
            if not try_lock(descriptor) and not (also_in_background and notes.endswith(_IN_BACKGROUND)):
                os.close(descriptor)
                continue
            if os.fstat(descriptor).st_size:
                _put_back(path, descriptor, b"")
        except (OSError, LogError) as exc:
            os.close(descriptor)
            tell(f"utt: {visible(str(exc))}\n")
            continue
        os.close(descriptor)
        _remove(notes)
    _remove_folders(path)


# -- the notes of an editor -------------------------------------------------------------------------------------------


def _folders(path: str) -> list[str]:
    """Return the folders in which notes of the log may be: beside it, or where any user may write."""
    usual = beside(path)
    if os.access(os.path.dirname(usual), os.W_OK):
        return [usual]
    import tempfile
    from hashlib import sha256

    log = sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:16]
    return [usual, os.path.join(tempfile.gettempdir(), f"utt-{_user()}-{log}.editing")]


def _user() -> int:
    return os.getuid() if sys.platform != "win32" else 0


def _all_notes(path: str) -> list[str]:
    found = []
    for folder in _folders(path):
        try:
            if folder == beside(path) or os.lstat(folder).st_uid == _user():
                found += [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
        except OSError:
            continue
    return found


def _new_notes(path: str) -> tuple[str, int]:
    """Make the notes of another editor, and return their path and the file, open and locked."""
    folder = _folders(path)[-1]
    while True:
        try:
            os.mkdir(folder, 0o777 if folder == beside(path) else 0o700)
        except FileExistsError:
            status = os.lstat(folder)
            if not stat.S_ISDIR(status.st_mode) or (folder != beside(path) and status.st_uid != _user()):
                raise
        notes = os.path.join(folder, os.urandom(6).hex())
        try:
            descriptor = open_locked(notes)
        except FileNotFoundError:
            continue  # another `utt edit` has ended, and removed the folder
        with contextlib.suppress(FileNotFoundError):  # there may be no log yet
            os.chmod(notes, os.stat(path).st_mode & 0o666)  # whoever may add to the log may add to the notes
        return notes, descriptor


def _release(path: str, notes: str, descriptor: int) -> None:
    """Remove the notes, unless the editor goes on in the background."""
    log = _open_if_there(path)  # so that nobody is writing to the notes
    os.close(descriptor)
    if _is_held(notes):
        os.rename(notes, notes + _IN_BACKGROUND)
    else:
        _remove(notes)
    if log is not None:
        unlock(log)
        os.close(log)
    with contextlib.suppress(OSError):  # other editors are open
        os.rmdir(os.path.dirname(notes))


def _is_held(notes: str) -> bool:
    """Return whether an editor that goes on, or its `utt edit`, has the lock of the notes."""
    try:
        descriptor = os.open(notes, os.O_RDONLY)
    except OSError:
        return False
    try:
        return try_lock(descriptor) is False
    finally:
        os.close(descriptor)


def _remove(notes: str) -> None:
    with contextlib.suppress(OSError):  # it was removed in the meantime, or is another user's
        os.unlink(notes)


def _remove_folders(path: str) -> None:
    for folder in _folders(path):
        try:
            os.rmdir(folder)
        except OSError:
            continue  # there is none, or it has notes


# -- the log ----------------------------------------------------------------------------------------------------------


def _open_if_there(path: str) -> int | None:
    """Return the log, open and locked; None if there is none, or if this user cannot write to it."""
    try:
        return open_locked(path) if os.path.exists(path) else None
    except OSError:
        return None


def _read_locked(path: str) -> bytes:
    """Return the log when nobody is writing to it."""
    descriptor = _open_if_there(path)
    if descriptor is None:
        return b""
    try:
        return _content(descriptor)
    finally:
        unlock(descriptor)
        os.close(descriptor)


def _content(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _put_back(path: str, notes: int, before: bytes) -> None:
    """Put those lines of the notes into the log that it lacks, and tell the user what was added.

    Args:
        path: The path of the log.
        notes: The notes, open.
        before: The log when the editor was started.

    Raises:
        LogError: If the log cannot be read or written; it is as it was.
    """
    try:
        os.makedirs(os.path.dirname(os.path.realpath(path)), exist_ok=True)
        is_new = not os.path.exists(path)
        descriptor = open_locked(path)
        try:
            lines = [line for line in _content(notes).split(b"\n") if line.strip()]
            content = _content(descriptor)
            encoding = locale_encoding()
            content.decode(encoding)
            lacking = missing(lines, content, before)
            if lacking:
                _write(path, descriptor, content, with_lines(content, lacking, encoding))
        finally:
            if is_new:
                remove_if_empty(path, descriptor)
            unlock(descriptor)
            os.close(descriptor)
    except (OSError, UnicodeDecodeError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise LogError(
            f"cannot look for what was added to the log {path} while an editor had it open: {reason}; "
            "run utt again when that is corrected",
        ) from exc
    _tell(lines, lacking, encoding)


def _write(path: str, descriptor: int, old: bytes, new: bytes) -> None:
    """Write *new* in the place of *old*, the content of the open file, or change nothing."""
    if new.startswith(old):
        append(descriptor, len(old), new[len(old) :])
        return
    status = os.fstat(descriptor)
    if sys.platform != "win32" and status.st_nlink == 1 and status.st_uid == os.geteuid():
        try:
            replace_file(os.path.realpath(path), new, keeps_mode=True, is_durable=True)
        except PermissionError:
            pass  # the folder of the log is not to be written to
        else:
            return
    # In place: what the file has more of comes first, since only that may find no room.
    append(descriptor, len(old), new[len(old) :])
    with open(path, "r+b") as file:
        file.write(new[: len(old)])
        file.flush()
        os.fsync(file.fileno())


def _tell(added: list[bytes], lacking: list[bytes], encoding: str) -> None:
    kept = list(added)
    for line in lacking:
        kept.remove(line)
    for lines, text in (
        (kept, "added while an editor had the log open, and kept"),
        (lacking, "added while an editor had the log open, overwritten by it, and put back"),
    ):
        if not lines:
            continue
        shown = [visible(line.decode(encoding, "replace").strip()) for line in lines[:_SHOWN_AT_MOST]]
        more = f"\n  and {len(lines) - len(shown)} more" if len(lines) > len(shown) else ""
        between = " " if len(lines) == 1 else "\n  "
        tell(f"utt: {text}:{between}" + "\n  ".join(shown) + f"{more}\n")
