"""Reads and makes files that name a set of plugins, in the format of `requirements.txt`.

In: a file, or what is installed. Out: its requirements and hashes, or the distributions to name in a file.

Source:
    pip, "Requirements File Format" and "Secure installs" (hash-checking mode); only requirements, their hashes and
    comments are understood here.
"""

from __future__ import annotations

import codecs
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pegboard.errors import InstallRefusedError
from pegboard.startup.discovery.origins import sha256_of
from pegboard.tools.installing.dependencies import closure, name_of
from pegboard.tools.installing.installed import application_of, plugins_by_distribution
from pegboard.tools.installing.references import file_name, is_direct, of_file, pairs, path_of
from pegboard.tools.installing.wheels import is_same_version, wheels_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.host import Host
    from pegboard.tools.installing.installed import Snapshot


def frozen_distributions(host: Host, snapshot: Snapshot) -> dict[str, list[str]]:
    """Return the distributions with plugins, and all that only they need: name to the names of its plugins.

    What the application itself needs is left out, since another version of it may need other versions. Which extras of
    a plugin were installed is not known, so that all of them count.
    """
    from pegboard.startup.discovery.distributions import normalise

    owner = application_of(host).owner
    of_host = closure({normalise(owner.distribution.name): ()} if owner else {}, snapshot.requires)
    plugins = plugins_by_distribution(host)
    wanted = closure({key: snapshot.extras(key) for key in plugins.keys() & snapshot.distributions}, snapshot.requires)
    return {key: plugins.get(key, []) for key in sorted(wanted.keys() - of_host.keys())}


_PINNED = re.compile(r"[A-Za-z0-9._-]+\s*(==\s*[^\s,;*]+|@\s*\S+)")
_FRAGMENT = re.compile(r"#sha256=([0-9a-f]+)")
_HASH = re.compile(r"\s--hash=([a-z0-9]+:[0-9a-f]+)(?=\s|$)")


@dataclass(frozen=True, slots=True)
class RequirementsFile:
    """What a file asks for."""

    requirements: list[str] = field(default_factory=list)
    """As a user types them; `-e` before a folder is an item of its own."""
    hashes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The hashes that a file may have, e.g. `sha256:1c...`, by normalised name; for all requirements, or for none."""


def read_requirements_file(path: str) -> RequirementsFile:
    """Return what the file at *path* asks for.

    Raises:
        InstallRefusedError: For a line that is no requirement; and if only some of them have hashes, as a set that is
            checked only in part is not checked.
        OSError: If the file cannot be read.
    """
    text = _text(path)
    found = RequirementsFile()
    without: tuple[int, str] | None = None
    for number, line in _lines(text):
        requirement, hashes = _HASH.sub("", line).strip(), tuple(_HASH.findall(line))
        if requirement.startswith("-e "):
            found.requirements.extend(("-e", requirement[3:].strip()))
        elif requirement.startswith("-") or " --" in requirement:
            advice = "one requirement a line, with its hashes; give options to the command"
            raise InstallRefusedError(f"{line!r} is no requirement", f"{path}:{number}", advice)
        else:
            found.requirements.append(requirement)
        if hashes and not _PINNED.fullmatch(requirement):
            cause, advice = f"a hash is of one version, and {requirement!r} has many", "write NAME==VERSION before it"
            raise InstallRefusedError(cause, f"{path}:{number}", advice)
        if hashes:
            found.hashes[name_of(requirement)] = hashes
        elif without is None:
            without = number, requirement
    if found.hashes and without is not None:
        advice = "give each of them a hash, or none: `freeze --hashes` prints them"
        raise InstallRefusedError(f"{without[1]!r} has no hash, and others have", f"{path}:{without[0]}", advice)
    return found


def _text(path: str) -> str:
    with open(path, "rb") as stream:
        data = stream.read()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data:
        cause = "it is encoded as UTF-16" if b"\0" in data else "it is not encoded as UTF-8"
        raise InstallRefusedError(cause, path, "save it as UTF-8; in PowerShell: ... freeze | Out-File -Encoding utf8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InstallRefusedError("it is not encoded as UTF-8", f"{path}:{line}", "save it as UTF-8") from None


def at_hand(file: RequirementsFile, options: Sequence[str]) -> list[str]:
    """Return the requirements of *file*, with another place for each file that is not where it was.

    A file that a folder in *options* has is taken from there, if it has the hash that was frozen. Else, if all lines
    have hashes, its version is taken from wherever the installer finds a file with that hash.

    Args:
        file: What is asked for.
        options: Values of options, folders of wheels among them.

    Raises:
        InstallRefusedError: If a file is nowhere.
    """
    found: list[str] = []
    for option, text in pairs(file.requirements):
        path = path_of(text) if is_direct(text) else None
        key, version = of_file(file_name(text)) if path is not None and not os.path.exists(path) else ("", "")
        if key:
            text = _elsewhere(text, key, version, file, options)  # noqa: PLW2901
        found += [*option, text]
    return found


def _elsewhere(text: str, key: str, version: str, file: RequirementsFile, options: Sequence[str]) -> str:
    wanted = {value.rpartition(":")[2] for value in file.hashes.get(key, ())} | set(_FRAGMENT.findall(text))
    for path, name, found in wheels_in(options):
        if name == key and is_same_version(found, version) and (not wanted or sha256_of(str(path)) in wanted):
            return f"{key} @ {path.absolute().as_uri()}"
    if file.hashes:
        return f"{key}=={version}"
    raise InstallRefusedError(
        f"the file of {key} {version} is not there any more",
        path_of(text) or text,
        f"name the folder that has {file_name(text)} with --find-links",
    )


def _lines(text: str) -> list[tuple[int, str]]:
    """Return each logical line with the number of its first line; without comments and empty lines."""
    found, begun, number = [], "", 0
    for current, raw in enumerate(text.splitlines(), 1):
        line = "" if raw.lstrip().startswith("#") else raw.partition(" #")[0].strip()
        number = number if begun else current
        begun = f"{begun} {line.removesuffix(chr(92))}".strip()
        if begun and not line.endswith("\\"):
            found.append((number, begun))
            begun = ""
    return [*found, (number, begun)] if begun else found
