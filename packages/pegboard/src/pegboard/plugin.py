"""In what state is each plugin? What was found, who brought it, and whether its code may run."""

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import ClassVar

    from pegboard.errors import PegboardError

# Plain text, since importing `enum` costs a third of a bare interpreter start.
FOUND = "found"
"""Discovered, and not imported yet."""
PRIMED = "primed"
"""Known from its record; imported at first use."""
ACTIVE = "active"
"""Imported; its contributions are live."""
DISABLED = "disabled"
"""Left out by the user, by the environment, or by safe mode."""
BROKEN = "broken"
"""Its import failed, or Python cannot import it; `Plugin.error` says why."""
QUARANTINED = "quarantined"
"""Left out because it took the whole process down before."""

BUILT_IN = "built-in"
"""The source of the application's own plugins."""


class Distribution:
    """What a user installs: a name and a version, as its metadata has them (core metadata 2.1, `Name`, `Version`)."""

    __slots__ = ("name", "version")

    def __init__(self, name: str, version: str) -> None:
        self.name: str = name
        self.version: str = version

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    def __repr__(self) -> str:
        return f"Distribution({self.name!r}, {self.version!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Distribution):
            return NotImplemented
        return (self.name, self.version) == (other.name, other.version)

    def __hash__(self) -> int:
        return hash((self.name, self.version))


class Plugin:
    """One module or package that the host found, and its state.

    Compared by identity: two hosts never share a plugin.
    """

    __slots__ = (
        "after",
        "before",
        "cost_ms",
        "distribution",
        "eager",
        "error",
        "inputs",
        "is_eager_by_user",
        "is_plain",
        "module",
        "name",
        "origin",
        "rank",
        "reason",
        "required",
        "source",
        "state",
    )

    STATES: "ClassVar[tuple[str, ...]]" = (FOUND, PRIMED, ACTIVE, DISABLED, BROKEN, QUARANTINED)

    def __init__(
        self,
        name: str,
        module: str,
        *,
        origin: "str | None" = None,
        source: str = "namespace",
        distribution: "Distribution | None" = None,
    ) -> None:
        self.name: str = name
        """What users and other plugins call it, e.g. `balance`; unique in its host."""
        self.module: str = module
        """The full name to import, e.g. `utt.plugins.balance`."""
        self.origin: str | None = origin
        """The file it would be imported from; None when only an import hook knows."""
        self.source: str = source
        """How it was found: built-in, namespace, entry point, or folder."""
        self.distribution: Distribution | None = distribution
        """What the user installed to get it; None when nothing owns the file."""
        self.state: str = FOUND
        self.reason: str | None = None
        """Why it is in this state, in words: who disabled it, why it is eager."""
        self.error: PegboardError | None = None
        self.rank: int = 0
        """Its place in the host's order; 0 comes first."""
        self.after: tuple[str, ...] = ()
        self.before: tuple[str, ...] = ()
        self.eager: bool = False
        """Whether it is imported at every start; `reason` says why."""
        self.is_eager_by_user: bool = False
        self.is_plain: bool = False
        """Whether its module is a source file that Python's own loader loads, so that no search for it is needed."""
        self.inputs: tuple[str, ...] = ()
        """What its import depends on besides its code, as its author declares: paths, and `env:NAME`."""
        self.required: bool = False
        self.cost_ms: float | None = None
        """Milliseconds its import took; None while it has not been imported."""

    @property
    def is_built_in(self) -> bool:
        """Whether the application itself brings it."""
        return self.source == BUILT_IN

    @property
    def is_usable(self) -> bool:
        """Whether its code may run."""
        return self.state in (FOUND, PRIMED, ACTIVE)

    def fail(self, error: "PegboardError") -> None:
        """Mark it broken, because of *error*."""
        self.state = BROKEN
        self.error = error
        self.reason = error.summary()

    def disable(self, reason: str) -> None:
        """Mark it disabled; *reason* is shown to the user."""
        self.state = DISABLED
        self.reason = reason

    def who(self) -> str:
        """Return it as messages name it, e.g. `plugin 'csv' of acme-csv 1.2.0`."""
        return f"plugin {self.name!r} of {self.distribution}" if self.distribution else f"plugin {self.name!r}"

    def as_dict(self) -> "Mapping[str, object]":
        """Return what a list of plugins shows, as plain data."""
        return {
            "name": self.name,
            "state": self.state,
            "source": self.source,
            "module": self.module,
            "origin": self.origin,
            "distribution": self.distribution and self.distribution.name,
            "version": self.distribution and self.distribution.version,
            "reason": self.reason,
            "cost_ms": self.cost_ms,
        }

    def __repr__(self) -> str:
        return f"<{self.who()}: {self.state}>"


def application(name: str) -> "Plugin":
    """Return the owner of what the application registers itself, outside any plugin; it comes before all plugins."""
    owner = Plugin("", name, source=BUILT_IN)
    owner.state = ACTIVE
    owner.rank = -1
    return owner
