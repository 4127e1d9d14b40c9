"""The diagnosis: every check, one after the other; a check that fails is a finding, too."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.errors import describe_exception
from pegboard.ledger import DISABLED
from pegboard.tools.doctor.checks.configuration import unknown_names
from pegboard.tools.doctor.checks.eager import drifts, eager
from pegboard.tools.doctor.checks.editables import editables
from pegboard.tools.doctor.checks.index import index
from pegboard.tools.doctor.checks.known import order_wishes, quarantined, recorded_problems, required, search_problems
from pegboard.tools.doctor.checks.leftovers import leftovers
from pegboard.tools.doctor.checks.modified import modified
from pegboard.tools.doctor.checks.ownership import owned_twice
from pegboard.tools.doctor.checks.permissions import writable_by_others
from pegboard.tools.doctor.checks.requirements import requirements
from pegboard.tools.doctor.checks.startup_files import startup_files
from pegboard.tools.doctor.evidence import Examination
from pegboard.tools.doctor.finding import Finding, finding
from pegboard.tools.doctor.isolation import Patients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pegboard.host import Host
    from pegboard.tools.doctor.isolation import Options


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor says."""

    findings: tuple[Finding, ...]
    """The worst first."""
    checked: tuple[str, ...]
    """The name of each check that was made."""
    plugins: int
    """How many plugins there are."""
    disabled: int
    """How many of them are disabled, so that nobody has looked whether they work."""


def diagnose(host: Host, options: Options) -> Diagnosis:
    """Examine the plugins of *host*, which has not been started.

    Args:
        host: The application's host.
        options: Whether, and how, plugins are imported.
    """
    examination = Examination(host)
    checks: dict[str, Callable[[], Iterable[Finding]]] = {
        "search": lambda: search_problems(examination),
        "imports and health": Patients(examination, options).findings,
        "quarantine": lambda: quarantined(examination),
        "order": lambda: order_wishes(examination),
        "required plugins": lambda: required(examination),
        "recorded problems": lambda: recorded_problems(examination) if not options.imports else (),
        "leftovers": lambda: leftovers(examination),
        "editable installs": lambda: editables(examination),
        "file owners": lambda: owned_twice(examination),
        "installed files": lambda: modified(examination),
        "requirements": lambda: requirements(examination),
        "eager plugins": lambda: eager(examination),
        "drifts": lambda: drifts(examination),
        "startup files": lambda: startup_files(examination),
        "permissions": lambda: writable_by_others(examination),
        "index": lambda: index(examination),
        "configuration": lambda: unknown_names(examination),
    }
    for name, check in checks.items():
        known = {_identity(found) for found in examination.findings}
        try:
            for found in check():
                if _identity(found) not in known:
                    known.add(_identity(found))
                    examination.findings.append(found)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            examination.findings.append(
                finding(
                    "check-failed",
                    f"the check {name!r} could not be made",
                    cause=describe_exception(error),
                    where=f"{place.filename}:{place.lineno}",
                    remedy="the other checks have been made; report this to the authors of pegboard",
                )
            )
    disabled = sum(plugin.state == DISABLED for plugin in examination.plugins)
    in_order = sorted(examination.findings, key=lambda found: found.place_in_report)
    return Diagnosis(tuple(in_order), tuple(checks), len(examination.plugins), disabled)


def _identity(found: Finding) -> tuple[str, str, str]:
    return found.code, found.plugin, f"{found.what} {found.cause}" if found.code == "plugin-unhealthy" else found.what
