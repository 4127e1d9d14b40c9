"""Which functions are replaced for a while, to see how they are called?

In: functions, and what takes their place. Out: the same functions again, unless somebody has replaced them meanwhile.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class ReplacedFunctions:
    """Functions that are replaced until `restore` is called."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def append(self, undo: Callable[[], None]) -> None:
        """Have *undo* called by `restore`; what comes last is called first."""
        self._undo.append(undo)

    def restore(self) -> None:
        """Put the functions back."""
        while self._undo:
            self._undo.pop()()

    def replace(self, holder: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Replace the function *name* of *holder*, if it has one, by what *make* returns when it is given that."""
        original = getattr(holder, name, None)
        if original is None:
            return
        replacement = make(original)
        setattr(holder, name, replacement)

        def undo() -> None:
            if getattr(holder, name, None) is replacement:  # a plugin's own patch stays: it was reported
                setattr(holder, name, original)

        self.append(undo)

    def watch(self, holder: Any, name: str, before: Callable[..., None]) -> None:
        """Replace a function by one that calls *before* with the same arguments first."""

        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any, **options: Any) -> Any:
                before(*arguments, **options)
                return original(*arguments, **options)

            return call

        self.replace(holder, name, make)
