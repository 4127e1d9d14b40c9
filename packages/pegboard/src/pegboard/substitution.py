"""How does a test put something else in the place of a contribution?

In: a registry, a name, and an item. Out: a block in which the name stands for that item.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import Contribution, application

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Substitution:
    """A block in which one item has a name. Made by `Registry.override`."""

    __slots__ = ("_contribution", "_manager", "_metadata", "_registry")

    def __init__(self, registry: Any, manager: Any, name: str, item: object, metadata: Mapping[str, Any]) -> None:
        from pegboard.plain_data import plain_metadata, plain_name

        owner = application("override")
        owner.rank = sys.maxsize  # the last, also of the names
        text = plain_name(name, f"a contribution to {registry.name!r}")
        self._registry = registry
        self._manager = manager
        self._metadata = plain_metadata(registry.name, text, metadata)
        self._contribution = Contribution(owner, registry.name, text, item, override=True)

    def __enter__(self) -> Any:
        contribution = self._contribution
        known = self._registry.decide(contribution.text)[0]  # makes the plugins ready
        contribution.metadata = self._metadata or ({} if known is None else dict(known.metadata))
        self._manager.ledger.insert(contribution)
        return contribution.live

    def __exit__(self, *_: object) -> None:
        self._manager.ledger.remove(self._contribution)
