"""The second source: entry points in the group `<application>.plugins`.

An entry point gives a name to a module anywhere. The plugin is the module; what follows a colon is left alone, since
importing the module is what makes it register.

Source:
    "Entry points specification", PyPA specifications.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pegboard.discovery.distributions import Installed


class EntryPoint:
    """One line of some distribution's `entry_points.txt`."""

    __slots__ = ("group", "installed", "module", "name", "value")

    def __init__(self, group: str, name: str, value: str, installed: Installed) -> None:
        self.group: str = group
        self.name: str = name
        self.value: str = value
        """What it points to, e.g. `acme_csv.reader:read`."""
        self.module: str = value.partition("[")[0].partition(":")[0].strip()
        """The module in it, e.g. `acme_csv.reader`."""
        self.installed: Installed = installed

    def __str__(self) -> str:
        return f"entry point {self.name} = {self.value} in group {self.group} of {self.installed.distribution}"


def entry_points(group: str, found: Iterable[Installed]) -> list[EntryPoint]:
    """Return the entry points of *group*, by name, then by distribution.

    Of two installations of one distribution the first counts, as everywhere in Python: the other cannot be imported.
    """
    points: list[EntryPoint] = []
    seen: set[str] = set()
    for item in found:
        text = item.read("entry_points.txt")
        if not text:
            continue
        if group in text:
            if item.key in seen:
                continue
            points += [EntryPoint(group, name, value, item) for name, value in _section(text, group)]
            seen.add(item.key)
    return sorted(points, key=lambda point: (point.name, point.installed.key, point.value))


def _section(text: str, group: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of each line below `[group]`; a line that is neither is passed over."""
    inside = False
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("["):
            inside = line == f"[{group}]"
        elif inside and line and line[0] not in "#;":
            name, equals, value = line.partition("=")
            if equals and name.strip() and value.strip():
                yield name.strip(), value.strip()
