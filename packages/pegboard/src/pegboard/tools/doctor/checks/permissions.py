"""Files and directories that decide which code runs, and that every user of the machine can write.

Source: POSIX, file mode bits (`S_IWOTH`). Other systems have other means, which are not checked.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from pegboard.startup.search import folder_of
from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.ledger import Plugin
    from pegboard.tools.doctor.evidence import Evidence


def writable_by_others(evidence: Evidence) -> Iterator[Finding]:
    """Yield each directory or file of plugins that every user can write."""
    if os.name != "posix":
        return
    for path, plugin in _paths(evidence).items():
        try:
            mode = os.stat(path).st_mode
        except OSError:
            continue
        if mode & stat.S_IWOTH:
            kind = "directory" if stat.S_ISDIR(mode) else "file"
            yield finding(
                "writable-by-others",
                f"every user of this machine may write the {kind} {path}",
                about=plugin,
                cause="code that is put there runs with your permissions",
                where=path,
                remedy=f"chmod o-w '{path}'",
            )


def _paths(evidence: Evidence) -> dict[str, Plugin | None]:
    """Return the paths that decide which code runs, each with the plugin that it belongs to."""
    settings = evidence.host.settings
    common = (settings.config_directory, folder_of(settings), settings.file("plugins.toml"), settings.directory)
    paths: dict[str, Plugin | None] = dict.fromkeys(evidence.discovery.portions)
    paths.update(dict.fromkeys(path for path in common if path))
    for plugin in evidence.plugins:
        if plugin.origin:
            paths.setdefault(plugin.origin, plugin)
            if os.path.basename(plugin.origin).startswith("__init__."):
                paths.setdefault(os.path.dirname(plugin.origin), plugin)
    return paths
