"""`pegboard check`: checks projects and wheels, and prints what it has found.

Source: "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", OASIS, sections 3.14, 3.27, 3.49.
"""

from __future__ import annotations

import json
import os
import tempfile
from typing import TYPE_CHECKING

from pegboard.index import VERSION
from pegboard.tools.checking.finding import CODES, ERROR, Finding
from pegboard.tools.checking.packaging import check_packaging, compare, own_modules, plugins_of
from pegboard.tools.checking.probing import check_import
from pegboard.tools.checking.sources import check_sources
from pegboard.tools.checking.subject import application_names, project, wheel
from pegboard.tools.projects.application import Application, describe
from pegboard.tools.projects.names import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.tools.checking.subject import Subject

FORMATS = ("text", "json", "sarif")


def check(paths: Sequence[str], *, host: str = "", api: str = "") -> list[Finding]:
    """Check projects and wheels, and return what is wrong with them.

    Args:
        paths: Folders of projects, and wheels.
        host: The application that they are plugins for; found out if empty.
        api: The module that plugins import; found out if empty.

    Raises:
        Refused: If a path is neither.
    """
    subjects = []
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(paths):
            subject = _subject(path, os.path.join(folder, str(number)))
            subjects.append(subject)
            _check(subject, host, api)
        compare([each for each in subjects if each.is_wheel], [each for each in subjects if not each.is_wheel])
    return sorted({finding for subject in subjects for finding in subject.findings})


def _subject(path: str, folder: str) -> Subject:
    if os.path.isdir(path):
        return project(path)
    if not os.path.exists(path):
        raise Refused(f"there is no {path}", "name the folder of a project, or a wheel")
    try:
        return wheel(path, folder)
    except (OSError, ValueError) as error:
        raise Refused(str(error), "name the folder of a project, or a wheel") from None


def _check(subject: Subject, host: str, api: str) -> None:
    names = [host] if host else application_names(subject)
    if not names:
        what = "no application can be told that it is a plugin for"
        remedy = "say --host APPLICATION; a plugin has an entry point in the group APPLICATION.plugins"
        subject.find("no-plugin", what, remedy)
        return
    for name in names:
        application, is_installed = _application(subject, name, api)
        plugins = plugins_of(subject, application)
        check_packaging(subject, application, plugins)
        own = own_modules(subject, application, plugins) or set(subject.modules)
        check_sources(subject, application, own)
        importable = {name: module for name, module in plugins.items() if module in subject.modules}
        is_readable = not any(each.code in ("syntax", "stray-init") for each in subject.findings)
        if is_installed and importable and is_readable:
            check_import(subject, application, importable)


def _application(subject: Subject, name: str, api: str) -> tuple[Application, bool]:
    """Return the application *name*, and whether it is installed; else as applications usually are."""
    try:
        return describe(name, api), True
    except Refused as refused:
        subject.find("not-imported", refused.problem, refused.advice or f"install {name}")
        api = api or f"{name}.api"
        return Application(name, api, "", "", "", "", "", f"{name}.plugins", [f"{name}.plugins"]), False


# -- how it is said ---------------------------------------------------------------------------------------------------


def shown(findings: Sequence[Finding], form: str) -> str:
    """Return *findings* in one of the `FORMATS`."""
    if form == "json":
        return json.dumps({"findings": [finding.as_dict() for finding in findings]}, indent=2)
    if form == "sarif":
        return json.dumps(_sarif(findings), indent=2)
    lines = []
    for each in findings:
        lines.append(f"{each.file}:{each.line}: {each.severity}[{each.code}]: {each.what}")
        if each.remedy:
            lines.append(f"  remedy: {each.remedy}")
    errors = sum(finding.severity == ERROR for finding in findings)
    lines.append(
        f"{errors} error{'' if errors == 1 else 's'}, {len(findings) - errors} other" if findings else "no findings"
    )
    return "\n".join(lines)


def status_of(findings: Sequence[Finding], *, is_strict: bool) -> int:
    """Return 1 if there are errors, or, when strict, also if there are warnings; else 0."""
    return int(any(each.severity == ERROR or (is_strict and each.severity == "warning") for each in findings))


def _sarif(findings: Sequence[Finding]) -> dict[str, object]:
    rules = [
        {"id": code, "shortDescription": {"text": meaning}, "defaultConfiguration": {"level": severity}}
        for code, (severity, meaning) in CODES.items()
    ]
    results = [
        {
            "ruleId": each.code,
            "level": each.severity,
            "message": {"text": f"{each.what}. Remedy: {each.remedy}" if each.remedy else each.what},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": each.file.replace(os.sep, "/")},
                        "region": {"startLine": each.line},
                    }
                }
            ],
        }
        for each in findings
    ]
    driver = {"name": "pegboard check", "version": VERSION, "rules": rules}
    schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    return {"$schema": schema, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
