"""Which environment variables does an import read, and whose reading is it?

In: a read, with the frame that it comes from. Out: the names that a record is bound to, with the values before the
first import; modules whose bodies have read it; plugins that had set it before.
"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING
from pegboard.index import WHOLE_ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType
    from typing import Any

    from pegboard.ledger import Plugin

_PROXIES = frozenset(
    word
    for scheme in ("all", "ftp", "http", "https", "no", "socks", "ws", "wss")
    for word in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY")
) | {"REQUEST_METHOD"}
_LOOK_FOR: dict[tuple[str, str], Callable[[str], bool]] = {
    ("urllib.request", "getproxies_environment"): lambda name: name.lower().endswith("_proxy"),
}
"""Functions that go through the whole environment, by module and name, and which variables they look for."""
_EVEN_IF_ABSENT = {("urllib.request", "getproxies_environment"): _PROXIES}
_OF_PYTHON = frozenset(("os", "_collections_abc", "collections.abc"))


class Variables:
    """The environment, and what plugins have changed in it, during one cold start."""

    def __init__(self) -> None:
        """Take the environment as it is now."""
        self.before: Mapping[str, str] = _environment()
        """The environment before the first import."""
        self._last: Mapping[str, str] = self.before
        self._last_data = dict(os.environ._data)  # type: ignore[attr-defined]
        self._set_by: dict[str, str] = {}

    def note_changes(self, plugin: Plugin) -> None:
        """Note which variables *plugin*, whose import is over, has changed."""
        data = os.environ._data  # type: ignore[attr-defined]
        if data == self._last_data:
            return
        now = _environment()
        for name in now.keys() | self._last.keys():
            if now.get(name) != self._last.get(name):
                self._set_by[name] = plugin.module
        self._last, self._last_data = now, dict(data)

    def setters(self, names: set[str], plugin: Plugin) -> set[str]:
        """Return the modules of other plugins that have set one of *names*: a record depends on them, too."""
        if not self._set_by:
            return set()
        if WHOLE_ENVIRONMENT in names:
            names = set(self._set_by)
        return {self._set_by[name] for name in names if name in self._set_by} - {plugin.module}

    def bound(self, name: Any, frame: FrameType) -> set[str]:
        """Return the variables that reading *name* binds a record to; none for what can be no name of a variable."""
        if name is not WHOLE_ENVIRONMENT:
            try:
                variable = os.fsdecode(os.fsencode(name))
            except (TypeError, ValueError):  # reading it fails, wherever and whenever
                return set()
            looks_for = _LOOK_FOR.get(_asking(frame))
            return {variable} if looks_for is None or looks_for(variable) else set()
        asking = _asking(frame)
        looks_for = _LOOK_FOR.get(asking)
        if looks_for is None:
            return {WHOLE_ENVIRONMENT}
        return {found for found in _environment() if looks_for(found)} | _EVEN_IF_ABSENT[asking]


def _environment() -> dict[str, str]:
    """Return all variables, without reading the environment as a plugin does."""
    data = dict(os.environ._data)  # type: ignore[attr-defined]
    return {os.fsdecode(name): os.fsdecode(value) for name, value in data.items()}


def _asking(frame: FrameType | None) -> tuple[str, str]:
    """Return module and name of the function that goes through the environment."""
    while frame is not None:
        module = _module(frame)
        if module not in _OF_PYTHON and not module.startswith("pegboard.startup.recording"):
            return module, frame.f_code.co_name
        frame = frame.f_back
    return "", ""


def bodies(frame: FrameType | None, is_own: Callable[[str], bool]) -> Iterator[str]:
    """Yield the modules whose bodies are being run, from *frame* to the plugin's own code.

    What is read in a call of a library's function is read by who calls it. So a frame counts only when it is, or was
    called by, the body of a module.
    """
    while frame is not None:
        module = _module(frame)
        if is_own(module):
            return
        if frame.f_code.co_name == "<module>":
            yield module
        frame = frame.f_back


def _module(frame: FrameType) -> str:
    name = dict.get(frame.f_globals, "__name__")
    return name if type(name) is str else ""
