"""Which plugins do entry points in the host's groups name? As a rule that is the group `<application>.plugins`.

An entry point gives a name to a module anywhere. The plugin is the module, which registers when it is imported. An
object behind a colon has to be there then; only the application's adapter knows what it would be called with.

Source:
    "Entry points specification", PyPA specifications.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.adaptation import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pegboard.startup.discovery.distributions import Installed


class Line:
    """One line of some distribution's `entry_points.txt`."""

    __slots__ = ("group", "installed", "module", "name", "value")

    def __init__(self, group: str, name: str, value: str, installed: Installed) -> None:
        self.group: str = group
        self.name: str = name
        self.value: str = value
        """What it points to, e.g. `acme_csv.reader:read`."""
        self.module: str = parse(value)[0]
        """The module in it, e.g. `acme_csv.reader`."""
        self.installed: Installed = installed

    def __str__(self) -> str:
        return f"entry point {self.name} = {self.value} in group {self.group} of {self.installed.distribution}"


def entry_points(group: str, found: Iterable[Installed]) -> list[Line]:
    """Return the entry points of *group* in the distributions *found*, by name, then by distribution."""
    points = [Line(group, name, value, item) for item in found for name, value in _section(item.entry_points, group)]
    return sorted(points, key=lambda point: (point.name, point.installed.key, point.value))


def _section(text: str, group: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of each line below `[group]`; any other line is ignored."""
    if group not in text:
        return  # most files have other groups: no need to look at their lines
    inside = False
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("["):
            inside = line == f"[{group}]"
        elif inside and line and line[0] not in "#;":
            name, equals, value = line.partition("=")
            if equals and name.strip() and value.strip():
                yield name.strip(), value.strip()
