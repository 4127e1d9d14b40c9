"""The library's host, and what plugins can add: readers."""

from __future__ import annotations

from collections.abc import Callable

from pegboard import Host, Registry

Row = dict[str, str]
Reader = Callable[[str], list[Row]]
"""Returns the rows of a file, given its text."""

host = Host("rows")
readers: Registry[Reader] = host.registry("readers")


def reader_for(extension: str) -> str:
    """Return the name of the first reader that knows *extension*; imports none.

    Raises:
        ValueError: If none does.
    """
    for name in readers.names():
        if extension in readers.describe(name)["extensions"]:
            return name
    known = sorted(each for name in readers.names() for each in readers.describe(name)["extensions"])
    raise ValueError(f"no reader knows {extension!r}; known: {', '.join(known)}")
