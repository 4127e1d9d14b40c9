"""The log as components that plugins may have injected, or replace."""

from __future__ import annotations

from utt.components import DataFilename
from utt.domain.entry import Entries, Entry
from utt.domain.grammar import parse_entry, parse_lines
from utt.log.file import LogFile


class EntryLines:
    """Called, gives the lines of the log as pairs of line number and raw line.

    Args:
        data_filename: The path of the log.
    """

    def __init__(self, data_filename: DataFilename) -> None:
        self.log: LogFile = LogFile(data_filename)

    def __call__(self) -> list[tuple[int, str]]:
        """Return the lines of the log; see `LogFile.lines`."""
        return self.log.lines()


class EntryParser:
    """Understands a line of the log."""

    def parse(self, line: str) -> Entry:
        """Return the entry that *line* is; white space around it does not matter.

        Raises:
            ValueError: If it is no entry.
        """
        return parse_entry(line)


class AddEntry:
    """Called with an entry, appends it to the log, or raises and leaves the log as it was.

    Args:
        data_filename: The path of the log.
        entries: What is in the log already.
        log: The object that read *entries*: it can tell whether the file has changed since.
    """

    def __init__(self, data_filename: DataFilename, entries: Entries, *, log: LogFile | None = None) -> None:
        self._entries = entries
        self._log = log if log is not None and log.path == data_filename else LogFile(data_filename)

    def __call__(self, entry: Entry) -> None:
        """Append *entry*; see `LogFile.append`."""
        self._log.append(entry, self._entries)

    def if_unchanged(self, entry: Entry) -> None:
        """Append *entry*, unless the log changed since it was read: for entries that depend on the last one."""
        self._log.append(entry, self._entries, only_if_unchanged=True)


def read_entries(entry_lines: EntryLines, entry_parser: EntryParser) -> list[Entry]:
    """Return all entries of the log; the fast way unless a plugin has replaced a part of reading."""
    if type(entry_lines) is EntryLines:
        return entry_lines.log.entries(None if type(entry_parser) is EntryParser else entry_parser.parse)
    return parse_lines(entry_lines(), entry_parser.parse)
