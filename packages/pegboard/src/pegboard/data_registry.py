"""A registry of plain data: what plugins add is described by metadata alone, so that none of them is ever imported."""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class DataRegistry(Registry["Mapping[str, Any]"]):
    """Plain data by name: themes, file types, links. Made by `Host.data_registry`.

    `registry[name]` is what `registry.describe(name)` is.
    """

    __slots__ = ()

    def register(self, name: str, *, override: bool = False, **metadata: Any) -> None:  # type: ignore[override]
        """Add *metadata* under *name*.

        Args:
            name: At least one character, on one line.
            override: Whether it may replace what an earlier plugin registered under that name.
            **metadata: Plain data: text, numbers, True, False, None, and lists and dictionaries of these.

        Raises:
            InvalidNameError: If *name* cannot be shown in a list.
            MetadataError: If *metadata* is not plain data.
        """
        super().register(name, None, override=override, **metadata)  # type: ignore[call-overload]

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        """Return the data of that name.

        Raises:
            ContributionNotFoundError: If there is none; a KeyError that knows the nearest name.
        """
        return self.describe(name)
