"""Editable installs that have come to nothing: their source is gone, or Python does not see the plugin in it.

Source: PEP 610 (`direct_url.json`), PEP 660.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pegboard.namespace_package import PLUGINS
from pegboard.startup.discovery import finders
from pegboard.startup.discovery.distributions import normalise
from pegboard.startup.discovery.entry_points import entry_points
from pegboard.startup.discovery.owners import editable_project
from pegboard.tools.doctor.checks.requirements import requirement_lines
from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.startup.discovery.distributions import Installed
    from pegboard.tools.doctor.evidence import Examination

_LAYOUTS = ("src", "lib", "python", "")
"""Where projects keep their packages."""


def editables(examination: Examination) -> Iterator[Finding]:
    """Yield each editable install of a plugin's distribution that does not bring its plugin."""
    application = examination.host.name
    group = {point.installed.key for point in entry_points(f"{application}.{PLUGINS}", examination.installed)}
    own = {key for key, (_, plugins) in examination.concerned.items() if any(item.is_built_in for item in plugins)}
    own.add(normalise(application))
    for item in examination.installed:
        project = editable_project(item.read("direct_url.json"))
        if project is None:
            continue
        if not os.path.isdir(project):
            needs = {normalise(line.partition(";")[0].split("[")[0].split(" ")[0]) for line in requirement_lines(item)}
            if (
                item.key in group
                or item.key in examination.concerned
                or any(need.startswith(name) for need in needs for name in own)
            ):
                yield finding(
                    "editable-source-gone",
                    f"the editable install of {item.distribution} points to a place that is not there",
                    distribution=str(item.distribution),
                    cause=f"{project} does not exist",
                    where=item.directory,
                    remedy=f"reinstall {item.distribution.name} from where its source is now, or uninstall it",
                )
            continue
        yield from _invisible(examination, item, project)


def _invisible(examination: Examination, item: Installed, project: str) -> Iterator[Finding]:
    relative = examination.host.name.replace(".", "/")
    visible = {os.path.realpath(plugin.origin) for plugin in examination.plugins if plugin.origin}
    names = {plugin.name for plugin in examination.plugins}
    seen: set[str] = set()
    for layout in _LAYOUTS:
        part = os.path.normpath(os.path.join(project, layout, relative, PLUGINS))
        for name in sorted(finders.modules_in(part, examination.files)):
            candidates = [f"{part}/{name}.py", f"{part}/{name}/__init__.py"]
            place = next((path for path in candidates if os.path.isfile(path)), None)
            if place is None or name in seen or name in names or os.path.realpath(place) in visible:
                continue
            seen.add(name)
            yield finding(
                "editable-invisible",
                f"plugin {name!r} of {item.distribution} is in its source, and Python does not see it",
                plugin=name,
                distribution=str(item.distribution),
                cause="the editable install does not lead there; it may be older than the plugin",
                where=place,
                remedy=f"install it anew: pip install --editable {project}",
            )
