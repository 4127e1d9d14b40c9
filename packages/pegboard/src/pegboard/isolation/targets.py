"""What does the application's process ask the process of a plugin for, besides calls of what is registered?"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

START: Final = ":start"
"""Returns what the plugin has registered."""
CLOSE: Final = ":close"
"""Runs the clean-ups of the plugin."""
RUNNING: Final = ":running"
"""Returns how many calls are running."""
PROBLEM: Final = "problem"
"""The topic of a fault that the host there has contained."""
VARIABLES: Final = ("NO_PLUGINS", "PLUGINS", "PLUGINS_STRICT", "PLUGINS_LAZY", "PLUGINS_CACHE")
"""Of the application's variables, those that say which plugins run; they are for the application's process."""
_SEPARATOR: Final = "\x1f"


def target(kind: str, text: str, method: str) -> str:
    """Return what a call calls: a contribution, or a method of a component."""
    return _SEPARATOR.join((kind, text, method))


def parts(called: str) -> tuple[str, str, str]:
    """Return kind, text and method of what is called."""
    kind, text, method = called.split(_SEPARATOR)
    return kind, text, method
