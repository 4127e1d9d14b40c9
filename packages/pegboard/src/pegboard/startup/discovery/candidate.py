"""What is known of a plugin that was found, before anything of it is imported?"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pegboard.errors import PegboardError
    from pegboard.ledger import Distribution

BUILT_IN = "built-in"
NAMESPACE = "namespace"
ENTRY_POINT = "entry point"
FOLDER = "folder"


class Candidate:
    """One module or package that could be a plugin."""

    __slots__ = ("distribution", "module", "name", "origin", "problem", "source")

    def __init__(
        self,
        name: str,
        module: str,
        *,
        origin: str | None = None,
        source: str = NAMESPACE,
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
        """Why Python cannot import it; None when it probably can."""

    def __repr__(self) -> str:
        owner = f" of {self.distribution}" if self.distribution else ""
        return f"<{self.source} {self.name!r}{owner}: {self.module} at {self.origin}>"
