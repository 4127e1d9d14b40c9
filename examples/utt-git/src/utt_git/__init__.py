"""Commits utt's log to its git repository after each change.

Whatever git does, the change is in the log: what goes wrong is told in one line, and takes at most `LIMIT_S` seconds.
"""

from __future__ import annotations

from utt.api import v1

LIMIT_S = 5.0
"""Seconds that git may take for one change, all its commands together."""

_added: dict[v1.DataFilename, v1.Entry] = {}
"""The entry that is in a log, and not committed yet."""


@v1.entry_added
def note_entry(entry: v1.Entry, filename: v1.DataFilename) -> None:
    """Note what the next commit of the log is called: `log_changed` comes after this."""
    _added[filename] = entry


@v1.log_changed
def commit_log(filename: v1.DataFilename) -> None:
    """Commit the log: with an entry as the message, if one was added."""
    from utt_git.committing import commit  # what this needs is imported when the log has changed

    entry = _added.pop(filename, None)
    if entry is None:
        commit("Edit the log", filename, LIMIT_S, what="the change")
    else:
        commit(str(entry), filename, LIMIT_S, what="the entry")
