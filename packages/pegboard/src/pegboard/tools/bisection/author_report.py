"""The report on a failure that a user sends to the author of a plugin."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.ledger import Plugin
    from pegboard.tools.bisection.failing_set import FailingSet

_ISSUES = ("bug", "issue", "tracker", "support")
_HOME = ("home", "source", "repository", "code")


def report(
    failing: FailingSet,
    plugins: Sequence[Plugin],
    *,
    application: str,
    command: Sequence[str] | None,
    outcome: str | None,
    output: str | None,
) -> dict[str, Any]:
    """Return the report as plain data.

    Args:
        failing: The plugins that fail together.
        plugins: All plugins of the application.
        application: Its import name.
        command: The command that fails; None when the user has judged.
        outcome: How it ended with only these plugins on, in words.
        output: The last lines of its output in that trial.
    """
    by_name = {plugin.name: plugin for plugin in plugins}
    return {
        "culprits": [_described(by_name[name]) for name in failing.culprits],
        "needed": [_described(by_name[name]) for name in failing.needed],
        "confirmed": failing.is_confirmed,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "application": {"name": application, "version": _version(application)},
        "pegboard": _version("pegboard"),
        "command": None if command is None else list(command),
        "outcome": outcome,
        "output": output,
    }


def lines(data: dict[str, Any]) -> list[str]:
    """Return the report as text."""
    from shlex import join

    described = [_line(item) for item in data["culprits"]]
    text = ["What fails: " + " together with ".join(described)]
    text += [f"  needs {_line(item)}" for item in data["needed"]]
    text += [f"  report it at: {item['report_at']}" for item in data["culprits"] if item["report_at"]]
    application = data["application"]
    text.append(f"{application['name']} {application['version'] or '(version unknown)'}, pegboard {data['pegboard']}")
    text.append(f"{data['python']} on {data['platform']}")
    if data["command"] is not None:
        text.append(f"Command: {join(data['command'])}")
    if data["outcome"] is not None:
        text.append(f"Result, with only these plugins on: {data['outcome']}")
    if data["output"]:
        text += ["Its last lines:", *(f"    {line}" for line in data["output"].splitlines())]
    return text


def _line(item: dict[str, Any]) -> str:
    owner = f"{item['distribution']} {item['version']}" if item["distribution"] else item["origin"] or item["module"]
    return f"plugin {item['name']!r} of {owner}"


def _described(plugin: Plugin) -> dict[str, Any]:
    owner = plugin.distribution
    return {
        "name": plugin.name,
        "module": plugin.module,
        "origin": plugin.origin,
        "distribution": owner and owner.name,
        "version": owner and owner.version,
        "report_at": None if owner is None else _address(owner.name),
    }


def _address(distribution: str) -> str | None:
    """Return the address of its issue tracker, else its home page, else the address of its author.

    Source:
        "Core metadata", `Project-URL`, `Home-page`, `Author-email`; "Well-known project URLs", PyPA.
    """
    try:
        fields = metadata.metadata(distribution)
    except metadata.PackageNotFoundError:
        return None
    links = [line.partition(",")[::2] for line in fields.get_all("Project-URL") or []]
    for wanted in (_ISSUES, _HOME):
        for label, address in links:
            if any(word in label.lower() for word in wanted) and address.strip():
                return str(address).strip()
    for name in ("Home-page", "Author-email", "Maintainer-email"):
        for value in fields.get_all(name) or []:
            if value != "UNKNOWN":
                return str(value)
    return None


def _version(application: str) -> str | None:
    top = application.partition(".")[0]
    try:
        return metadata.version(top)
    except metadata.PackageNotFoundError:
        pass
    owners = metadata.packages_distributions().get(top) or []
    return metadata.version(owners[0]) if owners else None
