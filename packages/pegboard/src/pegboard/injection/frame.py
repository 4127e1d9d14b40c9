"""One key on its way through a resolution, from who provides it to its value."""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.injection.store import Dependency

if TYPE_CHECKING:
    from typing import Any, Final

    from pegboard.injection.provider import Provider
    from pegboard.injection.store import Build, Instance, Resource, Store
    from pegboard.ledger import Contribution

ASKER: Final = object()
"""The value of a row that gives everyone the scope they ask from."""

# What a frame does next.
CHOOSE: Final = 0
PIPE: Final = 1
PRODUCE: Final = 2
GATHER: Final = 3
ACT: Final = 4
DECORATE: Final = 5
FINISH: Final = 6
DONE: Final = 7


class Frame:
    """One key on its way: from who provides it, through what that needs, to the value."""

    __slots__ = (
        "acting",
        "arguments",
        "asked_from",
        "awaits",
        "build",
        "decorating",
        "decorators",
        "dependencies",
        "direct",
        "failed",
        "given",
        "instance",
        "key",
        "keywords",
        "normal",
        "parameter",
        "place",
        "resources",
        "row",
        "stage",
        "step",
        "store",
        "target",
        "value",
    )

    def __init__(self, key: Any, normal: Any, asked_from: Store, parameter: str = "") -> None:
        self.key: Any = key
        self.normal: Any = normal
        self.asked_from: Store = asked_from
        """Where the search for scopes begins."""
        self.parameter: str = parameter
        """The parameter it is for; empty when it was asked for directly."""
        self.stage: int = CHOOSE
        self.row: Contribution | None = None
        """The row that serves, as far as is known."""
        self.decorators: tuple[Contribution, ...] = ()
        self.failed: set[Contribution] = set()
        self.store: Store = asked_from
        """Where the instance belongs, and what its dependencies are asked from."""
        self.build: Build | None = None
        self.acting: Contribution | None = None
        """Whose code runs: the row that serves, or one that decorates."""
        self.decorating: Contribution | None = None
        self.target: Provider | None = None
        self.given: dict[str, Any] | None = None
        """Arguments by name that `call` was given."""
        self.place: int = 0
        self.step: int = 0
        self.arguments: list[Any] = []
        self.keywords: dict[str, Any] = {}
        self.awaits: bool = False
        """Whether what was called has to be awaited."""
        self.value: Any = None
        self.instance: Instance | None = None
        self.resources: list[Resource] = []
        self.direct: dict[Any, None] = {}
        self.dependencies: dict[Any, Dependency] = {}

    def begin(self, acting: Contribution | None, target: Provider, arguments: list[Any]) -> None:
        """Turn to *target*, and gather what it needs beside *arguments*."""
        self.acting = acting
        self.target = target
        self.arguments = arguments
        self.keywords = {}
        self.place = 0
        self.stage = GATHER

    def take(self, value: Any) -> None:
        """Use *value* for the parameter that is being filled."""
        assert self.target is not None  # noqa: S101 -- begin() was called
        parameter = self.target.parameters()[self.place]
        if parameter.is_keyword:
            self.keywords[parameter.name] = value
        else:
            self.arguments.append(value)
        self.place += 1

    def depend(self, key: Any, normal: Any, instance: Instance | None) -> None:
        """Remember what the value is made of."""
        if instance is not None and instance.store is None:  # nobody keeps a transient: what it is made of counts
            self.dependencies.update(instance.dependencies)
        self.dependencies[normal] = Dependency(key, instance)

    def forget_progress(self) -> None:
        """Start over with another row; what was looked at still counts as looked at."""
        self.stage = CHOOSE
        self.row = self.acting = self.decorating = None
        self.target = None
        self.step = 0
        self.direct.clear()
