"""What happens when one process makes two hosts of one application?

In: a host, and others of the same name. Out: one host, where one file runs under two names; else a report with both
places, since plugins register with the host that their API imports, and with no other.
"""

from __future__ import annotations

import os
import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import SecondHostError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pegboard.errors import PegboardError


def is_same(module: str, place: str, host: Any) -> bool:
    """Return whether *module* makes again, at *place*, what *host* is: its file runs under a second name."""
    if module == host.made_in:
        return False
    (file, _, line), (known, _, known_line) = place.rpartition(":"), host.manager.place.rpartition(":")
    try:
        return line == known_line and os.path.samefile(file, known)
    except OSError:
        return False


def tell(manager: Any, report: Callable[[PegboardError], object]) -> None:
    """Report that the host of *manager* is not the only one that is used; then neither makes records any more.

    A host that no module holds is one of an application factory, or of a test. It is reported only if plugins that have
    registered with it are still loaded, and cannot register once more.
    """
    for made in manager.others:
        other = made()
        if other is None or other.manager.state == "new":
            continue
        first = other.manager
        maker = sys.modules.get(other.made_in)
        is_elsewhere = first.place != manager.place and any(
            value is other for value in getattr(maker, "__dict__", {}).values()
        )
        imported = (*first.importer.imports, *first.early.plugins.values())
        if is_elsewhere or any(plugin.module in sys.modules for plugin in imported):
            manager.is_recording = first.is_recording = False
            report(SecondHostError(manager.settings.application, first.place, manager.place))
