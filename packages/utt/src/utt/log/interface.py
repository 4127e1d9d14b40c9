"""What plugins can use of the log, and replace: `EntryLines`, `EntryParser` and `AddEntry`."""

from __future__ import annotations

from utt.components import DataFilename
from utt.domain.entry import Entries, Entry
from utt.domain.grammar import parse_entry, parse_lines
from utt.log.file import LogFile

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

LISTENERS: list[Callable[[Entry, str], object]] = []
"""Called with each entry after it has been added, as it is in the log, and with the path of the log."""


class EntryLines:
    """Reads the lines of the log. A call returns pairs of line number and raw line.

    Args:
        data_filename: The path of the log.
    """

    def __init__(self, data_filename: DataFilename) -> None:
        self.log: LogFile = LogFile(data_filename)

    def __call__(self) -> list[tuple[int, str]]:
        return self.log.lines()


class EntryParser:
    """Parses a line of the log."""

    def parse(self, line: str) -> Entry:
        """Return the entry in *line*; white space around it does not matter.

        Raises:
            ValueError: If *line* is not an entry.
        """
        return parse_entry(line)


class AddEntry:
    """Appends entries to the log. A call with an entry appends it, or raises and does not change the log.

    Args:
        data_filename: The path of the log.
        entries: The entries that are in the log already.
        log: The object that read *entries*; it detects whether the file has changed since.
    """

    def __init__(self, data_filename: DataFilename, entries: Entries, *, log: LogFile | None = None) -> None:
        self._entries = entries
        self._log = log if log is not None and log.path == data_filename else LogFile(data_filename)

    def __call__(self, entry: Entry) -> None:
        """Append *entry*; see `LogFile.append`. Plugins that implement `entry_added` are told of it."""
        self._tell(self._log.append(entry, self._entries))

    def if_unchanged(self, entry: Entry) -> None:
        """Append *entry*, unless the log changed since it was read: for entries that depend on the last one."""
        self._tell(self._log.append(entry, self._entries, only_if_unchanged=True))

    def _tell(self, entry: Entry) -> None:
        for listener in LISTENERS:
            listener(entry, self._log.path)


def read_entries(entry_lines: EntryLines, entry_parser: EntryParser) -> list[Entry]:
    """Return all entries of the log; the fast way unless a plugin replaced `EntryLines` or `EntryParser`."""
    if type(entry_lines) is EntryLines:
        return entry_lines.log.entries(None if type(entry_parser) is EntryParser else entry_parser.parse)
    return parse_lines(entry_lines(), entry_parser.parse)
