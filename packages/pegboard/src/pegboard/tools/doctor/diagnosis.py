"""The diagnosis: runs every check, one after the other; a check that fails becomes a finding."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pegboard.errors import describe_exception
from pegboard.errors.readers import for_author, is_editable
from pegboard.frozen import EXECUTABLE
from pegboard.ledger import DISABLED
from pegboard.tools.doctor.checks.configuration import unknown_names
from pegboard.tools.doctor.checks.eager import drifts, eager
from pegboard.tools.doctor.checks.editables import editables
from pegboard.tools.doctor.checks.hooks import hooks
from pegboard.tools.doctor.checks.host_problems import (
    order_wishes,
    quarantined,
    recorded_problems,
    required,
    search_problems,
)
from pegboard.tools.doctor.checks.index_state import index_state
from pegboard.tools.doctor.checks.leftovers import leftovers
from pegboard.tools.doctor.checks.misplaced import misplaced
from pegboard.tools.doctor.checks.modified import modified
from pegboard.tools.doctor.checks.permissions import writable_by_others
from pegboard.tools.doctor.checks.prints import prints
from pegboard.tools.doctor.checks.requirements import requirements
from pegboard.tools.doctor.checks.shared_files import shared_files
from pegboard.tools.doctor.checks.slow import slow
from pegboard.tools.doctor.checks.startup_files import startup_files
from pegboard.tools.doctor.evidence import Evidence
from pegboard.tools.doctor.finding import Finding, finding
from pegboard.tools.doctor.isolation import IsolatedImports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pegboard.host import Host
    from pegboard.tools.doctor.isolation import Options

_OF_INSTALLERS = (
    "leftovers",
    "editable installs",
    "file owners",
    "installed files",
    "requirements",
    "startup files",
    "misplaced modules",
)
"""Checks of what installers have left, which a frozen application does not have."""


@dataclass(frozen=True)
class Diagnosis:
    """The result of all checks."""

    findings: tuple[Finding, ...]
    """The worst first."""
    checked: tuple[str, ...]
    """The name of each check that ran."""
    plugins: int
    """The number of plugins."""
    disabled: int
    """The number of disabled plugins, which are not imported."""


def diagnose(host: Host, options: Options) -> Diagnosis:
    """Run all checks on the plugins of *host*, which is not started.

    Args:
        host: The application's host.
        options: Whether and how plugins are imported.
    """
    evidence = Evidence(host, options.commands)
    checks: dict[str, Callable[[Evidence], Iterable[Finding]]] = {
        "search": search_problems,
        "imports and health": lambda evidence: IsolatedImports(evidence, options).findings(),
        "quarantine": quarantined,
        "order": order_wishes,
        "required plugins": required,
        "recorded problems": lambda evidence: () if options.imports else recorded_problems(evidence),
        "leftovers": leftovers,
        "editable installs": editables,
        "file owners": shared_files,
        "installed files": modified,
        "requirements": requirements,
        "eager plugins": eager,
        "drifts": drifts,
        "prints": prints,
        "slow imports": slow,
        "misplaced modules": misplaced,
        "hooks": hooks,
        "startup files": startup_files,
        "permissions": writable_by_others,
        "index": index_state,
        "configuration": unknown_names,
    }
    if EXECUTABLE:  # what installers have written is not about the files that are there
        for name in _OF_INSTALLERS:
            del checks[name]
    for name, check in checks.items():
        known = {_identity(found) for found in evidence.findings}
        try:
            for each in check(evidence):
                found = _addressed(each, is_strict=bool(host.settings.strict))
                if _identity(found) not in known:
                    known.add(_identity(found))
                    evidence.findings.append(found)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            evidence.findings.append(
                finding(
                    "check-failed",
                    f"the check {name!r} failed",
                    cause=describe_exception(error),
                    where=f"{last.filename}:{last.lineno}",
                    remedy="report it to the authors of pegboard; the other checks have run",
                )
            )
    disabled = sum(plugin.state == DISABLED for plugin in evidence.plugins)
    in_order = sorted(evidence.findings, key=lambda found: found.sort_key)
    return Diagnosis(tuple(in_order), tuple(checks), len(evidence.plugins), disabled)


def _addressed(found: Finding, *, is_strict: bool) -> Finding:
    """Return *found* with a remedy for who reads it: the author of a plugin that is installed from its source."""
    if not is_strict and not is_editable(found.distribution):
        return found
    return replace(found, remedy=for_author(found.remedy))


def _identity(found: Finding) -> tuple[str, str, str]:
    return found.code, found.plugin, f"{found.what} {found.cause}" if found.code == "plugin-unhealthy" else found.what
