"""How does a contribution travel to another process, and is it the same plugin's there?

A reference says which application, contribution and plugin is meant. It contains no code: another process finds the
contribution through its own host. `reference` is what travels, `entry` says what is known of a plugin and how two
entries differ, `code` hashes files, `identity` makes the entry of a plugin in this process, `resolution` finds what a
reference means here, `fingerprint` is about all plugins of a host at once.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def restore(version: int, state: Mapping[str, Any]) -> Any:
    """Return the reference that was pickled as *state*; `Reference.__reduce__` names this function.

    It never raises: where a pickle is read, in the depths of an engine, an error would be taken for one of the engine.
    What cannot be used raises when it is called.

    Args:
        version: Of the format; a newer Pegboard may have written another one than this one knows.
        state: The reference's fields.
    """
    from pegboard.references.reference import restored

    return restored(version, state)
