"""What happens when one process makes two hosts of one application?

In: a host, and others of the same name. Out: one host, where one file runs under two names; else a report with both
places, since plugins register with the host that their API imports, and with no other.
"""

from __future__ import annotations

import os
import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import HostError, SecondHostError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pegboard.errors import PegboardError


def check_own_name(name: str, place: str) -> None:
    """Raise an error if *name*, that of the module which makes a host at *place*, cannot be an application's.

    Raises:
        HostError: If it is a module inside a package, or runs as a program.
    """
    package = name.rpartition(".")[0]
    if package or name in ("__main__", "__mp_main__"):
        advice = f"say Host({package!r})" if package else "say the name of the application's package"
        raise HostError(f"Host({name!r}) is made in the module of that name, which is no package, at {place}", advice)


def of_name(name: str, hosts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Return those of the referenced *hosts* that still exist and have that name, one for each manager."""
    found = [host for made in hosts if (host := made()) is not None and host.name == name]
    return list({host.manager: host for host in found}.values())


def is_same(module: str, place: str, host: Any) -> bool:
    """Return whether *module* makes again, at *place*, what *host* is: its file runs under a second name."""
    if module == host.made_in:
        return False
    (file, _, line), (known, _, known_line) = place.rpartition(":"), host.manager.place.rpartition(":")
    try:
        return line == known_line and os.path.samefile(file, known)
    except OSError:
        return False


def is_replaced(host: Any) -> bool:
    """Return whether the next host of its name replaces *host*: it is closed, or `importlib.reload` makes it again."""
    reloaded = getattr(sys.modules.get("importlib"), "_RELOADING", {})  # all modules that are being reloaded, by name
    return host.manager.is_closed or any(
        value is host for module in tuple(reloaded.values()) for value in tuple(vars(module).values())
    )


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
