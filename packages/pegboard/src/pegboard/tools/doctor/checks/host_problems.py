"""Problems that the host itself reports, in the search that the doctor has made and in earlier starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import DuplicatePluginError, RequiredPluginError, StrayPackageFileError
from pegboard.ledger import BROKEN, QUARANTINED
from pegboard.startup.policy.ordering import order
from pegboard.tools.doctor.codes import CODES, WARNING
from pegboard.tools.doctor.finding import Finding, finding, from_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Evidence


def search_problems(evidence: Evidence) -> Iterator[Finding]:
    """Yield the problems of the search for plugins."""
    for problem in evidence.problems:
        found = from_error(problem)
        if isinstance(problem, DuplicatePluginError) and not problem.is_built_in:
            remedy = f"uninstall {problem.other or problem.other_place}, or {problem.distribution or problem.place}"
            found = Finding(**{**found.as_dict(), "remedy": remedy})
        elif isinstance(problem, StrayPackageFileError) and problem.distribution:
            remedy = (
                f"update or uninstall {problem.distribution}, reinstall {evidence.host.name} if the file was its "
                "own, and tell the author to leave that file out"
            )
            found = Finding(**{**found.as_dict(), "remedy": remedy})
        yield found


def order_wishes(evidence: Evidence) -> Iterator[Finding]:
    """Yield the wishes for an order that cannot be met, as far as they are recorded."""
    if not any(plugin.after or plugin.before for plugin in evidence.plugins):
        for plugin in evidence.plugins:
            record = evidence.record(plugin)
            if record:
                plugin.after, plugin.before = tuple(record["after"]), tuple(record["before"])
    built_in_first = evidence.host.settings.built_in_first
    for problem in order(evidence.plugins, (), built_in_first=built_in_first)[1]:
        yield from_error(problem)


def required(evidence: Evidence) -> Iterator[Finding]:
    """Yield the plugins that the application requires and that cannot be used."""
    for name in evidence.host.settings.required:
        plugin = evidence.plugin(name)
        if plugin is None:
            yield from_error(RequiredPluginError(name, "", "it is not installed"))
        elif not plugin.is_usable:
            owner = str(plugin.distribution or "")
            yield from_error(RequiredPluginError(name, owner, plugin.reason or "it is not usable", plugin.origin))


def quarantined(evidence: Evidence) -> Iterator[Finding]:
    """Yield the quarantined and broken plugins that are not reported yet."""
    reported = {(found.code, found.plugin) for found in evidence.findings}
    for plugin in evidence.plugins:
        if plugin.state == QUARANTINED and ("plugin-quarantined", plugin.name) not in reported:
            yield finding(
                "plugin-quarantined",
                f"{plugin.who()} is quarantined and left out",
                about=plugin,
                cause=plugin.reason or "",
                remedy=f"update it, or try it again with `{evidence.commands} release {plugin.name}`",
            )
        elif plugin.state == BROKEN and plugin.error is not None:
            broken = from_error(plugin.error)
            if (broken.code, broken.plugin) not in reported:
                yield broken


def recorded_problems(evidence: Evidence) -> Iterator[Finding]:
    """Yield the problems that an earlier start has recorded in the valid index and that are not reported yet."""
    if not evidence.has_valid_index:
        return
    for code, text, advice in evidence.content["problems"]:
        if not evidence.is_reported(code, text):
            plugin = next((item for item in evidence.plugins if text.startswith(item.who())), None)
            yield finding(code, text, about=plugin, severity=None if code in CODES else WARNING, remedy=advice)
