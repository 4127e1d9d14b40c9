"""Where are an application's plugins, if not only in the usual places, and which modules there are plugins?

In: what the application's author says to `Host`. Out: a namespace, groups of entry points, a folder of the user's, and
a condition for modules; and one line of text that tells whether an index was made with the same.
"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import CodeType
    from typing import Any


class Sources:
    """Where one application's plugins are; it never changes."""

    __slots__ = ("_text", "folder", "groups", "is_plugin", "namespace")

    def __init__(
        self,
        application: str,
        *,
        namespace: str | None = None,
        entry_points: str | Iterable[str] | None = None,
        folder: str | os.PathLike[str] | None = None,
        is_plugin: Callable[[Any], object] | None = None,
    ) -> None:
        """Check what the author says; all is described at `Host`.

        Raises:
            InvalidNameError: If a name cannot be one of its kind.
            HostError: If the namespace is the application itself, or what is to be a function is none.
        """
        usual = f"{application}.plugins"
        self.namespace: str = usual if namespace is None else _namespace(application, namespace)
        """The package that plugins are modules of; empty for none."""
        self.groups: tuple[str, ...] = (usual,) if entry_points is None else tuple(_groups(entry_points))
        """The groups of entry points; each names a plugin."""
        self.folder: str | None = None if folder is None else os.path.abspath(folder) if folder else ""
        """The user's plugin folder; empty for none, None for the usual one."""
        self.is_plugin: Callable[[Any], object] | None = is_plugin
        """Whether a candidate of the namespace or the folder counts; None if each does."""
        if is_plugin is not None and not callable(is_plugin):
            raise TypeError(f"is_plugin is {is_plugin!r}, which cannot be called")
        condition = None if is_plugin is None else _text_of_function(is_plugin)
        self._text = f" {(self.namespace, self.groups, self.folder, condition)!r}"

    def __str__(self) -> str:
        return self._text


def enabled(names: Iterable[str]) -> tuple[str, ...]:
    """Return the *names* that `Host.only` is given.

    Raises:
        HostError: If they are one text, whose letters would be names.
    """
    from pegboard.errors import HostError

    if isinstance(names, str):
        raise HostError(f"only() was given the text {names!r}", "it takes a list of names")
    return tuple(names)


def _namespace(application: str, name: str) -> str:
    from pegboard.errors import HostError, InvalidNameError

    if not isinstance(name, str) or (name and not all(map(str.isidentifier, name.split(".")))):
        raise InvalidNameError("a namespace", name)
    if name and f"{application}.".startswith(f"{name}."):
        raise HostError(
            f"the namespace {name!r} holds the application {application!r} itself: its own modules would be plugins",
            f"use a package of its own, e.g. {application}.plugins",
        )
    return name


def _groups(names: str | Iterable[str]) -> Iterator[str]:
    from pegboard.errors import InvalidNameError

    for name in dict.fromkeys((names,) if isinstance(names, str) else names):
        if not isinstance(name, str) or name != name.strip() or not name.isprintable() or "]" in name:
            raise InvalidNameError("a group of entry points", name)
        if name:
            yield name


# -- is it the same function? -----------------------------------------------------------------------------------------


def _text_of_function(function: Callable[[Any], object]) -> str:
    """Return text that is another one when *function* is edited; what it reads elsewhere cannot be seen."""
    name = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__qualname__)}"
    code = getattr(function, "__code__", None)
    if code is None:
        return name
    bound = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    from hashlib import sha256

    plain = [value for value in (*bound, *(getattr(function, "__defaults__", None) or ())) if _is_plain(value)]
    return f"{name} {sha256('|'.join((*_parts(code), repr(plain))).encode()).hexdigest()[:16]}"


def _parts(code: CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield repr(code.co_names)
    for value in code.co_consts:
        if hasattr(value, "co_code"):
            yield from _parts(value)
        elif isinstance(value, frozenset):
            yield repr(sorted(map(repr, value)))
        elif _is_plain(value):
            yield repr(value)


def _is_plain(value: object) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (str, int, float, bytes))
