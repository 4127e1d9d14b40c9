"""What do plugins register differently from one recording to another?

In: two indexes. Out: one line for each plugin that differs.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.encoding import content_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pegboard.index import Index

    Rows = Mapping[str, list[str]]


def recorded_rows(index: Index) -> dict[str, list[str]]:
    """Return the contributions of each recorded plugin in words, by plugin name."""
    rows: dict[str, list[str]] = {}
    for entry in content_of(index)["plugins"].values():
        if entry["record"] is not None:
            rows[entry["identity"][0]] = [
                f"{kind} {text!r}{' (overrides)' if override else ''} {metadata or ''}".rstrip()
                for kind, text, override, metadata in entry["record"]["rows"]
            ]
    return rows


def differences(old: Rows, new: Rows) -> list[str]:
    """Return one line for each plugin that registered something else the second time, sorted by name."""
    lines = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before is None or after is None:
            lines.append(f"plugin {name!r} is recorded {'the second time only' if before is None else 'once only'}")
        elif before != after:
            lost = [row for row in before if row not in after]
            gained = [row for row in after if row not in before]
            detail = [f"no longer registers {row}" for row in lost] + [f"now registers {row}" for row in gained]
            lines.append(f"plugin {name!r}: {'; '.join(detail) or 'registers the same in another order'}")
    return lines
