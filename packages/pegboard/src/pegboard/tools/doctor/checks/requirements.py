"""What each plugin's distribution requires, and whether that is there: what `pip check` knows, with the plugin named.

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
    from pegboard.tools.doctor.evidence import Examination


def requirement_lines(item: Installed, field: str = "requires-dist") -> list[str]:
    """Return what the metadata of *item* has in each *field*, in lower case as `requires-dist`."""
    values = []
    for line in (item.read("METADATA") or item.read("PKG-INFO")).splitlines():
        if not line:
            break
        name, colon, value = line.partition(":")
        if colon and name.lower() == field:
            values.append(value.strip())
    return values


def requirements(examination: Examination) -> Iterator[Finding]:
    """Yield what a distribution of plugins needs, itself or through others, and does not get."""
    try:
        import packaging.requirements  # noqa: F401 -- whether it is there decides
    except ImportError:
        yield finding(
            "requirements-unchecked",
            "whether plugins have what they require is not known",
            cause="the package 'packaging' is not installed",
            remedy="install pegboard with its extra: pip install 'pegboard[cli]'",
        )
        return
    said: set[str] = set()
    everybody = sorted(examination.concerned.values(), key=lambda pair: all(item.is_built_in for item in pair[1]))
    for item, plugins in everybody:
        plugin = next((each for each in plugins if not each.is_built_in), plugins[0])
        yield from _walk(examination, item, plugin, said)


def _walk(examination: Examination, first: Installed, plugin: Plugin, said: set[str]) -> Iterator[Finding]:
    """Yield what *first*, or anything that it requires, does not get; *said* is what was said of others."""
    from packaging.requirements import InvalidRequirement, Requirement

    pending: list[tuple[Installed, frozenset[str], tuple[str, ...]]] = [(first, frozenset(), ())]
    done: set[tuple[str, frozenset[str]]] = set()
    while pending:
        item, extras, chain = pending.pop(0)
        if (item.key, extras) in done:
            continue
        done.add((item.key, extras))
        chain = (*chain, str(item.distribution))
        problems = [_python(item)]
        for line in requirement_lines(item):
            try:
                wanted = Requirement(line)
            except InvalidRequirement as error:
                text = str(error).splitlines()[0]
                what = f"{item.distribution} requires {line!r}, which cannot be understood: {text}"
                problems.append(("requirement-conflict", what, "tell its author"))
                continue
            if wanted.marker and not any(wanted.marker.evaluate({"extra": extra}) for extra in extras or {""}):
                continue
            other = examination.by_key.get(normalise(wanted.name))
            problems.append(_unmet(item, wanted, other))
            if other is not None:
                pending.append((other, frozenset(wanted.extras), chain))
        for code, what, remedy in filter(None, problems):
            if what not in said:
                said.add(what)
                yield finding(
                    code,
                    what,
                    plugin=plugin.name,
                    distribution=str(item.distribution),
                    cause=f"{plugin.who()} needs it" + (f", by way of {' > '.join(chain[1:])}" if chain[1:] else ""),
                    where=item.directory,
                    remedy=remedy,
                )


def _unmet(item: Installed, wanted: Requirement, other: Installed | None) -> tuple[str, str, str] | None:
    """Return code, text and remedy, if *other*, which is what is installed, is not what *item* wants."""
    from packaging.version import InvalidVersion

    plain = str(wanted).partition(";")[0].strip()
    remedy = f"pip install '{plain}'"
    if other is None:
        return "requirement-missing", f"{item.distribution} requires {plain}, which is not installed", remedy
    version = other.distribution.version
    try:
        fits = wanted.specifier.contains(version, prereleases=True)
    except InvalidVersion:
        fits = True  # nobody can compare it, and it is there
    what = f"{item.distribution} requires {plain}, and {wanted.name} {version} is installed"
    return None if fits else ("requirement-conflict", what, remedy)


def _python(item: Installed) -> tuple[str, str, str] | None:
    """Return code, text and remedy, if *item* is not made for this Python."""
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
