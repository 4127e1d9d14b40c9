"""Places whose content runs as the user, and that every user of the machine may write.

Source: POSIX, file mode bits (`S_IWOTH`). Other systems have other means, and are not looked at.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.ledger import Plugin
    from pegboard.tools.doctor.evidence import Examination


def writable_by_others(examination: Examination) -> Iterator[Finding]:
    """Yield each directory or file of plugins that everybody may write."""
    if os.name != "posix":
        return
    for place, plugin in _places(examination).items():
        try:
            mode = os.stat(place).st_mode
        except OSError:
            continue
        if mode & stat.S_IWOTH:
            kind = "directory" if stat.S_ISDIR(mode) else "file"
            yield finding(
                "writable-by-others",
                f"every user of this machine may write the {kind} {place}",
                plugin=plugin.name if plugin else "",
                distribution=str(plugin.distribution or "") if plugin else "",
                cause="what is put there runs with your rights",
                where=place,
                remedy=f"chmod o-w '{place}'",
            )


def _places(examination: Examination) -> dict[str, Plugin | None]:
    """Return what decides which code runs, each with the plugin that it belongs to, if it is one's."""
    settings = examination.host.settings
    common = (settings.config_directory, settings.file("plugins"), settings.file("plugins.toml"), settings.directory)
    places: dict[str, Plugin | None] = dict.fromkeys(examination.found.portions)
    places.update(dict.fromkeys(place for place in common if place))
    for plugin in examination.plugins:
        if plugin.origin:
            places.setdefault(plugin.origin, plugin)
            if os.path.basename(plugin.origin).startswith("__init__."):
                places.setdefault(os.path.dirname(plugin.origin), plugin)
    return places
