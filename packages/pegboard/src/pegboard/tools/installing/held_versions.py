"""Says which versions must stay while something is installed, and what uses them.

In: what is installed, and the distributions that may change. Out: the pins of all others; what of these a change would
move, in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.tools.installing.dependencies import closure

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pegboard.tools.installing.installed import Snapshot
    from pegboard.tools.installing.installer import Step


class Held:
    """The distributions whose versions must stay: all but those that are free, and what only these need."""

    def __init__(self, snapshot: Snapshot, free: set[str], others: Collection[str], host_key: str) -> None:
        """Prepare to look.

        Args:
            snapshot: What is installed.
            free: Distributions that may change.
            others: The application's distribution, and those of plugins that stay.
            host_key: The former.
        """
        self._requires = snapshot.requires
        self._host_key = host_key
        self._others = others
        # of those that stay, every extra may be in use
        own = closure({key: snapshot.extras(key) for key in free & set(snapshot.distributions)}, self._requires).keys()
        roots = (set(snapshot.distributions) - own) | set(others)
        used = closure({key: snapshot.extras(key) for key in roots}, self._requires)
        versions = snapshot.versions
        self.pins: dict[str, str] = {key: versions[key] for key in sorted(used.keys() - free)}
        """The version of each distribution that must stay, by normalised name."""

    def moved(self, steps: Sequence[Step]) -> list[str]:
        """Return, in words, what of it *steps* would change, and who uses that."""
        found = []
        for step in steps:
            if self.pins.get(step.key, step.version) != step.version:
                change = f"{step.key} {self.pins[step.key]} -> {step.version}".rstrip()
                found.append(f"{change} ({self._whose(step.key)})")
        return found

    def _whose(self, key: str) -> str:
        if key == self._host_key:
            return "the application itself"
        if key in self._others:
            return "another plugin"
        roots = sorted(self._others, key=lambda root: (root != self._host_key, root))
        users = [root for root in roots if key in closure({root: ()}, self._requires)]
        return f"used by {', '.join(users)}" if users else "installed besides"
