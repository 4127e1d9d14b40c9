"""What the host itself knows: all that a search for the plugins reports, and what earlier starts have recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import DuplicatePluginError, RequiredPluginError, StrayPackageFileError
from pegboard.ledger import BROKEN, QUARANTINED
from pegboard.startup.policy.ordering import order
from pegboard.tools.doctor.codes import CODES, WARNING
from pegboard.tools.doctor.finding import Finding, from_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Examination


def search_problems(examination: Examination) -> Iterator[Finding]:
    """Yield what came up while the plugins were looked for."""
    for problem in examination.problems:
        found = from_error(problem)
        if isinstance(problem, DuplicatePluginError):
            remedy = f"uninstall {problem.other or problem.other_place}, or {problem.distribution or problem.place}"
            found = Finding(**{**found.as_dict(), "remedy": remedy})
        elif isinstance(problem, StrayPackageFileError) and problem.distribution:
            remedy = (
                f"update or uninstall {problem.distribution}, reinstall {examination.host.name} if the file was its "
                "own, and tell the author to leave that file out"
            )
            found = Finding(**{**found.as_dict(), "remedy": remedy})
        yield found


def order_wishes(examination: Examination) -> Iterator[Finding]:
    """Yield the wishes for an order that cannot be met, as far as records tell them."""
    if not any(plugin.after or plugin.before for plugin in examination.plugins):
        for plugin in examination.plugins:
            record = examination.record(plugin)
            if record:
                plugin.after, plugin.before = tuple(record["after"]), tuple(record["before"])
    settings = examination.host.settings
    for problem in order(examination.plugins, (), built_in_first=settings.built_in_first)[1]:
        yield from_error(problem)


def required(examination: Examination) -> Iterator[Finding]:
    """Yield the plugins that the application cannot do without, and that cannot be used."""
    for name in examination.host.settings.required:
        plugin = examination.named(name)
        if plugin is None:
            yield from_error(RequiredPluginError(name, "", "it is not installed"))
        elif not plugin.is_usable:
            owner = str(plugin.distribution or "")
            yield from_error(RequiredPluginError(name, owner, plugin.reason or "it is not usable", plugin.origin))


def quarantined(examination: Examination) -> Iterator[Finding]:
    """Yield the plugins in quarantine that nothing else has reported."""
    reported = {(found.code, found.plugin) for found in examination.findings}
    for plugin in examination.plugins:
        if plugin.state == QUARANTINED and ("plugin-quarantined", plugin.name) not in reported:
            yield Finding(
                "plugin-quarantined",
                CODES["plugin-quarantined"][0],
                f"{plugin.who()} is quarantined and left out",
                plugin=plugin.name,
                distribution=str(plugin.distribution or ""),
                cause=plugin.reason or "",
                where=plugin.origin or "",
                remedy=f"update it, or try it again with `{examination.commands} release {plugin.name}`",
            )
        elif plugin.state == BROKEN and plugin.error is not None:
            broken = from_error(plugin.error)
            if (broken.code, broken.plugin) not in reported:
                yield broken


def recorded_problems(examination: Examination) -> Iterator[Finding]:
    """Yield what an earlier start has recorded, if what is recorded still holds and nobody has looked closer."""
    if not examination.has_valid_index:
        return
    known = {(found.code, found.what) for found in examination.findings}
    known |= {(found.code, f"{found.what}: {found.cause}") for found in examination.findings}
    for code, text, advice in examination.content["problems"]:
        if (code, text) in known:
            continue
        plugin = next((item for item in examination.plugins if text.startswith(item.who())), None)
        yield Finding(
            code,
            CODES[code][0] if code in CODES else WARNING,
            text,
            plugin=plugin.name if plugin else "",
            distribution=str(plugin.distribution or "") if plugin else "",
            where=(plugin.origin or "") if plugin else "",
            remedy=advice,
        )
