"""Which of two versions is newer?

Source: "Version specifiers", PyPA specifications (PEP 440): the scheme, its spellings, and their order.
"""

from __future__ import annotations

import re

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, Final

_VERSION: Final = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<phase>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?P<number>\d*))?"
    r"(?:-(?P<dash>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_number>\d*))?"
    r"(?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_number>\d*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?"
)
_PHASES: Final = {"alpha": 0, "a": 0, "beta": 1, "b": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}
_MOST_CHARACTERS: Final = 256
"""A longer one is damaged; Python refuses to read numbers without end."""
_BEFORE, _AFTER = -1, 9  # every phase


def key(version: str) -> tuple[Any, ...] | None:
    """Return what versions are ordered by; None for what is no version."""
    found = _VERSION.fullmatch(version.strip().lower()) if len(version) <= _MOST_CHARACTERS else None
    if found is None:
        return None
    release = [int(part) for part in found["release"].split(".")]
    while release and not release[-1]:  # 1.0 is 1
        release.pop()
    has_post, is_dev = found["dash"] is not None or found["post"] is not None, found["dev"] is not None
    if found["phase"]:
        phase = (_PHASES[found["phase"]], int(found["number"] or 0))
    else:
        phase = (_BEFORE if is_dev and not has_post else _AFTER, 0)
    post = int(found["dash"] or found["post_number"] or 0) if has_post else -1
    dev = (0, int(found["dev_number"] or 0)) if is_dev else (1, 0)
    local = tuple(
        (1, int(part), "") if part.isdigit() else (0, 0, part)
        for part in (re.split("[-_.]", found["local"]) if found["local"] else ())
    )
    return int(found["epoch"] or 0), tuple(release), phase, post, dev, local


def compare(version: str, other: str) -> int | None:
    """Return whether *version* is older than *other* (negative), the same (0) or newer; None if that cannot be said."""
    if version == other:
        return 0
    first, second = key(version), key(other)
    if first is None or second is None:
        return None
    return (first > second) - (first < second)
