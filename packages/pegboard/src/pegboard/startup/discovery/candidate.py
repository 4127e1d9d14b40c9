"""What is known of a plugin that was found, before anything of it is imported?"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pegboard.errors import PegboardError
    from pegboard.ledger import Distribution
    from pegboard.startup.discovery.entry_points import Line

BUILT_IN = "built-in"
NAMESPACE = "namespace"
ENTRY_POINT = "entry point"
FOLDER = "folder"


class Candidate:
    """One module or package that could be a plugin."""

    __slots__ = ("contributions", "distribution", "entry_points", "module", "name", "origin", "problem", "source")

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
        self.entry_points: list[Line] = []
        """Those that name its module, by name; several may."""
        self.contributions: list[tuple[str, str, str, str]] = []
        """Of a distribution: name, group and value of each entry point that contributes, and to which registry."""

    @property
    def is_package(self) -> bool:
        """Whether it is a package rather than a plain module."""
        file = os.path.basename(self.origin or "")
        return file.startswith("__init__.") or (bool(file) and "." not in file)

    def who(self) -> str:
        """Return it as messages name it, e.g. `plugin 'csv' of acme-csv 1.2.0`."""
        return f"plugin {self.name!r} of {self.distribution}" if self.distribution else f"plugin {self.name!r}"

    def __repr__(self) -> str:
        owner = f" of {self.distribution}" if self.distribution else ""
        return f"<{self.source} {self.name!r}{owner}: {self.module} at {self.origin}>"
