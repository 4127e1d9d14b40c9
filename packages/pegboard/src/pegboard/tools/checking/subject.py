"""What is checked: the sources of a project, or the files in a wheel; and which application it is a plugin for.

Source: "Entry points specification", "Core metadata", "Binary distribution format", PyPA specifications.
"""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import tomllib
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pegboard.adaptation import parse
from pegboard.startup.discovery.distributions import normalise
from pegboard.tools.checking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_NO_SOURCES = frozenset(
    ("build", "dist", "docs", "doc", "examples", "node_modules", "test", "tests", "venv", "site-packages")
)
"""Folders beside which a flat project has its packages."""
_NO_MODULES = frozenset(("setup", "conftest", "noxfile", "tasks", "fabfile"))


@dataclass
class Subject:
    """A project or a wheel."""

    shown: str
    """How it was named."""
    root: str
    """The folder that its modules are below."""
    is_wheel: bool
    name: str = ""
    version: str = "0"
    """Its version; 0 where only a build would tell."""
    requires: list[str] | None = field(default_factory=list)
    """The requirements; None where only a build would tell."""
    entry_points: list[tuple[str, str, str]] = field(default_factory=list)
    """Group, name and value of each."""
    pyproject: dict[str, Any] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    """All files below the root, as paths with slashes."""
    trees: dict[str, ast.Module] = field(default_factory=dict)
    """The syntax tree of each module, by path."""
    findings: list[Finding] = field(default_factory=list)

    def place(self, path: str) -> str:
        """Return the file at *path* below the root as messages name it."""
        return f"{self.shown}/{path}" if self.is_wheel else os.path.relpath(os.path.join(self.root, path))

    @property
    def settings_file(self) -> str:
        """Where its metadata is, as messages name it."""
        return self.shown if self.is_wheel else os.path.relpath(os.path.join(self.shown, "pyproject.toml"))

    def line_of(self, text: str) -> int:
        """Return the first line of `pyproject.toml` that has *text*; 1 if none has."""
        if not self.is_wheel:
            try:
                with open(self.settings_file, encoding="utf-8") as stream:
                    return next((number for number, line in enumerate(stream, 1) if text in line), 1)
            except (OSError, ValueError):
                pass
        return 1

    def find(self, code: str, what: str, remedy: str, path: str = "", line: int = 1) -> None:
        """Note a finding; without a *path*, one of the metadata."""
        self.findings.append(
            Finding(self.place(path) if path else self.settings_file, max(line, 1), code, what, remedy)
        )

    @property
    def modules(self) -> dict[str, str]:
        """The path of each module, by its name."""
        return {module_of(path): path for path in self.trees}

    def requires_distribution(self, name: str) -> bool:
        """Return whether the distribution *name* is among the requirements."""
        return self.requires is None or normalise(name) in {_name(text) for text in self.requires}


def module_of(path: str) -> str:
    """Return the name of the module in the file at *path*."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _name(requirement: str) -> str:
    return normalise(re.split(r"[\s\[(<>=!~;@]", requirement.strip(), maxsplit=1)[0])


def required_modules(subject: Subject) -> tuple[set[str], set[str]]:
    """Return the topmost modules that the requirements bring, and the requirements of which nothing is installed."""
    tops: set[str] = set()
    unknown: set[str] = set()
    for name in map(_name, subject.requires or ()):
        tops.add(name.replace("-", "_"))
        try:
            distribution = importlib.metadata.distribution(name)
        except (importlib.metadata.PackageNotFoundError, ValueError):
            unknown.add(name)
            continue
        listed = (distribution.read_text("top_level.txt") or "").split()
        tops.update(listed)
        paths = [str(file) for file in distribution.files or ()]
        tops |= {path.split("/")[0].partition(".")[0] for path in paths if path.endswith((".py", ".so", ".pyd"))}
    return tops, unknown


# -- projects ---------------------------------------------------------------------------------------------------------


def project(folder: str) -> Subject:
    """Return the project in *folder*."""
    file = os.path.join(folder, "pyproject.toml")
    root = os.path.join(folder, "src")
    subject = Subject(folder, root if os.path.isdir(root) else folder, is_wheel=False)
    try:
        with open(file, "rb") as stream:
            data = tomllib.load(stream)
    except (OSError, ValueError) as error:
        remedy = "write a pyproject.toml; `pegboard new plugin` makes one"
        subject.find("no-project", f"{os.path.relpath(file)} cannot be read: {error}", remedy)
    else:
        _read_project(subject, data)
    subject.files = sorted(_files(subject.root, is_flat=subject.root == folder))
    _parse(subject)
    return subject


def _read_project(subject: Subject, data: dict[str, Any]) -> None:
    subject.pyproject = data
    described = data.get("project", {})
    subject.name, subject.version = str(described.get("name", "")), str(described.get("version", "0"))
    dynamic = described.get("dynamic", []) if described else ["dependencies", "entry-points"]
    subject.requires = None if "dependencies" in dynamic else list(described.get("dependencies", []))
    groups = described.get("entry-points", {})
    subject.entry_points = [
        (group, name, str(value)) for group, points in groups.items() for name, value in points.items()
    ]


def _files(root: str, *, is_flat: bool) -> Iterator[str]:
    for above, folders, names in os.walk(root):
        is_top = is_flat and above == root
        folders[:] = [
            each
            for each in folders
            if not each.startswith((".", "__pycache__"))
            and not os.path.exists(os.path.join(above, each, "pyvenv.cfg"))  # an environment, under any name
            and not each.endswith((".egg-info", ".dist-info"))
            and not (is_top and each in _NO_SOURCES)
        ]
        for name in names:
            if not (is_top and (name.partition(".")[0] in _NO_MODULES or name.startswith("test_"))):
                yield os.path.relpath(os.path.join(above, name), root).replace(os.sep, "/")


def _parse(subject: Subject) -> None:
    for path in subject.files:
        if not path.endswith(".py") or ".dist-info/" in path or ".data/" in path:
            continue
        try:
            with open(os.path.join(subject.root, *path.split("/")), "rb") as stream:
                subject.trees[path] = ast.parse(stream.read(), path)
        except (SyntaxError, ValueError, OSError) as error:
            subject.trees[path] = ast.Module([], [])
            line = getattr(error, "lineno", None) or 1
            what = getattr(error, "msg", None) or str(error)
            subject.find("syntax", f"it is no valid Python: {what}", "correct it", path, line)


# -- wheels -----------------------------------------------------------------------------------------------------------


def wheel(file: str, folder: str) -> Subject:
    """Return the wheel *file*, unpacked in *folder*.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no wheel, or has files outside of the folder.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            archive.extractall(folder)
    except zipfile.BadZipFile as error:
        raise ValueError(f"{file} is no wheel: {error}") from None
    subject = Subject(file, folder, is_wheel=True)
    distribution = next(iter(importlib.metadata.distributions(path=[folder])), None)
    if distribution is None:
        raise ValueError(f"{file} is no wheel: it has no metadata")
    subject.name, subject.version = distribution.metadata["Name"], distribution.version
    requires = [text for text in distribution.requires or () if "extra ==" not in text]
    subject.requires = requires
    subject.entry_points = [(each.group, each.name, each.value) for each in distribution.entry_points]
    subject.files = sorted(_files(folder, is_flat=False))
    subject.files += [str(path).replace(os.sep, "/") for path in distribution.files or () if ".dist-info" in str(path)]
    _parse(subject)
    return subject


# -- which application? -----------------------------------------------------------------------------------------------


def application_names(subject: Subject) -> list[str]:
    """Return the applications that *subject* is a plugin for, by its entry points, its places, or what it imports."""
    found = [group.removesuffix(".plugins") for group, _, _ in subject.entry_points if group.endswith(".plugins")]
    for path in subject.trees:
        above, _, rest = path.partition("/plugins/")
        if rest:
            found.append(above.replace("/", "."))
    for tree in subject.trees.values():
        for name, _, _ in imports_in(tree):
            above, dot, rest = name.partition(".api")
            if dot and above and (not rest or rest.startswith(".")):
                found.append(above)
    brought = {
        module for module in subject.modules if ".api" in module
    }  # by the application itself, which is no plugin
    return [name for name in dict.fromkeys(found) if not any(f"{each}.".startswith(f"{name}.api.") for each in brought)]


def imports_in(tree: ast.AST) -> Iterator[tuple[str, ast.stmt, str]]:
    """Yield each module that *tree* imports by its whole name, the statement, and the name that is taken from it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node, ""
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield node.module or "", node, alias.name


def entry_modules(subject: Subject) -> dict[str, tuple[str, str, str]]:
    """Return group, name and value of the entry points, by the module that they name."""
    return {parse(value)[0]: (group, name, value) for group, name, value in subject.entry_points}
