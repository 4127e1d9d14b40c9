"""Changes what `uv tool` remembers of an environment, so that `uv tool upgrade` keeps what was installed.

In: an installer with an environment of `uv tool`. Out: its receipt, as the words that would make the environment again,
with more requirements or fewer.

Source:
    uv, "Tools": `uv-receipt.toml` beside `pyvenv.cfg`.
"""

from __future__ import annotations

import os
import sys
import tomllib
from typing import TYPE_CHECKING, Any

from pegboard.startup.discovery.distributions import normalise
from pegboard.tools.installing.installer import run, without_versions
from pegboard.tools.installing.references import key_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pegboard.tools.installing.installer import Installer


def update_tool(
    installer: Installer, requirements: Sequence[str], *, kept: Collection[str] = (), without: Sequence[str] = ()
) -> None:
    """Have `uv tool` remember what is installed now.

    Args:
        installer: With the environment.
        requirements: What was installed; it is remembered without versions, so that an upgrade may change them.
        kept: Distributions that must be in the receipt, whoever installed them.
        without: Names to remove from the receipt.

    Raises:
        InstallFailedError: If it fails.
    """
    receipt = UvReceipt(installer.environment.prefix)
    known = receipt.names | {key_of(text) for text in requirements}
    more = [*without_versions(requirements), *sorted(set(kept) - known)]
    words = [*installer.options, *receipt.words(more, without=without)]
    uv = installer.environment.uv or "uv"
    run([uv, "tool", "install", "--python", receipt.python, *words], receipt.environ)


class UvReceipt:
    """The receipt of one tool."""

    def __init__(self, prefix: str) -> None:
        with open(os.path.join(prefix, "uv-receipt.toml"), "rb") as stream:
            self._tool: dict[str, Any] = tomllib.load(stream)["tool"]
        self._prefix = prefix

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables by which uv finds this tool and its programs."""
        found = {"UV_TOOL_DIR": os.path.dirname(self._prefix)}
        for entry in self._tool.get("entrypoints", ()):
            found["UV_TOOL_BIN_DIR"] = os.path.dirname(entry["install-path"])
        return found

    @property
    def python(self) -> str:
        """The Python that the environment was made with; the one inside it may be removed meanwhile."""
        return str(self._tool.get("python") or getattr(sys, "_base_executable", sys.executable))

    @property
    def names(self) -> set[str]:
        """The normalised names of the tool and of what it was installed with."""
        return {normalise(requirement["name"]) for requirement in self._tool["requirements"]}

    @property
    def options(self) -> list[str]:
        """Where the tool was installed from, as options; uv itself heeds them at an upgrade only."""
        known = self._tool.get("options", {})
        words = ["--no-index"] if known.get("no-index") else []
        if known.get("index-url"):
            words += ["--index-url", known["index-url"]]
        for folder in known.get("find-links", ()):
            words += ["--find-links", folder]
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
        left_out |= {key_of(text) for text in more}
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
    address = requirement.get("directory") or requirement.get("path") or requirement.get("url")
    if git := requirement.get("git"):
        address = f"git+{git}"
    text = f"{name}{extras} @ {address}" if address else f"{name}{extras}{requirement.get('specifier', '')}"
    if marker := requirement.get("marker"):
        text += f" ; {marker}"
    return [option, text] if option else [text]
