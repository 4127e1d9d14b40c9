"""Which distribution brought a file? There may be several, and some only point to the directory that it is in.

Source:
    "Recording installed projects", PyPA specifications (PEP 376, PEP 627); PEP 610, `direct_url.json`; PEP 660.
"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pegboard.ledger import Distribution
    from pegboard.startup.discovery.distributions import Installed
    from pegboard.startup.discovery.file_system import Files


class Owner:
    """A distribution that owns a file, and how sure that is."""

    __slots__ = ("digest", "installed", "is_recorded")

    def __init__(self, installed: Installed, digest: str | None = None) -> None:
        self.installed: Installed = installed
        self.is_recorded: bool = digest is not None
        """Whether an installer wrote down that very file; an editable install only points to a directory."""
        self.digest: str = digest or ""
        """The hash that its `RECORD` has for the file, e.g. `sha256=…`; empty when it has none."""

    @property
    def distribution(self) -> Distribution:
        """Its name and version."""
        return self.installed.distribution


class Owners:
    """The distributions that brought the files of one application's namespace."""

    def __init__(
        self, application: str, found: Iterable[Installed], files: Files, namespace: str | None = None
    ) -> None:
        self._files = files
        self._prefixes = tuple(f"{name.replace('.', '/')}/" for name in (application, namespace) if name)
        self._recorded: dict[str, list[Owner]] = {}
        self._roots: dict[str, list[Owner]] = {}
        self._projects: list[tuple[str, Owner]] = []
        self._eggs: list[tuple[Installed, str]] = []
        self._bases: dict[str, set[str]] = {}
        """Each directory of installed distributions, as it is called and as it is really called."""
        for item in found:
            if item.is_egg:
                self._add_egg(item)
            else:
                self._add(item)

    # -- reading -------------------------------------------------------------------------------------------------------

    def _add(self, item: Installed) -> None:
        record = item.read("RECORD")
        if any(
            f"\n{prefix}" in record or f'\n"{prefix}' in record or record.startswith((prefix, f'"{prefix}'))
            for prefix in self._prefixes
        ):
            bases = self._bases.get(item.base)
            if bases is None:
                bases = self._bases[item.base] = {item.base, os.path.realpath(item.base)}
            for path, digest in _rows(record, self._prefixes):
                for base in bases:
                    self._recorded.setdefault(os.path.normpath(f"{base}/{path}"), []).append(Owner(item, digest))
        known = False
        if ".pth," in record:
            known = self._add_pth(item, record)
        if "direct_url.json" in record and not known:
            project = editable_project(item.read("direct_url.json"))
            if project:
                self._projects.append((os.path.realpath(project), Owner(item)))

    def _add_pth(self, item: Installed, record: str) -> bool:
        """Note the directories that an editable install's `.pth` file names; return whether there are any."""
        known = False
        for name in _top_level(record, ".pth"):
            for line in (self._files.read(f"{item.base}/{name}") or "").splitlines():
                if line.startswith(("import ", "import\t")):
                    for helper in _top_level(record, ".py"):
                        if helper.removesuffix(".py") in line:
                            for target in _quoted_paths(self._files.read(f"{item.base}/{helper}") or ""):
                                known = True
                                self._add_root(target.removesuffix("/__init__.py"), item)
                elif line.strip() and not line.startswith("#"):
                    known = True
                    # not the whole tree: an environment or another project may be further down in it
                    for prefix in self._prefixes:
                        self._add_root(os.path.join(item.base, line.strip(), prefix), item)
        return known

    def _add_root(self, path: str, item: Installed) -> None:
        for root in {os.path.normpath(path), os.path.realpath(path)}:
            owners = self._roots.setdefault(root, [])
            if all(owner.installed is not item for owner in owners):
                owners.append(Owner(item))

    def _add_egg(self, item: Installed) -> None:
        names = item.read("SOURCES.txt") + "\n" + item.read("installed-files.txt")
        if any(prefix in names for prefix in self._prefixes):
            self._eggs.append((item, names.replace("\\", "/")))

    # -- answering -----------------------------------------------------------------------------------------------------

    def of(self, path: str) -> list[Owner]:
        """Return who owns the file *path*, the surest first; none when nobody does."""
        found = self.recorded(path)
        if found:
            return found
        for directory in (path, _real(path)):
            while len(directory) > 1:
                if directory in self._roots:
                    return self._roots[directory]
                directory = os.path.dirname(directory)  # noqa: PLW2901
        return self._of_egg(path) or self._of_project(path)

    def recorded(self, path: str) -> list[Owner]:
        """Return whose `RECORD` names the file *path*.

        Of several, those come first whose hash is that of the file as it is: the one installed last overwrote it.
        """
        owners = self._recorded.get(path) or self._recorded.get(_real(path)) or []
        if len(owners) < 2:  # noqa: PLR2004 - several
            return owners
        digest = _digest(self._files.read_bytes(path))
        return sorted(owners, key=lambda owner: (owner.digest != digest, owner.installed.key))

    def claimed_twice(self) -> Iterator[tuple[str, list[Owner]]]:
        """Yield each file that several distributions have recorded, and these; each file once."""
        seen: set[str] = set()
        for path, owners in self._recorded.items():
            if len(owners) < 2 or len({owner.installed.key for owner in owners}) < 2:  # noqa: PLR2004 -- several
                continue
            real = _real(path)
            if real not in seen:
                seen.add(real)
                yield path, owners

    def digest(self, path: str) -> str:
        """Return the hash of the file *path* as a `RECORD` has it; empty when it cannot be read."""
        return _digest(self._files.read_bytes(path))

    def is_of(self, path: str, owner: Owner) -> bool:
        """Return whether the file *path* is as *owner* has recorded it."""
        return bool(owner.digest) and owner.digest == self.digest(path)

    def _of_egg(self, path: str) -> list[Owner]:
        for item, names in self._eggs:
            if path.startswith(f"{item.base}/"):
                tail = path[len(item.base) + 1 :]
                if any(line == tail or line.endswith(f"/{tail}") for line in names.splitlines()):
                    return [Owner(item)]
        return []

    def _of_project(self, path: str) -> list[Owner]:
        real = _real(path)
        around = [
            (len(project), owner)
            for project, owner in self._projects
            if real.startswith(f"{project}/") and "/site-packages/" not in real[len(project) :]
        ]
        return [max(around, key=lambda item: (item[0], item[1].installed.key))[1]] if around else []

    def below(self, directory: str) -> list[Owner]:
        """Return who owns anything in *directory*, by `RECORD`, each once, by name."""
        inside = _inside(directory)
        found = {
            owner.installed.key: owner
            for path, owners in self._recorded.items()
            if path.startswith(inside)
            for owner in owners
        }
        return [found[key] for key in sorted(found)]

    def owner_of_application(self, home: str, part: str | None = None) -> Owner | None:
        """Return the distribution that brought the application in *home*, rather than plugins in *part* of it."""
        for directory in (f"{home}/api", home):
            owners: dict[str, tuple[int, Owner]] = {}
            inside, plugins = _inside(directory), _inside(part or f"{home}/plugins")
            for path, recorded in self._recorded.items():
                if path.startswith(inside) and not path.startswith(plugins):
                    for owner in recorded:
                        count = owners.get(owner.installed.key, (0, owner))[0]
                        owners[owner.installed.key] = (count + 1, owner)
            if owners:
                return min(owners.items(), key=lambda item: (-item[1][0], item[0]))[1][1]
        return next(iter(self.of(f"{home}/__init__.py")), None)


def _inside(directory: str) -> tuple[str, str]:
    """Return what the paths of all files in *directory* begin with: it as it is written, and with links resolved."""
    return f"{directory}/", f"{os.path.realpath(directory)}/"


def _real(path: str) -> str:
    """Return *path* with links in its directory resolved, but not itself: strict editables link every file."""
    directory, name = os.path.split(path)
    return f"{os.path.realpath(directory)}/{name}"


def _rows(record: str, prefixes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield path and hash of the rows in *record* whose path begins with one of *prefixes*."""
    begins = (*prefixes, *(f'"{prefix}' for prefix in prefixes))
    for line in record.splitlines():
        if line.startswith(begins):
            path, _, _size = line.rpartition(",")
            path, _, digest = path.rpartition(",")
            if not path:
                path, digest = line, ""
            if path.startswith('"'):
                path = path.strip('"').replace('""', '"')
            yield path, digest


def _top_level(record: str, suffix: str) -> list[str]:
    """Return the names of the files with *suffix* that *record* has at the top level."""
    names = (line.partition(",")[0] for line in record.splitlines())
    return sorted(name for name in names if name.endswith(suffix) and "/" not in name)


def _quoted_paths(text: str) -> list[str]:
    """Return the absolute paths that the source *text* of an import hook has as literals."""
    import re
    from ast import literal_eval

    found = []
    for literal in re.findall(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"", text):
        value = literal_eval(literal)
        if os.path.isabs(value):
            found.append(value)
    return found


def editable_project(text: str) -> str | None:
    """Return the directory that *text*, a `direct_url.json`, says an editable install points to (PEP 610)."""
    import json

    try:
        data = json.loads(text)
        if not data["dir_info"].get("editable"):
            return None
        from urllib.parse import unquote, urlsplit

        return unquote(urlsplit(data["url"]).path) or None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _digest(data: bytes | None) -> str:
    """Return the hash of *data* as a `RECORD` has it."""
    from base64 import urlsafe_b64encode
    from hashlib import sha256

    return "" if data is None else "sha256=" + urlsafe_b64encode(sha256(data).digest()).rstrip(b"=").decode()
