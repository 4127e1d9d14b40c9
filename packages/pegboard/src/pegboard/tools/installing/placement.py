"""Where will an installer put the files of a distribution, and whose files are there?

In: the files of a distribution that is unpacked in a temporary folder, and the environment. Out: in words, each file
that would be put in the place of another distribution's, of the application's, or of the interpreter's.

An installer that unpacks into a folder puts scripts below `bin` there, and data beside the packages; in the environment
they go elsewhere. The list of files does not tell which is what, so each place that is possible is looked at.

Source:
    "Binary distribution format", PyPA specifications: "The .data directory"; "Entry points specification", "Use for
    scripts"; PEP 3147 (`__pycache__`); the module `site`, Python's library reference (`sitecustomize`, `.pth`).
"""

from __future__ import annotations

import ntpath
import os
import posixpath
import re
import sysconfig
import unicodedata
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pegboard.startup.discovery.distributions import normalise
from pegboard.tools.installing.installed import every_recorded
from pegboard.tools.installing.unpacked import module_below

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pegboard.tools.installing.installed import Snapshot
    from pegboard.tools.installing.unpacked import Unpacked

_CODE = (".py", ".pyw", ".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib")
"""The suffixes of files that Python imports, or that come before such files."""
_AT_EACH_START = ("sitecustomize", "usercustomize")
_OF_THE_ENVIRONMENT = re.compile(r"(python|pypy|activate|deactivate|pyvenv)[^/]*$", re.IGNORECASE)
"""Programs that an environment itself has."""


def plain(path: str) -> str:
    """Return *path*, of a list of files, in one spelling: separators, `.` and `..`, and equal letters of Unicode."""
    text = unicodedata.normalize("NFC", path.replace("\\", "/"))
    return re.sub(r"^(\.\./)+", "", posixpath.normpath(text))


def module_of(path: str) -> str:
    """Return which module the file at *path* is, e.g. `app/plugins/csv`; empty when it is none.

    Compiled code is the module that it is compiled from, and a package is named by its folder.
    """
    folder, name = posixpath.split(path)
    stem, dot, _ = name.partition(".")
    if not dot or not name.lower().endswith(_CODE):
        return ""
    if posixpath.basename(folder) == "__pycache__":
        folder = posixpath.dirname(folder)
    return folder if stem == "__init__" else posixpath.join(folder, stem)


class Environment:
    """The files of an environment, and whose they are."""

    def __init__(self, owners: Mapping[str, str], paths: Mapping[str, str], *, ignores_case: bool = False) -> None:
        """Take stock.

        Args:
            owners: The normalised name of the distribution of each file, by absolute path.
            paths: The folders of an environment, as `sysconfig.get_paths()` names them.
            ignores_case: Whether its file system takes capital and small letters for the same.
        """
        self._site = list(dict.fromkeys((paths["purelib"], paths["platlib"])))
        self._scripts = paths["scripts"]
        self._data = paths["data"]
        self._ignores_case = ignores_case
        self._owners = {self._key(path): owner for path, owner in owners.items()}
        self._modules: dict[str, str] = {}
        """The owner of each module below site-packages that is code, by `module_of`."""
        for path, owner in owners.items():
            relative = self.below_site(path)
            if relative and (module := module_of(relative)):
                self._modules.setdefault(self._fold(module), owner)

    def _fold(self, text: str) -> str:
        plain_text = unicodedata.normalize("NFC", text)
        return plain_text.casefold() if self._ignores_case else plain_text

    def _key(self, path: str) -> str:
        return self._fold(os.path.normpath(path))

    def below_site(self, path: str) -> str:
        """Return *path*, which is absolute, as a path below site-packages with `/`; empty when it is elsewhere."""
        for site in self._site:
            if self._key(path).startswith(self._key(site) + os.sep):
                return plain(os.path.normpath(path)[len(os.path.normpath(site)) + 1 :])
        return ""

    def places(self, path: str) -> list[str]:
        """Return each place where an installer may put the file that it has unpacked at *path*."""
        found = [os.path.join(site, path) for site in self._site] + [os.path.join(self._data, path)]
        first, _, rest = path.partition("/")
        if first.lower() in ("bin", "scripts") and rest:
            found.append(self.script(rest))
        return list(dict.fromkeys(map(os.path.normpath, found)))

    def script(self, name: str) -> str:
        """Return where the script *name* goes."""
        return os.path.normpath(os.path.join(self._scripts, name))

    def owner(self, place: str) -> str | None:
        """Return the distribution of the file at *place*; None when it is nobody's."""
        return self._owners.get(self._key(place))

    def owner_of_module(self, module: str) -> str | None:
        """Return the distribution of the code below site-packages that is *module*; None when there is none."""
        return self._modules.get(self._fold(module))

    def runs_at_each_start(self, module: str) -> bool:
        """Return whether Python imports *module*, a path, at each start, by its name or since a `.pth` file does."""
        if module.casefold() in _AT_EACH_START:
            return True
        return "/" not in module and module in self._imported_at_each_start

    @cached_property
    def _imported_at_each_start(self) -> set[str]:
        names: set[str] = set()
        for site in self._site:
            for file in sorted(Path(site).glob("*.pth")):
                for line in file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else ():
                    if line.startswith(("import ", "import\t")):
                        names.update(re.findall(r"[^\W\d]\w*", line))
        return names


def environment_of(snapshot: Snapshot) -> Environment:
    """Return what is in the environment of this process."""
    paths = sysconfig.get_paths()
    swapped = paths["purelib"].swapcase()
    return Environment(every_recorded(snapshot), paths, ignores_case=os.path.exists(swapped))


class Trespasses:
    """What one distribution would put in the place of files of others."""

    def __init__(
        self,
        new: Unpacked,
        environment: Environment,
        *,
        packages: Collection[str],
        own: Collection[str],
        replaced: Collection[str],
    ) -> None:
        """Prepare to look.

        Args:
            new: What is about to be installed.
            environment: Where.
            packages: The paths of the application's package and of the namespace of its plugins, e.g. `utt` and
                `utt/plugins`, the application's first.
            own: The application's own modules, see `own_modules`.
            replaced: Distributions whose files are about to be replaced.
        """
        self._new = new
        self._environment = environment
        self._packages = [package.casefold() for package in packages]  # on some systems, both spellings are one file
        self._own = {known.casefold() for known in own}
        self._replaced = replaced

    def found(self) -> list[str]:
        """Return, in words, each file that is not its own."""
        lines = [line for path in self._new.written if (line := self._of_file(path))]
        lines += [line for name in self._new.scripts if (line := self._of_script(name))]
        return list(dict.fromkeys(lines))

    def _is_others(self, owner: str | None) -> bool:
        return owner is not None and owner != self._new.key and owner not in self._replaced

    def _of_file(self, written: str) -> str | None:
        if posixpath.isabs(written) or ntpath.splitdrive(written)[0]:
            return f"{written}, which is outside the environment"
        path = plain(written)
        folder, _, name = path.partition("/")
        if folder.lower() in ("bin", "scripts") and name and "/" not in name:
            return self._of_script(name)
        relative = next(filter(None, map(self._environment.below_site, self._environment.places(path)[1:])), path)
        for inside in dict.fromkeys((path, relative)):
            if line := self._of_metadata(inside) or self._of_module(inside):
                return line
        for place in self._environment.places(path):
            owner = self._environment.owner(place)
            if self._is_others(owner):
                return f"{path}, which {owner} brings"
            if owner is None and os.path.lexists(place) and (line := self._of_unowned(path, place)):
                return line
        return None

    def _of_metadata(self, path: str) -> str | None:
        folder = path.partition("/")[0]
        stem, dot, suffix = folder.rpartition(".")
        if not dot or suffix.lower() not in ("dist-info", "egg-info", "egg-link"):
            return None
        name = normalise(stem.partition("-")[0])
        return None if name == self._new.key else f"{path}, which says that {name} is installed"

    def _of_module(self, path: str) -> str | None:
        module = module_of(path)
        if not module:
            return None
        name = module.casefold()
        if name in self._packages and f"{name}/".startswith(f"{self._packages[0]}/"):  # others share another namespace
            return f"{path}, which is the application's own package file"
        owner = self._environment.owner_of_module(module)
        if self._is_others(owner):
            brings = f"{path}, which {owner} brings"
            return brings if self._is_there(path) else f"{path}, in the place of code that {owner} brings"
        if owner != self._new.key and self._environment.runs_at_each_start(module):
            return f"{path}, which runs at each start of Python"
        if module_below(name, self._packages) in self._own:
            return f"{path}, in the place of a module of the application"
        return None

    def _is_there(self, path: str) -> bool:
        return self._environment.owner(self._environment.places(path)[0]) is not None

    def _of_unowned(self, path: str, place: str) -> str | None:
        """Return what is wrong with replacing the file at *place*, which nobody owns; None if it may be a leftover."""
        if self._environment.below_site(place) and not path.endswith(".pth"):
            return None  # an installation that was interrupted leaves such files
        return None if os.path.isdir(place) else f"{path}, which is there and belongs to no distribution"

    def _of_script(self, name: str) -> str | None:
        if name != posixpath.basename(plain(name)) or name in ("", ".", ".."):
            return f"the program {name!r}, which is outside the folder of programs"
        if _OF_THE_ENVIRONMENT.match(name):
            return f"the program {name!r}, which is the environment's own"
        for place in (self._environment.script(name), self._environment.script(f"{name}.exe")):
            owner = self._environment.owner(place)
            if self._is_others(owner):
                return f"the program {name!r}, which {owner} brings"
            if owner is None and os.path.lexists(place) and not self._new.has_script(name, place):
                return f"the program {name!r}, which is there and belongs to no distribution"
        return None


def clashes_between(unpacked: Collection[Unpacked]) -> Iterator[tuple[Unpacked, str]]:
    """Yield each distribution that brings a file or program of one before it, and that in words."""
    first: dict[str, str] = {}
    for each in unpacked:
        for name in [*map(plain, each.files), *(f"the program {name!r}" for name in each.scripts)]:
            other = first.setdefault(name, each.key)
            if other != each.key:
                yield each, f"{name}, which {other} brings, too"
