"""Commits utt's log to its git repository after each entry.

Whatever git does, the entry is in the log: what goes wrong is told in one line, and takes at most `LIMIT_S` seconds.
"""

from __future__ import annotations

from utt.api import v1

LIMIT_S = 5.0
"""Seconds that git may take for one entry, all its commands together."""


@v1.entry_added
def commit_entry(entry: v1.Entry, filename: v1.DataFilename) -> None:
    """Commit the log with *entry* as the message."""
    from utt_git.committing import commit  # what this needs is imported when an entry was added

    commit(str(entry), filename, LIMIT_S)
