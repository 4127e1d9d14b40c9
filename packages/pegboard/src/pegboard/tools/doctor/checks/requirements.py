"""Requirements of plugins that are not installed: what `pip check` reports, with the plugin named.

Source: "Core metadata", `Requires-Dist`, `Requires-Python`; "Dependency specifiers", PyPA specifications.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from pegboard.startup.discovery.distributions import normalise
from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.requirements import Requirement

    from pegboard.ledger import Plugin
    from pegboard.startup.discovery.distributions import Installed
    from pegboard.tools.doctor.evidence import Evidence


def requirement_lines(item: Installed, field: str = "requires-dist") -> list[str]:
    """Return every value of *field*, whose name is in lower case, in the metadata of *item*."""
    values = []
    for line in (item.read("METADATA") or item.read("PKG-INFO")).splitlines():
        if not line:
            break
        name, colon, value = line.partition(":")
        if colon and name.lower() == field:
            values.append(value.strip())
    return values


def requirements(evidence: Evidence) -> Iterator[Finding]:
    """Yield each requirement of a distribution of plugins, direct or indirect, that is not met."""
    try:
        import packaging.requirements  # noqa: F401 -- is it installed?
    except ImportError:
        yield finding(
            "requirements-unchecked",
            "the requirements of plugins have not been checked",
            cause="the package 'packaging' is not installed",
            remedy="install pegboard with its extra: pip install 'pegboard[cli]'",
        )
        return
    reported: set[str] = set()
    distributions = sorted(evidence.with_plugins.values(), key=lambda pair: all(item.is_built_in for item in pair[1]))
    for item, plugins in distributions:
        plugin = next((each for each in plugins if not each.is_built_in), plugins[0])
        yield from _unmet(evidence, item, plugin, reported)


def _unmet(evidence: Evidence, first: Installed, plugin: Plugin, reported: set[str]) -> Iterator[Finding]:
    """Yield each requirement of *first* or of what it requires that is not met, unless it is *reported*."""
    from packaging.requirements import InvalidRequirement, Requirement

    pending: list[tuple[Installed, frozenset[str], tuple[str, ...]]] = [(first, frozenset(), ())]
    done: set[tuple[str, frozenset[str]]] = set()
    while pending:
        item, extras, chain = pending.pop(0)
        if (item.key, extras) in done:
            continue
        done.add((item.key, extras))
        chain = (*chain, str(item.distribution))
        problems = [_python_conflict(item)]
        for line in requirement_lines(item):
            try:
                wanted = Requirement(line)
            except InvalidRequirement as error:
                text = str(error).splitlines()[0]
                what = f"{item.distribution} requires {line!r}, which is invalid: {text}"
                problems.append(("requirement-conflict", what, "tell its author"))
                continue
            if wanted.marker and not any(wanted.marker.evaluate({"extra": extra}) for extra in extras or {""}):
                continue
            other = evidence.by_key.get(normalise(wanted.name))
            problems.append(_conflict(item, wanted, other))
            if other is not None:
                pending.append((other, frozenset(wanted.extras), chain))
        for code, what, remedy in filter(None, problems):
            if what not in reported:
                reported.add(what)
                yield finding(
                    code,
                    what,
                    plugin=plugin.name,
                    distribution=str(item.distribution),
                    cause=f"{plugin.who()} needs it" + (f", by way of {' > '.join(chain[1:])}" if chain[1:] else ""),
                    where=item.directory,
                    remedy=remedy,
                )


def _conflict(item: Installed, wanted: Requirement, other: Installed | None) -> tuple[str, str, str] | None:
    """Return code, text and remedy if *other*, which is installed, does not meet the requirement of *item*."""
    from packaging.version import InvalidVersion

    plain = str(wanted).partition(";")[0].strip()
    remedy = f"pip install '{plain}'"
    if other is None:
        return "requirement-missing", f"{item.distribution} requires {plain}, which is not installed", remedy
    version = other.distribution.version
    try:
        fits = wanted.specifier.contains(version, prereleases=True)
    except InvalidVersion:
        fits = True  # it cannot be compared, but it is installed
    what = f"{item.distribution} requires {plain}, and {wanted.name} {version} is installed"
    return None if fits else ("requirement-conflict", what, remedy)


def _python_conflict(item: Installed) -> tuple[str, str, str] | None:
    """Return code, text and remedy if *item* does not support this version of Python."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    version = platform.python_version()
    for wish in requirement_lines(item, "requires-python"):
        try:
            fits = SpecifierSet(wish).contains(version, prereleases=True)
        except InvalidSpecifier:
            continue
        if not fits:
            what = f"{item.distribution} requires Python {wish}, and this is Python {version}"
            return "requirement-conflict", what, f"install a version of {item.distribution.name} for this Python"
    return None
