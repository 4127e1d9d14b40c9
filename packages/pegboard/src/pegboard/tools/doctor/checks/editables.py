"""Editable installs that do not work: their source is gone, or Python does not find the plugin in it.

Source: PEP 610 (`direct_url.json`), PEP 660.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pegboard.startup.discovery import finders
from pegboard.startup.discovery.candidate import Candidate
from pegboard.startup.discovery.distributions import normalise
from pegboard.startup.discovery.entry_points import entry_points
from pegboard.startup.discovery.owners import editable_project
from pegboard.startup.search import sources_of
from pegboard.tools.doctor.checks.requirements import requirement_lines
from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.startup.discovery.distributions import Installed
    from pegboard.tools.doctor.evidence import Evidence

_LAYOUTS = ("src", "lib", "python", "")
"""The directories of a project that may contain its packages."""


def editables(evidence: Evidence) -> Iterator[Finding]:
    """Yield each editable install of a plugin's distribution that does not provide its plugin."""
    application = evidence.host.name
    groups = sources_of(evidence.settings).groups
    group = {point.installed.key for name in groups for point in entry_points(name, evidence.installed)}
    own = {key for key, (_, plugins) in evidence.with_plugins.items() if any(item.is_built_in for item in plugins)}
    own.add(normalise(application))
    for item in evidence.installed:
        project = editable_project(item.read("direct_url.json"))
        if project is None:
            continue
        if not os.path.isdir(project):
            needs = {normalise(line.partition(";")[0].split("[")[0].split(" ")[0]) for line in requirement_lines(item)}
            if (
                item.key in group
                or item.key in evidence.with_plugins
                or any(need.startswith(name) for need in needs for name in own)
            ):
                yield finding(
                    "editable-source-gone",
                    f"the editable install of {item.distribution} points to a directory that does not exist",
                    distribution=str(item.distribution),
                    cause=f"{project} does not exist",
                    where=item.directory,
                    remedy=f"reinstall {item.distribution.name} from where its source is now, or uninstall it",
                )
            continue
        yield from _invisible(evidence, item, project)


def _invisible(evidence: Evidence, item: Installed, project: str) -> Iterator[Finding]:
    relative = evidence.settings.namespace.replace(".", "/")
    if not relative:
        return
    counts = sources_of(evidence.settings).is_plugin or bool
    visible = {os.path.realpath(plugin.origin) for plugin in evidence.plugins if plugin.origin}
    names = {plugin.name for plugin in evidence.plugins}
    seen: set[str] = set()
    for layout in _LAYOUTS:
        part = os.path.normpath(os.path.join(project, layout, relative))
        for name in sorted(finders.modules_in(part, evidence.files)):
            candidates = [f"{part}/{name}.py", f"{part}/{name}/__init__.py"]
            path = next((path for path in candidates if os.path.isfile(path)), None)
            if path is None or name in seen or name in names or os.path.realpath(path) in visible:
                continue
            if not counts(Candidate(name, f"{evidence.settings.namespace}.{name}", origin=path)):
                continue  # it is no plugin, wherever Python finds it
            seen.add(name)
            yield finding(
                "editable-invisible",
                f"Python does not find plugin {name!r}, which is in the source of {item.distribution}",
                plugin=name,
                distribution=str(item.distribution),
                cause="the editable install does not cover this file; it may be older than the plugin",
                where=path,
                remedy=f"reinstall it: pip install --editable {project}",
            )
