"""Knows which distributions could be installed: their names, and the newest version of one.

In: where distributions come from, as `install` has it: a package index, folders of wheels; or a file with names. Out:
names with what is said about them, versions, and what could not be asked.

Source:
    PEP 691 ("JSON-based Simple API"), PEP 700 (its field `versions`), PEP 592 (yanked files).
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pegboard.errors import InstallRefusedError
from pegboard.startup.discovery.distributions import normalise
from pegboard.tools.installing.references import of_file
from pegboard.tools.installing.wheels import is_older, wheels_in

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

USUAL_INDEX = "https://pypi.org/simple"
JSON = "application/vnd.pypi.simple.v1+json"
_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
_TIMEOUT_S = 30.0
_MOST_BYTES = 1 << 28
"""The list of names of the largest index has a tenth of that."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A distribution that could be installed."""

    name: str
    summary: str = ""
    keywords: tuple[str, ...] = ()


class Catalogue:
    """What an index and some folders have."""

    def __init__(self, index: str | None, folders: Sequence[str] = ()) -> None:
        """Ask nothing yet.

        Args:
            index: The address of a simple index; None asks none.
            folders: Folders of wheels.
        """
        self.index: str | None = index.rstrip("/") if index else None
        self._folders = folders
        self.problems: list[str] = []
        """What could not be asked, and why, in words; each once."""

    @classmethod
    def of(cls, options: argparse.Namespace) -> Catalogue:
        """Return that of the options by which `install` is told where distributions come from."""
        usual = next(filter(None, map(os.environ.get, _VARIABLES)), USUAL_INDEX)
        return cls(None if options.no_index else options.index_url or usual, options.find_links)

    def names(self) -> list[Offer]:
        """Return all names, each once."""
        found = [key for _, key, _ in wheels_in(self._folders)]
        data = self._ask(f"{self.index}/") if self.index else None
        if data is not None:
            try:
                found += [str(project["name"]) for project in data["projects"]]
            except (KeyError, TypeError):
                self._note(f"{self.index} offers no list of names")
        return [Offer(name) for name in dict.fromkeys(map(normalise, found))]

    def newest(self, name: str) -> str | None:
        """Return the newest version of *name* that can be installed here, if one is known; no pre-release."""
        key = normalise(name)
        found = [version for _, wheel, version in wheels_in(self._folders) if wheel == key]
        data = self._ask(f"{self.index}/{key}/") if self.index else None
        if data is not None:
            found += _versions(data)
        newest = None
        for version in filter(_is_final, found):
            if newest is None or is_older(newest, version):
                newest = version
        return newest

    def _ask(self, address: str) -> dict[str, Any] | None:
        """Return what the index says at *address*; None if it has no such page, or cannot be asked."""
        request = urllib.request.Request(address, headers={"Accept": JSON})  # noqa: S310 -- the user names it
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310
                if "json" not in response.headers.get_content_type():
                    self._note(f"{self.index} does not answer in JSON (PEP 691), so that it cannot be searched")
                    return None
                data = json.loads(response.read(_MOST_BYTES))
        except urllib.error.HTTPError as error:
            if error.code != 404:  # noqa: PLR2004 -- it has nothing of that name
                self._note(f"{self.index} answers with status {error.code}")
            return None
        except (OSError, ValueError) as error:
            self._note(f"{self.index} cannot be asked: {getattr(error, 'reason', error)}")
            self.index = None  # to wait once is enough
            return None
        return data if isinstance(data, dict) else None

    def _note(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


def _versions(page: dict[str, Any]) -> Iterator[str]:
    """Yield the versions of the files on *page* that are not yanked, and that this Python can use."""
    files = page.get("files")
    for file in files if isinstance(files, list) else ():
        if isinstance(file, dict) and not file.get("yanked") and _is_for_this_python(file.get("requires-python")):
            yield of_file(str(file.get("filename")))[1]


def _is_for_this_python(wanted: object) -> bool:
    import platform

    if not isinstance(wanted, str):
        return True
    try:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet
    except ImportError:
        return True
    try:
        return SpecifierSet(wanted).contains(platform.python_version(), prereleases=True)
    except InvalidSpecifier:
        return True


def _is_final(version: str) -> bool:
    try:
        from packaging.version import InvalidVersion, Version
    except ImportError:
        return bool(version)
    try:
        return not Version(version).is_prerelease
    except InvalidVersion:
        return False


def offers_in(path: str) -> list[Offer]:
    """Return what the file at *path* offers: names, one a line; or a list in JSON, of names or of tables.

    After a name, and `#`, a line has what it is; a table has `name`, `summary` and `keywords`.

    Raises:
        InstallRefusedError: If the file is neither.
        OSError: If it cannot be read.
    """
    with open(path, encoding="utf-8-sig") as stream:
        try:
            text = stream.read()
        except UnicodeDecodeError:
            raise InstallRefusedError("it is not encoded as UTF-8", path, "save it as UTF-8") from None
    if text.lstrip().startswith("["):
        try:
            return [_offer(item) for item in json.loads(text)]
        except (ValueError, KeyError, TypeError) as error:
            advice = 'a list of names, or of tables such as {"name": "acme-csv", "summary": "..."}'
            raise InstallRefusedError(f"it is no list of names in JSON: {error}", path, advice) from None
    lines = (line.partition("#") for line in text.splitlines())
    return [Offer(normalise(name.strip()), summary.strip()) for name, _, summary in lines if name.strip()]


def _offer(item: Any) -> Offer:
    if isinstance(item, str):
        return Offer(normalise(item))
    return Offer(normalise(item["name"]), str(item.get("summary") or ""), tuple(map(str, item.get("keywords") or ())))


def plugins_among(offers: Iterable[Offer], application: str, words: Sequence[str]) -> list[Offer]:
    """Return those of *offers* that look like plugins of *application*, and have all of *words*.

    A plugin's name begins with that of its application, as `utt-balance` does, or its keywords have it.
    """
    host = normalise(application)
    found: dict[str, Offer] = {}
    for offer in offers:
        keywords = {normalise(word) for word in offer.keywords}
        if not offer.name.startswith(f"{host}-") and not keywords & {host, f"{host}-plugin"}:
            continue
        text = " ".join((offer.name, offer.summary, *offer.keywords)).casefold()
        if all(word.casefold() in text for word in words):
            known = found.get(offer.name)
            found[offer.name] = known if known is not None and known.summary else offer
    return [found[name] for name in sorted(found)]
