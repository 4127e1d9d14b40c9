"""How is an array of MessagePack marked as a value that MessagePack does not know?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgpack  # type: ignore[import-untyped]

from pegboard.isolation import wire

if TYPE_CHECKING:
    from collections.abc import Iterable


class Mark:
    """The first item of such an array, when it is read."""

    __slots__ = ("code",)

    def __init__(self, code: int) -> None:
        self.code = code


READ = {code: Mark(code) for code in wire.MARKS}
_WRITTEN: dict[int, Any] = {code: msgpack.ExtType(code, b"") for code in wire.MARKS}


def marked(code: int, items: Iterable[object]) -> list[object]:
    """Return *items* with a mark before them."""
    return [_WRITTEN[code], *items]
