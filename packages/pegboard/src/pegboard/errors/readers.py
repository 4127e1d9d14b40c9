"""For whom is a hint, for the user of a plugin or for its author?

In: a hint for the user. Out: the same for the author, who cannot report it to the author.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Final

_REPORT = r"(?:report (?:it|the cause) to|tell|ask) its author"
_FOR_AUTHORS: Final = (
    (rf"update (?:it|the plugin)(?: or (?:disable|uninstall) it)?,? (?:or )?{_REPORT}", "correct it"),
    (rf"update or (?:disable|uninstall) it, or {_REPORT}", "correct it"),
    (r"(?:, or)? ask its author$", ""),
    (r"ask its author to (?=\w)", ""),
    (r"ask its author for", "give it"),
    (_REPORT, "correct it"),
)
"""Expressions in hints for users, and what stands there for authors."""


_MOST_CHARACTERS: Final = 10_000_000
"""How much of a file is read; damaged ones may have no end."""


def for_author(hint: str) -> str:
    """Return *hint*, which is for users, as the plugin's author needs it."""
    if "author" not in hint:
        return hint
    import re

    hint = hint.replace("its author registers ", "register ").replace("its author gives ", "give ")
    hint = re.sub(r"its author can (\w)", r"\1", hint)
    for said, instead in _FOR_AUTHORS:
        hint = re.sub(said, instead, hint)
    return hint


def is_editable(distribution: str) -> bool:
    """Return whether *distribution*, a name and a version, is installed from its source: then its author is reading.

    Source: PEP 610, `direct_url.json`.
    """
    said = read_metadata(distribution, "direct_url.json")
    return '"editable": true' in said.replace('"editable":true', '"editable": true')


def read_metadata(distribution: str, file: str) -> str:
    """Return the text of a metadata *file* of *distribution*, a name and a version; empty if it is not found."""
    name, _, version = distribution.rpartition(" ")
    if not name:
        return ""
    spelt = name.replace("-", "_").replace(".", "_")
    folders = dict.fromkeys(f"{each}-{version}.dist-info" for each in (spelt, spelt.lower(), name))
    for entry in sys.path:
        for folder in folders:
            try:
                with open(os.path.join(entry, folder, file), encoding="utf-8", errors="replace") as stream:
                    return stream.read(_MOST_CHARACTERS)
            except (OSError, ValueError):
                continue
    return ""
