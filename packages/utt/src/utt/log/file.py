"""The log file: one `read` reads it, one `write` appends an entry.

This holds even if two utt run at once, the disk is full, the process crashes, or the user presses Ctrl-C:

* Nothing in the log is ever changed, removed or rewritten; entries are only appended. What an editor overwrote of
  them is put back (`editing.py`).
* One lock is held while the last entry is checked and the new one is appended.
* An entry is written completely and to the disk, or not at all.
* A log that exists and cannot be read is an error, never an empty log.
"""

from __future__ import annotations

import gc
import os

from utt.domain.entry import Entry
from utt.domain.grammar import parse_entry, parse_lines, parse_log
from utt.exceptions import LogError, RefusedEntryError
from utt.log.durable import (
    NO_DATA,
    NotTakenBackError,
    append,
    ends_its_line,
    file_state,
    has_notes,
    locale_encoding,
    make_name_durable,
    open_locked,
    remove_if_empty,
)
from utt.log.lock import unlock

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

_MINUTE_S = 60
_MOST_A_CLOCK_GOES_BACK_S = 26 * 3600  # from the easternmost time zone to the westernmost


class LogFile:
    """The log at one path.

    Args:
        path: Where the log is, or will be.
    """

    def __init__(self, path: str) -> None:
        self.path: str = path
        # The state of the file when its entries were read; None if they were not read by this object.
        self._state_read: tuple[int, int, int] | None = None
        self._parse: Callable[[str], Entry] | None = None

    def text(self) -> str:
        r"""Return the whole log, with `\n` as the only line end; empty if there is no file.

        Raises:
            LogError: If the file cannot be read or decoded.
        """
        return self._read()[0]

    def lines(self) -> list[tuple[int, str]]:
        r"""Return every line with its number, from 1; each ends with `\n`, except that the last may not."""
        lines = [line + "\n" for line in self.text().split("\n")]
        last = lines.pop()[:-1]
        if last:
            lines.append(last)
        return list(enumerate(lines, 1))

    def entries(self, parse: Callable[[str], Entry] | None = None) -> list[Entry]:
        """Return every entry.

        Args:
            parse: Converts a stripped line to an entry, instead of utt's own grammar.

        Raises:
            LogError: If the file cannot be read, or for its first bad line.
        """
        if has_notes(self.path):
            from utt.log.editing import recover

            recover(self.path)
        return self._entries(parse)

    def _entries(self, parse: Callable[[str], Entry] | None) -> list[Entry]:
        text, state = self._read()
        collecting = gc.isenabled()
        gc.disable()  # saves a third of the time: tens of thousands of objects, none of them garbage
        try:
            entries = parse_log(text) if parse is None else parse_lines(list(enumerate(text.split("\n"), 1)), parse)
        except LogError as exc:
            exc.hint = f"correct that line of {self.path}: {_edit(self.path)}"
            raise
        finally:
            if collecting:
                gc.enable()
        self._state_read = state
        self._parse = parse
        return entries

    def append(self, entry: Entry, entries: list[Entry], *, only_if_unchanged: bool = False) -> Entry:
        """Append *entry* on a line of its own, after an empty line if the last entry is of another day.

        If another process has changed the log since *entries* were read from it, the log is read again. If its
        last entry is then later than *entry* by at most a minute, the two were made at the same time: *entry*
        gets the time of the last entry.

        Args:
            entry: What to add.
            entries: The entries that the caller has read from the log.
            only_if_unchanged: Refuse if the log has changed since *entries* were read from it.

        Returns:
            The entry that is in the log now.

        Raises:
            RefusedEntryError: If *entry* would make the log invalid; the log is untouched.
            LogError: If the log cannot be written; it is unchanged.
        """
        entry = _checked(entry)
        if entries:
            _check_order(entry, entries[-1])
        self._encode(entry)  # fails before a folder or file is created
        is_new = not os.path.exists(self.path)  # noqa: PTH110
        folder = os.path.dirname(self.path)  # noqa: PTH120
        try:
            if folder:
                os.makedirs(folder, exist_ok=True)  # noqa: PTH103
            descriptor = open_locked(self.path)
        except OSError as exc:
            raise self._cannot("write", exc) from exc
        try:
            entry = self._append_locked(descriptor, entry, entries, only_if_unchanged=only_if_unchanged)
            if is_new:
                make_name_durable(folder)
        except OSError as exc:
            raise self._cannot("write", exc) from exc
        finally:
            if is_new:
                remove_if_empty(self.path, descriptor)
            unlock(descriptor)
            os.close(descriptor)
        return entry

    def _append_locked(self, descriptor: int, entry: Entry, entries: list[Entry], *, only_if_unchanged: bool) -> Entry:
        if self._state_read is not None and self._state_read != file_state(descriptor):
            if only_if_unchanged:
                raise RefusedEntryError(
                    f"another program changed the log at this very moment, nothing was added; try again ({self.path})",
                )
            entries = self._entries(self._parse)
            entry = _moved_if_simultaneous(entry, entries)
        if entries:
            _check_order(entry, entries[-1])
        size = os.fstat(descriptor).st_size
        lead = b"" if ends_its_line(descriptor, size) else b"\n"
        if entries and entries[-1].datetime.date() != entry.datetime.date():
            lead += b"\n"
        line = self._encode(entry)
        if has_notes(self.path):
            from utt.log.editing import noted

            with noted(self.path, line):
                append(descriptor, size, lead + line)
        else:
            append(descriptor, size, lead + line)
        return entry

    def _read(self) -> tuple[str, tuple[int, int, int]]:
        try:
            with open(self.path, "rb") as file:  # noqa: PTH123
                state = file_state(file.fileno())
                data = file.read()
        except FileNotFoundError:
            return "", NO_DATA
        except OSError as exc:
            raise self._cannot("read", exc) from exc
        encoding = locale_encoding()
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as exc:
            line = data.count(b"\n", 0, exc.start) + 1
            raise LogError(
                f"cannot read the log {self.path}: line {line} is not {encoding} (byte {exc.start}: {exc.reason}); "
                + _advice(data, encoding),
            ) from exc
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text, state

    def _encode(self, entry: Entry) -> bytes:
        encoding = locale_encoding()
        try:
            return f"{entry}\n".encode(encoding)
        except UnicodeEncodeError as exc:
            raise RefusedEntryError(
                f"the entry has a character that {encoding} cannot express, nothing was added "
                f"({exc.object[exc.start : exc.end]!r}); run utt in a UTF-8 locale",
            ) from exc

    def _cannot(self, do: str, exc: OSError) -> LogError:
        outcome = "; nothing was added" if do == "write" else ""
        if isinstance(exc, NotTakenBackError):
            outcome = "; a part of the entry may be left as its last line: remove that, run: utt edit"
        return LogError(f"cannot {do} the log {self.path}: {exc.strerror or exc}{outcome}")


def _advice(data: bytes, encoding: str) -> str:
    """Return what helps against a log that is not in *encoding*; a file is never to lose letters by it."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        if encoding.replace("-", "").lower() == "utf8":
            return "convert the file to utf-8, or run utt in the locale it was written in"
        return "run utt in the locale it was written in"
    return "it is UTF-8: run utt in a UTF-8 locale, or set PYTHONUTF8=1"


def _checked(entry: Entry) -> Entry:
    """Return the entry that the line of *entry* means when the log is read.

    Raises:
        RefusedEntryError: If that line is not an entry.
    """
    if not entry.name.strip():
        raise RefusedEntryError("an entry needs a name, nothing was added; say what you did: utt add 'write report'")
    for what, text in (("name", entry.name), ("comment", entry.comment or "")):
        if "\n" in text or "\r" in text:
            raise RefusedEntryError(f"a line break in the {what}, nothing was added; put it in one line: {text!r}")
    if entry.comment is not None and not entry.comment.strip():
        # The line "name  # " has no comment, but a name that ends with "#".
        entry = Entry(entry.datetime, entry.name, entry.is_current_entry, None)
    try:
        read = parse_entry(str(entry))
    except ValueError as exc:
        raise RefusedEntryError(f"utt could not read this entry back, nothing was added: {entry}") from exc
    return Entry(read.datetime, entry.name, entry.is_current_entry, entry.comment)


def _check_order(entry: Entry, last: Entry) -> None:
    if entry.datetime < last.datetime.replace(second=0, microsecond=0):
        error = RefusedEntryError(
            f"{entry.datetime:%Y-%m-%d %H:%M} is earlier than the last entry in the log, nothing was added "
            f"(last: {last}); to put an entry in between, or to correct the last one, run: utt edit",
        )
        if (last.datetime - entry.datetime).total_seconds() < _MOST_A_CLOCK_GOES_BACK_S:
            error.hint = (
                "if the clock went back, or you changed the time zone, give the time: "
                f"utt --now '{last.datetime:%Y-%m-%d %H:%M}' ..."
            )
        raise error


def _edit(path: str) -> str:
    """Return the command that opens the log in an editor."""
    from shlex import quote

    from utt.log.paths import data_dirname

    return "utt edit" if path == os.path.join(data_dirname(), "utt.log") else f"utt --data {quote(path)} edit"  # noqa: PTH118


def _moved_if_simultaneous(entry: Entry, entries: list[Entry]) -> Entry:
    late_s = (entries[-1].datetime - entry.datetime).total_seconds() if entries else 0
    if 0 < late_s <= _MINUTE_S:
        return Entry(entries[-1].datetime, entry.name, entry.is_current_entry, entry.comment)
    return entry
