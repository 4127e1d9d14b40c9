"""Which objects could the code that ran get at?

In: the functions that an import called. Out: whether any of them names an object, or its module. If none does, somebody
else has changed it: a hook that is told of each import, another thread.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    import types
    from collections.abc import Callable, Iterable, Sequence

    from pegboard.startup.recording.effects.calls import Call
    from pegboard.startup.recording.effects.naming import Name

HOSTS = ("pegboard", "_frozen_importlib", "_frozen_importlib_external", "importlib", "zipimport")
"""Packages that every import runs through."""
_REFLECTION = frozenset(
    [
        "_getframe",
        "currentframe",
        "f_back",
        "f_globals",
        "get_objects",
        "get_referrers",
        "get_referents",
        "stack",
        "modules",
    ]
)
"""With these, code reaches everything without naming it."""


class Reach:
    """Says whether code that ran names something. It refers to no judge, so that nothing has to collect that."""

    def __init__(self, calls: Sequence[Call], is_own: Callable[[str], bool], application: str) -> None:
        """Look at no code yet.

        Args:
            calls: The functions that were called.
            is_own: Returns whether a module is the plugin's own code.
            application: The application's top-level package.
        """
        self._calls = calls
        self._is_own = is_own
        self._application = application
        self._words: set[str] | None = None

    def __call__(self, name: Name) -> bool:
        """Return whether any code that ran names what is called *name*, or its module."""
        if self._words is None:
            calls = [call for call in self._calls if call.location or self._is_own(call.module)]
            calls = [call for call in calls if call.module.partition(".")[0] not in HOSTS]
            codes = {id(call.code): call.code for call in calls}  # several plugins call the same functions
            self._words = _words(codes.values()).union(call.module for call in calls)
        words = self._words
        last, package = name.module.rpartition(".")[2], name.module.partition(".")[0]
        if package != self._application and not words.isdisjoint((package, package.lstrip("_"))):
            return True
        return (
            not words.isdisjoint(_REFLECTION)
            or not words.isdisjoint((name.module, last, last_part(name.text)))
            or name.module in ("sys", "builtins")
        )


def last_part(text: str) -> str:
    """Return the last part of a dotted name."""
    return text.replace("[...]", "").rpartition(".")[2]


def _words(codes: Iterable[types.CodeType]) -> set[str]:
    """Return the names and the texts in *codes*, and the last parts of dotted ones."""
    found: set[str] = set()
    for code in codes:
        found.update(code.co_names)
        found.update(each for each in code.co_consts if type(each) is str)
    found.update([each.rpartition(".")[2] for each in found if "." in each])
    return found
