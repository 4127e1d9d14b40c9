"""Says what state a change has left the environment in: as before, as planned, or changed in part.

In: the change log. Out: what is missing, new and left over. Versions alone do not tell: an installer that is killed
leaves files that no distribution owns yet, or not any more, and distributions that lack files.
"""

from __future__ import annotations

import os
import sysconfig
from typing import TYPE_CHECKING

from pegboard.tools.installing.change_log import temporary_names
from pegboard.tools.installing.installed import Snapshot, recorded

if TYPE_CHECKING:
    import importlib.metadata

    from pegboard.tools.installing.change_log import ChangeLog


class ChangeStatus:
    """The environment as it is now, compared with a change log."""

    def __init__(self, log: ChangeLog) -> None:
        site, snapshot = sysconfig.get_path("purelib"), Snapshot()
        owners = snapshot.owners()
        touched = log.before.keys() | log.after.keys()
        now = {key: version for key, version in snapshot.versions.items() if key in touched}
        self.leftovers: list[str] = [
            path for path in log.files if path not in owners and os.path.lexists(os.path.join(site, path))
        ]
        """Paths below site-packages that the change has left over: no distribution owns them."""
        self.temporary: list[str] = sorted(set(temporary_names()).difference(log.temporary))
        """Names in site-packages that the installer would have removed at its end."""
        self.incomplete: list[str] = [key for key in now if not _is_whole(snapshot.distributions[key])]
        """Distributions that lack files."""
        self.lost: list[str] = [
            key for key, version in log.before.items() if now.get(key) != version or key in self.incomplete
        ]
        """Distributions that are missing, incomplete or of another version."""
        self.added: list[str] = [key for key in now if key not in log.before]
        """Distributions that were not installed before."""
        is_whole = not self.leftovers and not self.temporary and not self.incomplete
        self.is_before: bool = is_whole and now == log.before
        self.is_after: bool = is_whole and now == log.after
        self._log = log

    @property
    def is_in_part(self) -> bool:
        """Whether the environment is neither as before nor as planned."""
        return not (self.is_before or self.is_after)

    def lines(self, *, has_ended: bool = False) -> list[str]:
        """Return the state in words.

        Args:
            has_ended: Whether the change said that it is done. Where the same version is installed once more, before
                and after look alike.
        """
        if self.is_after and (has_ended or not self.is_before):
            return ["the environment is changed as planned"]
        if self.is_before:
            return ["the environment is as it was before"]
        lines = ["the environment is changed in part"]
        if gone := [f"{key} {self._log.before[key]}" for key in self.lost if key not in self.incomplete]:
            lines.append(f"  gone: {', '.join(gone)}")
        if self.incomplete:
            lines.append(f"  files are missing of: {', '.join(self.incomplete)}")
        if self.added:
            lines.append(f"  new, and not needed before: {', '.join(self.added)}")
        if left := [*self.leftovers, *self.temporary]:
            lines.append(f"  left over, and nobody's: {', '.join(left[:3])}{_more(left)}")
        return lines


def _is_whole(distribution: importlib.metadata.Distribution) -> bool:
    paths = recorded(distribution)
    return paths is not None and all(os.path.lexists(str(distribution.locate_file(path))) for path in paths)


def _more(paths: list[str]) -> str:
    return f" and {len(paths) - 3} more" if len(paths) > 3 else ""  # noqa: PLR2004 -- as many as are named
