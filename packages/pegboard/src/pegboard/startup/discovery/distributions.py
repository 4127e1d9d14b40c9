"""Which distributions are installed?

Their metadata directories on `sys.path` are read as raw text, and only what is asked for: `importlib.metadata` takes
most of a second for every file of a thousand distributions.

Source:
    "Recording installed projects" and "Core metadata", PyPA specifications.
"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import Distribution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Final

    from pegboard.startup.discovery.file_system import Files

_MOST_CHARACTERS: Final = 256
"""How long the name or the version of a distribution may be; damaged metadata has longer ones."""
_MOST_DIGITS: Final = 256
"""Python refuses to read numbers without end."""


class Installed:
    """The metadata of one distribution; each file of it is read when it is asked for."""

    __slots__ = ("_distribution", "_entry_points", "_files", "_key", "_read", "base", "directory", "is_egg")

    def __init__(
        self,
        base: str,
        directory: str,
        files: Files | None,
        *,
        read: Callable[[str], str | None] | None = None,
        is_egg: bool,
    ) -> None:
        """Read nothing yet.

        Args:
            base: The directory or archive that its files are named relative to.
            directory: Its metadata directory.
            files: The view of the file system.
            read: Returns the text of a metadata file, if an import hook knows it instead.
            is_egg: Whether a build by setuptools left it.
        """
        self.base: str = base
        """The directory or archive that its files are named relative to."""
        self.directory: str = directory
        """Its metadata directory, e.g. `…/acme_csv-1.2.0.dist-info`."""
        self.is_egg: bool = is_egg
        """Whether a build by setuptools left it, rather than an installer."""
        self._files = files
        self._read = read
        self._distribution: Distribution | None = None
        self._entry_points: str | None = None
        self._key: str | None = None

    def read(self, name: str) -> str:
        """Return the text of the metadata file *name*; empty when there is none."""
        if self._files is None:
            return (self._read and self._read(name)) or ""
        return self._files.read(f"{self.directory}/{name}" if name else self.directory) or ""

    @property
    def entry_points(self) -> str:
        """The text of its `entry_points.txt`, which is asked for each group."""
        if self._entry_points is None:
            self._entry_points = self.read("entry_points.txt")
        return self._entry_points

    @property
    def distribution(self) -> Distribution:
        """Its name and version, from its metadata, or from its directory when that is damaged."""
        if self._distribution is None:
            fields = _header(self.read("METADATA") or self.read("PKG-INFO") or (self.read("") if self.is_egg else ""))
            name, version = self._from_directory()
            self._distribution = Distribution(fields.get("name") or name, fields.get("version") or version)
        return self._distribution

    @property
    def key(self) -> str:
        """Its normalised name; its directory has that, so that its metadata is seldom read."""
        if self._key is None:
            self._key = normalise(self._from_directory()[0] or self.distribution.name)
        return self._key

    def _from_directory(self) -> tuple[str, str]:
        stem = os.path.basename(self.directory).rpartition(".")[0].partition("-py")[0]
        name, dash, version = stem.rpartition("-")
        return (name, version) if dash else (stem, "0")

    def __repr__(self) -> str:
        return f"<metadata of {self.distribution} at {self.directory}>"


def normalise(name: str) -> str:
    """Return *name* in the form in which all its spellings are equal (PEP 503, "Normalized Names")."""
    plain = name.lower().replace("_", "-").replace(".", "-")
    while "--" in plain:
        plain = plain.replace("--", "-")
    return plain


def _header(text: str) -> dict[str, str]:
    """Return name and version from core metadata; a whole e-mail parser takes ten times as long."""
    fields: dict[str, str] = {}
    for line in text.partition("\n\n")[0].splitlines():  # without the description, which may be long
        key, colon, value = line.partition(":")
        if not line or len(fields) == 2:  # noqa: PLR2004 - the two fields
            break
        if colon and key.lower() in ("name", "version"):
            fields[key.lower()] = value.strip()[:_MOST_CHARACTERS]
    return fields


def installed(entries: Iterable[str], files: Files) -> list[Installed]:
    """Return the metadata of every distribution that the *entries* of the search path hold, in that order.

    The import hooks that know distributions of their own (frozen applications) come last.
    """
    found: list[Installed] = []
    seen: set[str] = set()
    for entry in entries:
        real = os.path.realpath(entry)
        if real in seen:
            continue
        seen.add(real)
        for name in _metadata_directories(files.names(entry)):
            path = f"{entry.rstrip('/')}/{name}"
            found.append(Installed(entry, path, files, is_egg=not name.endswith(".dist-info")))
    return found + list(_from_hooks())


def _metadata_directories(names: Iterable[str]) -> Iterator[str]:
    """Yield those of *names* by project; of one project the newest first: an upgrade that broke leaves the older."""
    by_project: dict[str, list[str]] = {}
    for name in names:
        if name.endswith((".dist-info", ".egg-info")) or name == "EGG-INFO":
            by_project.setdefault(name.partition("-")[0], []).append(name)
    for _, versions in sorted(by_project.items()):
        yield from sorted(versions, key=_newest_first) if len(versions) > 1 else versions


def _newest_first(name: str) -> tuple[list[int], str]:
    version = name.partition("-")[2]
    numbers = "".join(letter if letter in "0123456789" else " " for letter in version).split()
    return [-int(number[:_MOST_DIGITS]) for number in numbers], name


def _from_hooks() -> Iterator[Installed]:
    from pegboard.startup.discovery.finders import import_hooks

    finders = [
        find
        for finder in import_hooks()
        if (find := getattr(finder, "find_distributions", None)) is not None
        and type(finder).__module__ != "importlib_metadata"  # it finds what the search path has, once more
    ]
    if not finders:
        return
    from importlib.metadata import DistributionFinder

    for find in finders:
        try:
            found = list(find(DistributionFinder.Context()))
        except Exception:  # noqa: S112 - somebody's finder: its fault must not hide the plugins of others
            continue
        for distribution in found:
            try:
                metadata = distribution.metadata
            except Exception:  # noqa: S112 - it has none: `importlib_metadata`, which is a hook, too, raises then
                continue
            base = str(distribution.locate_file(""))
            stem = f"{str(metadata.get('Name')).replace('-', '_')}-{metadata.get('Version')}"
            directory = f"{base.rstrip('/')}/{stem}.dist-info"
            yield Installed(base, directory, None, read=distribution.read_text, is_egg=False)


def by_name(found: Sequence[Installed] | None = None) -> dict[str, Installed]:
    """Return the metadata of every distribution by normalised name; what comes first counts.

    Args:
        found: From `without_stale`; None to look now for what is on `sys.path`.
    """
    if found is None:
        from pegboard.startup.discovery.file_system import Files
        from pegboard.startup.discovery.finders import path_entries

        found = without_stale(installed(path_entries(), Files()))[0]
    return {item.key: item for item in reversed(found)}


def without_stale(found: Iterable[Installed]) -> tuple[list[Installed], list[tuple[Installed, Installed]]]:
    """Return one metadata directory for each distribution, and pairs of such a one and a stale one.

    What an installer wrote counts before what a build left behind, and then what comes first on the search path: it
    hides the other, as a virtual environment hides the system. Of two in *one* directory the older is stale, and so is
    a build's leftover of another version.
    """
    chosen: dict[str, Installed] = {}
    in_order = sorted(found, key=lambda item: item.is_egg)
    others = [item for item in in_order if chosen.setdefault(item.key, item) is not item]
    stale = [
        (chosen[item.key], item)
        for item in others
        if (item.is_egg or item.base == chosen[item.key].base)
        and item.distribution.version != chosen[item.key].distribution.version
    ]
    return list(chosen.values()), stale
