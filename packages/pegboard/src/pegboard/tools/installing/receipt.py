"""What `uv tool` remembers of an environment, as the words that would make it again.

Source:
    uv, "Tools": `uv-receipt.toml` beside `pyvenv.cfg`.
"""

from __future__ import annotations

import os
import sys
import tomllib
from typing import TYPE_CHECKING, Any

from pegboard.startup.discovery.distributions import normalise
from pegboard.tools.installing.dependencies import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable


class Receipt:
    """The receipt of one tool."""

    def __init__(self, prefix: str) -> None:
        with open(os.path.join(prefix, "uv-receipt.toml"), "rb") as stream:
            self._tool: dict[str, Any] = tomllib.load(stream)["tool"]
        self._prefix = prefix

    @property
    def environ(self) -> dict[str, str]:
        """The variables that lead uv to this very tool and its programs."""
        found = {"UV_TOOL_DIR": os.path.dirname(self._prefix)}
        for entry in self._tool.get("entrypoints", ()):
            found["UV_TOOL_BIN_DIR"] = os.path.dirname(entry["install-path"])
        return found

    @property
    def python(self) -> str:
        """The Python that the tool was made with: the one inside the environment may go."""
        return str(self._tool.get("python") or getattr(sys, "_base_executable", sys.executable))

    @property
    def options(self) -> list[str]:
        """Return where the tool was installed from, as options; uv itself heeds them at an upgrade only."""
        known = self._tool.get("options", {})
        words = ["--no-index"] if known.get("no-index") else []
        if known.get("index-url"):
            words += ["--index-url", known["index-url"]]
        for place in known.get("find-links", ()):
            words += ["--find-links", place]
        return words

    def words(self, extra: Iterable[str], *, without: Iterable[str] = ()) -> list[str]:
        """Return what follows `uv tool install`: the tool itself, what it was installed with, and *extra*.

        Args:
            extra: Requirements to install it with, besides; `-e` before a folder is an item of its own.
            without: Names to leave out of what it was installed with.
        """
        first, *others = self._tool["requirements"]
        left_out = set(without)
        more = list(extra)
        left_out |= {name_of(text) for text in more}
        words = _words("", first)
        for requirement in others:
            if normalise(requirement["name"]) not in left_out:
                words += _words("--with", requirement)
        is_editable = False
        for text in more:
            if text == "-e":
                is_editable = True
                continue
            words += ["--with-editable" if is_editable else "--with", text]
            is_editable = False
        return words


def _words(option: str, requirement: dict[str, Any]) -> list[str]:
    if editable := requirement.get("editable"):
        return ["--with-editable" if option else "--editable", editable]
    name = requirement["name"]
    extras = f"[{','.join(requirement['extras'])}]" if requirement.get("extras") else ""
    place = requirement.get("directory") or requirement.get("path") or requirement.get("url")
    if git := requirement.get("git"):
        place = f"git+{git}"
    text = f"{name}{extras} @ {place}" if place else f"{name}{extras}{requirement.get('specifier', '')}"
    if marker := requirement.get("marker"):
        text += f" ; {marker}"
    return [option, text] if option else [text]
