"""Reads references: requirements that are a path or an address, as `./acme_csv-1.1-py3-none-any.whl` is.

In: what a user types. Out: the distribution that a reference is of, and where it is.

Source:
    "Binary distribution format", "Source distribution format", PyPA specifications: names of files; PEP 508
    (`name @ URL`).
"""

from __future__ import annotations

import os
import re
import tomllib
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from pegboard.errors import InstallRefusedError
from pegboard.startup.discovery.distributions import normalise
from pegboard.tools.installing.dependencies import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tar.xz")
_EXTRAS = re.compile(r"\[[^\[\]]*\]$")
_NAMED = re.compile(r"\s*[\w.-]+\s*(?:\[[^\]]*\])?\s*@\s*(\S+)")
_PROJECT = ("pyproject.toml", "setup.py")
_PARTS = 5
"""The least number of parts in the name of a wheel: name, version, and three tags."""


def is_direct(requirement: str) -> bool:
    """Return whether *requirement* is a path or an address rather than a name."""
    path = _EXTRAS.sub("", requirement)
    return "://" in path or os.sep in path or path.endswith(_ARCHIVES) or path in (".", "..")


def pairs(requirements: Sequence[str]) -> Iterator[tuple[list[str], str]]:
    """Yield each of *requirements* after what precedes it: `["-e"]` for an editable folder, else nothing."""
    option: list[str] = []
    for text in requirements:
        if text == "-e":
            option = [text]
            continue
        yield option, text
        option = []


def absolute(requirements: Sequence[str]) -> list[str]:
    """Return *requirements* with absolute paths: installers run in another folder.

    Raises:
        InstallRefusedError: If nothing is at a path, or a folder that is no project.
    """
    found = []
    for text in requirements:
        if text == "-e" or not is_direct(text):
            found.append(text)
            continue
        path = path_of(text)
        if path is not None:
            _check(path)
        found.append(text if "://" in text else os.path.abspath(text))
    return found


def path_of(reference: str) -> str | None:
    """Return the absolute path of the file or folder that *reference* names; None if it is elsewhere."""
    if "://" not in reference:
        return os.path.abspath(reference if os.path.exists(reference) else _EXTRAS.sub("", reference))
    parts = urlsplit(_address(reference))
    return url2pathname(parts.path) if parts.scheme == "file" else None


def _check(path: str) -> None:
    if not os.path.exists(path):
        folder = os.path.dirname(path)
        if not os.path.isdir(folder):
            raise InstallRefusedError("there is no such file or folder", path, f"there is no folder {folder}")
        from difflib import get_close_matches

        near = get_close_matches(os.path.basename(path), sorted(os.listdir(folder)), n=1)
        remedy = f"did you mean {near[0]!r}?" if near else "to install by name, write the name without a path"
        raise InstallRefusedError("there is no such file or folder", path, remedy)
    if os.path.isdir(path) and not any(os.path.exists(os.path.join(path, name)) for name in _PROJECT):
        raise InstallRefusedError(
            "the folder is no project", path, f"a project has the file {_PROJECT[0]}: name the folder that has it"
        )


def key_of(requirement: str) -> str:
    """Return the normalised name of the distribution that is asked for; empty if only an installer can tell it."""
    if not is_direct(requirement) or _NAMED.match(requirement):
        return name_of(requirement)
    path = path_of(requirement)
    if path is not None and os.path.isdir(path):
        return _project_name(path)
    return of_file(file_name(requirement))[0]


def file_name(reference: str) -> str:
    """Return the last part of the path or the address."""
    address = _address(reference)
    path = unquote(urlsplit(address).path) if "://" in address else _EXTRAS.sub("", address)
    return os.path.basename(path.rstrip("/"))


def _address(reference: str) -> str:
    """Return *reference* without the name before `@`, and without a marker."""
    match = _NAMED.match(reference)
    return match[1] if match else reference


def of_file(name: str) -> tuple[str, str]:
    """Return the normalised name and the version of the distribution in a file; empty if its name does not say it."""
    suffix = next((each for each in _ARCHIVES if name.endswith(each)), None)
    if suffix is None:
        return "", ""
    stem = name.removesuffix(suffix)
    if suffix == ".whl":
        parts = stem.split("-")
        return (normalise(parts[0]), unquote(parts[1])) if len(parts) >= _PARTS else ("", "")
    name, dash, version = stem.rpartition("-")
    return (normalise(name), version) if dash and version[:1].isdigit() else ("", "")


def _project_name(folder: str) -> str:
    try:
        with open(os.path.join(folder, "pyproject.toml"), "rb") as stream:
            name = tomllib.load(stream)["project"]["name"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return normalise(name) if isinstance(name, str) else ""
