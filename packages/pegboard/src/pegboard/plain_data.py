"""Is what a plugin says plain data, as names, metadata and declarations must be?

In: whatever a plugin has passed. Out: a copy as it comes back from a record, of built-in types; or an error.
"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Final

_MOST_NESTED: Final = 100
"""How deep lists and dictionaries may be nested: reading them takes more of Python's stack with each level."""


def plain(value: Any, depth: int = 0) -> Any:
    """Return *value* as it comes back from a record: a copy with lists for tuples, and only built-in types.

    Args:
        value: What is to be metadata.
        depth: In how many lists and dictionaries it is.

    Raises:
        TypeError: If it is not plain data.
        ValueError: If it cannot be written as JSON, or is nested too deep.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(int.__repr__(value))  # a number of too many digits for Python is no number for JSON
    if isinstance(value, str):
        value.encode()  # half a surrogate pair is no text
        return str.__str__(value)
    if isinstance(value, float):
        value = float.__float__(value)
        if value - value == 0:  # neither infinite nor no number
            return value
    if depth > _MOST_NESTED:
        raise ValueError(depth)
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {plain(key): plain(item, depth + 1) for key, item in value.items()}
    raise TypeError(type(value).__name__)


def plain_metadata(registry: str, name: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of a contribution as it comes back from a record.

    Args:
        registry: What the registry is called, for the error.
        name: The contribution's.
        metadata: Plain data by field.

    Raises:
        MetadataError: If it is not plain data.
    """
    found = {}
    for field, value in metadata.items():
        try:
            found[plain(field)] = plain(value)
        except (TypeError, ValueError) as error:
            from pegboard.errors import MetadataError

            what = type(value).__name__
            if isinstance(error, ValueError):
                what += ", but cannot be written down"
            raise MetadataError(registry, name, field, what) from None
    return found


def plain_name(name: object, kind: str) -> str:
    """Return *name* as plain text; a member of an enumeration of texts stands for its value, as in a dictionary.

    Args:
        name: At least one character, on one line.
        kind: What it is to be the name of, for the error.

    Raises:
        InvalidNameError: If it cannot be shown in a list.
    """
    text = str.__str__(name) if issubclass(type(name), str) else None
    if text is None or not text.strip() or not text.isprintable():
        from pegboard.errors import InvalidNameError

        raise InvalidNameError(kind, name if text is None else text)
    return text


def plain_names(names: str | Iterable[str]) -> tuple[str, ...]:
    """Return *names*, those of plugins, as plain text.

    Raises:
        InvalidNameError: If one of them cannot be shown in a list.
    """
    return tuple([plain_name(name, "a plugin") for name in ((names,) if isinstance(names, str) else names)])


def plain_inputs(inputs: str | Iterable[str | os.PathLike[str]]) -> tuple[str, ...]:
    """Return the absolute path of each of *inputs*, and `env:NAME` as it is; see `Host.declare`.

    Raises:
        HostError: If one of them can be neither.
    """
    found = []
    for given in (inputs,) if isinstance(inputs, str) else inputs:
        try:
            name = str.__str__(os.fsdecode(given))
            if b"\0" in os.fsencode(name):
                raise ValueError(name)  # noqa: TRY301 -- one way to refuse it
        except (TypeError, ValueError):
            from pegboard.errors import HostError

            raise HostError(
                f"a plugin cannot depend on {given!r}", "name a file, or a variable as `env:NAME`"
            ) from None
        found.append(name if name.startswith("env:") else os.path.abspath(name))
    return tuple(found)
