"""Adds up the imports of one run to what each plugin costs, so that every duration is counted exactly once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Import:
    """One module, imported for the first time."""

    module: str
    begin_ns: int
    end_ns: int
    parent: int
    """The number of the import that imports it; -1 at the top."""
    thread: int
    cause: str

    @property
    def total_ns(self) -> int:
        """The duration, including the imports inside."""
        return self.end_ns - self.begin_ns


@dataclass
class Cost:
    """The duration of one plugin's import, without other plugins that it imports."""

    name: str
    cause: str = ""
    """Why it was imported."""
    begin_ns: int = 0
    own_ns: int = 0
    """In modules that no other plugin imports."""
    shared_ns: int = 0
    """In modules that other plugins import, too: these would pay if this plugin did not."""
    heaviest: dict[str, int] = field(default_factory=dict)
    """Packages that it imports, to nanoseconds, including what they import."""

    @property
    def total_ns(self) -> int:
        """Own and shared."""
        return self.own_ns + self.shared_ns


class Run:
    """One run of the program."""

    def __init__(self, data: Mapping[str, Any], plugins: Mapping[str, str]) -> None:
        """Add up a recording.

        Args:
            data: What `launch` has written.
            plugins: Module to plugin name.
        """
        self.imports = [Import(*event) for event in data["events"]]
        self.phases: list[tuple[str, int, int]] = [tuple(phase) for phase in data["phases"]]
        self.begin_ns: int = data["started"]
        self.end_ns: int = data["ended"]
        self.status: int = data["status"]
        self.answers: list[tuple[str, str, int, int]] = [tuple(each) for each in data.get("answers", ())]
        """Plugin, hook, number of calls, and nanoseconds in them without imports of plugins."""
        self.plugins = plugins
        self._uses = {name: set(modules) for name, modules in data["uses"].items()}
        self.self_ns = [each.total_ns for each in self.imports]
        """The duration of each import, without the imports inside."""
        self.owners: list[str | None] = []
        """The plugin that each import is, or is inside of; None for the application."""
        for each in self.imports:  # an import is recorded after the one that contains it
            outer = None
            if each.parent >= 0:
                self.self_ns[each.parent] -= each.total_ns
                outer = self.owners[each.parent]
            self.owners.append(plugins.get(each.module, outer))
        self.costs = self._costs()

    def _costs(self) -> dict[str, Cost]:
        costs: dict[str, Cost] = {}
        shared: list[bool] = []
        package = [False] * len(self.imports)
        for number, each in enumerate(self.imports):
            owner = self.owners[number]
            is_plugin = each.module in self.plugins
            inside = each.parent >= 0 and shared[each.parent] and self.owners[each.parent] == owner
            others = (name for name, modules in self._uses.items() if name != owner and each.module in modules)
            shared.append(owner is not None and not is_plugin and (inside or any(others)))
            if owner is None:
                continue
            cost = costs.setdefault(owner, Cost(owner))
            if is_plugin:
                cost.cause, cost.begin_ns = each.cause, each.begin_ns
            if shared[-1]:
                cost.shared_ns += self.self_ns[number]
            else:
                cost.own_ns += self.self_ns[number]
            package[number] = not is_plugin and not self._is_own(each.module, owner)
            if package[number]:
                top = self._outermost(number, package)
                cost.heaviest[top] = cost.heaviest.get(top, 0) + self.self_ns[number]
        return costs

    def _is_own(self, module: str, owner: str) -> bool:
        return any(name == owner and module.startswith(known + ".") for known, name in self.plugins.items())

    def _outermost(self, number: int, package: list[bool]) -> str:
        """Return the top-level package that the plugin itself imports and that contains this import."""
        owner = self.owners[number]
        while (parent := self.imports[number].parent) >= 0 and package[parent] and self.owners[parent] == owner:
            number = parent
        return self.imports[number].module.partition(".")[0]

    @property
    def imports_ns(self) -> int:
        """The duration of all imports."""
        return sum(each.total_ns for each in self.imports if each.parent < 0)

    @property
    def application_ns(self) -> int:
        """The duration of the imports that belong to no plugin."""
        return sum(time for time, owner in zip(self.self_ns, self.owners, strict=True) if owner is None)


def median(runs: list[Run]) -> Run:
    """Return the run whose imports took the median time; the faster one of two."""
    return sorted(runs, key=lambda run: run.imports_ns)[(len(runs) - 1) // 2]
