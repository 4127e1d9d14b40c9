"""Says where an installed distribution came from, if that was no index, and whether it can be had from there again.

In: the metadata that an installer has written. Out: an `Origin`, with the hash of the file.

Source:
    "Recording the Direct URL Origin of installed distributions", PyPA specifications (PEP 610).
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import zipfile
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.discovery.distributions import normalise
from pegboard.startup.discovery.owners import editable_project

if TYPE_CHECKING:
    import importlib.metadata


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an installed distribution came from, if that was no index."""

    reference: str
    """What an installer takes to get it from there again, e.g. `acme-csv @ file:///...`; or the path of a folder."""
    is_editable: bool = False
    sha256: str = ""
    """Of the file; empty for what is no file, or is not at hand."""
    why_not: str = ""
    """Why it cannot be had from there any more, in words."""


def origin_of(distribution: importlib.metadata.Distribution) -> Origin | None:
    """Return where *distribution* came from; None for what came from an index."""
    text = distribution.read_text("direct_url.json") or ""
    try:
        data = json.loads(text)
        url = str(data["url"])
    except (ValueError, KeyError, TypeError):
        return None
    name = normalise(distribution.metadata["Name"])
    if project := editable_project(text):
        why_not = "" if os.path.isdir(project) else f"the folder {project} is gone"
        return Origin(project, is_editable=True, why_not=why_not)
    if system := data.get("vcs_info"):
        return Origin(f"{name} @ {system['vcs']}+{url}@{system['commit_id']}")
    sub = f"#subdirectory={data['subdirectory']}" if data.get("subdirectory") else ""
    recorded = ((data.get("archive_info") or {}).get("hashes") or {}).get("sha256", "")
    return _of_address(name, f"{url}{sub}", recorded, distribution)


def _of_address(name: str, url: str, recorded: str, distribution: importlib.metadata.Distribution) -> Origin:
    reference, parts = f"{name} @ {url}", urlsplit(url)
    if parts.scheme != "file":
        return Origin(reference, sha256=recorded)
    path = url2pathname(parts.path)
    if not os.path.exists(path):
        return Origin(reference, sha256=recorded, why_not=f"{path} is gone")
    if os.path.isdir(path):
        return Origin(reference)
    found = sha256_of(path)
    if not is_installed_from(path, distribution) if path.endswith(".whl") else recorded not in ("", found):
        return Origin(reference, sha256=recorded, why_not=f"{path} has changed since")
    return Origin(reference, sha256=found)


def sha256_of(path: str) -> str:
    """Return the hash of the file at *path*, in hexadecimal digits."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_installed_from(path: str, distribution: importlib.metadata.Distribution) -> bool:
    """Return whether what is in the wheel at *path* is what is installed as *distribution*."""
    try:
        with zipfile.ZipFile(path) as wheel:
            name = next(name for name in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/RECORD", name))
            new = _hashes(wheel.read(name).decode())
    except (OSError, ValueError, StopIteration, zipfile.BadZipFile):
        return False
    now = _hashes(distribution.read_text("RECORD") or "")
    # an installer adds files of its own, and may put scripts and data elsewhere
    return all(now.get(file) == value for file, value in new.items() if ".data/" not in file)


def _hashes(text: str) -> dict[str, str]:
    rows = csv.reader(text.splitlines())
    return {row[0]: row[1] for row in rows if len(row) > 1 and row[1]}
