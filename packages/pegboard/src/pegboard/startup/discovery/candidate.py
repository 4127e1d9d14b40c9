"""A candidate: one plugin as it was found, before anybody decided anything about it."""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import Distribution

if TYPE_CHECKING:
    from pegboard.errors import PegboardError


class Candidate:
    """One module or package that could be a plugin; nothing of it has been imported."""

    __slots__ = ("distribution", "module", "name", "origin", "problem", "source")

    def __init__(
        self,
        name: str,
        module: str,
        *,
        origin: str | None = None,
        source: str = "namespace",
        distribution: Distribution | None = None,
        problem: PegboardError | None = None,
    ) -> None:
        self.name: str = name
        """What the plugin is called: the last part of its module, or its entry point's name."""
        self.module: str = module
        """The full name to import."""
        self.origin: str | None = origin
        """The file that would be imported; None when only an import hook knows."""
        self.source: str = source
        """`built-in`, `namespace`, `entry point` or `folder`."""
        self.distribution: Distribution | None = distribution
        """Who owns the file; None when no installed distribution does."""
        self.problem: PegboardError | None = problem
        """Why Python cannot import it; None when it can, as far as looking tells."""

    def __repr__(self) -> str:
        owner = f" of {self.distribution}" if self.distribution else ""
        return f"<{self.source} {self.name!r}{owner}: {self.module} at {self.origin}>"


__all__ = ["Candidate", "Distribution"]
