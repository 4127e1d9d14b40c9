"""Which plugins are there?"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.namespace import extend_namespace

if TYPE_CHECKING:
    from pegboard.discovery.scan import Discovery, discover

__all__ = ["Discovery", "discover", "extend_namespace"]


def __getattr__(name: str) -> object:
    """Load the cold half when it is asked for (PEP 562): a warm start only extends the namespace."""
    if name in ("Discovery", "discover"):
        from pegboard.discovery import scan

        return getattr(scan, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
