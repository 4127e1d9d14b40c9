"""Distributions that are made for the application, and bring no plugin: their modules are in the wrong place."""

from __future__ import annotations

import os
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pegboard.startup.discovery.distributions import normalise
from pegboard.startup.discovery.owners import editable_project
from pegboard.tools.doctor.checks.requirements import requirement_lines
from pegboard.tools.doctor.finding import Finding, finding, first_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pegboard.startup.discovery.distributions import Installed
    from pegboard.tools.doctor.evidence import Evidence

_MOST_FILES = 1000
"""How many files of a project are looked at."""
_NO_PLUGINS = ("setup.py", "conftest.py", "noxfile.py", "__init__.py", "__main__.py")
_NO_FOLDERS = ("tests", "test", "docs", "build", "dist", "__pycache__", "node_modules")


def misplaced(evidence: Evidence) -> Iterator[Finding]:
    """Yield each distribution that requires the application and brings no plugin, and where its modules are."""
    application = evidence.application_key or normalise(evidence.host.name)
    groups = evidence.settings.sources.groups if evidence.settings.sources else (f"{evidence.host.name}.plugins",)
    for item in evidence.installed:
        if item.key in (application, "pegboard") or evidence.plugins_of(item.key) or not _requires(item, application):
            continue
        if any(f"[{group}]" in item.entry_points for group in groups):  # that is reported, if it is wrong
            continue
        project = editable_project(item.read("direct_url.json"))
        if project and not os.path.isdir(project):  # that is reported, too
            continue
        modules = _modules(evidence, item, project)
        namespace = evidence.settings.namespace
        place = f"{namespace.replace('.', '/')}/{os.path.basename(modules[0])}" if namespace and modules else ""
        cause = f"its modules are not where plugins are: {first_of(modules)}" if modules else "it has no module"
        remedy = ""
        if misspelt := _misspelt_group(item, groups):
            written, read = misspelt
            cause = f"its entry points are in the group {written!r}, which nothing reads"
            remedy = f"tell its author: the group is named {read!r}"
        ways = [f"put it at {place}" if place else "", f"name it in the group {groups[0]!r}" if groups else ""]
        yield finding(
            "plugin-misplaced",
            f"{item.distribution} requires {application} and brings no plugin",
            distribution=str(item.distribution),
            cause=cause,
            where=modules[0] if modules else item.directory,
            remedy=remedy or f"tell its author: {', or '.join(filter(None, ways))}; none, if it is no plugin",
        )


def _misspelt_group(item: Installed, groups: Iterable[str]) -> tuple[str, str] | None:
    """Return the group of *item* that is written nearly as one of *groups* is, and that one."""
    for line in map(str.strip, item.entry_points.splitlines()):
        near = get_close_matches(line[1:-1], groups, n=1, cutoff=0.8) if line.startswith("[") else ()
        if near:
            return line[1:-1], near[0]
    return None


def _requires(item: Installed, application: str) -> bool:
    for wanted in requirement_lines(item):
        end = next((at for at, each in enumerate(wanted) if not (each.isalnum() or each in "-_.")), len(wanted))
        if normalise(wanted[:end]) == application and "extra ==" not in wanted:
            return True
    return False


def _modules(evidence: Evidence, item: Installed, project: str | None) -> Sequence[str]:
    """Return the modules that *item* has installed, or has in the folder of its source, *project*."""
    if not project:
        return [path for path, _ in evidence.files_of(item) if _may_be_plugin(path)]
    found: list[str] = []
    for folder, folders, files in os.walk(project):
        folders[:] = sorted(name for name in folders if name not in _NO_FOLDERS and name.isidentifier())
        found += [path for name in sorted(files) if _may_be_plugin(path := os.path.join(folder, name))]
        if len(found) > _MOST_FILES:
            break
    return found


def _may_be_plugin(path: str) -> bool:
    name = os.path.basename(path)
    return name.endswith(".py") and name not in _NO_PLUGINS and not name.startswith("test_")
