"""Registries: what do plugins contribute by name?

In: registrations, while plugins are imported, and names. Out: metadata, which imports no plugin, and contributions.
`Registry` is defined in `pegboard.manager`, which every start loads; the registry of plain data is rare, and is here.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.manager import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["DataRegistry", "Registry"]


class DataRegistry(Registry["Mapping[str, Any]"]):
    """Plain data by name: themes, file types, links. Made by `Host.data_registry`.

    `registry[name]` is what `registry.describe(name)` is.
    """

    __slots__ = ()
    isolable = True

    def register(self, name: str, /, *, override: bool = False, **metadata: Any) -> None:  # type: ignore[override]
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
