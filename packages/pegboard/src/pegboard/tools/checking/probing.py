"""What happens when a plugin is imported? Found out in a process of its own, with the application and no other plugin.

In: the folder of its modules, and its metadata. Out: findings.
"""

from __future__ import annotations

import os
import sys
import tempfile
from typing import TYPE_CHECKING

from pegboard.startup.discovery.distributions import normalise
from pegboard.tools.projects.application import answer_with, ask, host_of
from pegboard.tools.projects.names import Refused

if TYPE_CHECKING:
    from typing import Any, NoReturn

    from pegboard.host import Host
    from pegboard.ledger import Plugin
    from pegboard.tools.checking.subject import Subject
from pegboard.tools.projects.application import Application

_EFFECTS = ("acts-at-import", "prints-at-import")
_PROBE = "import sys; from pegboard.tools.checking.probing import probe; probe(*sys.argv[1:])"


def check_import(subject: Subject, application: Application, plugins: dict[str, str]) -> None:
    """Import the *plugins* of *subject*, and note what is wrong with them."""
    with tempfile.TemporaryDirectory() as folder:
        name = normalise(subject.name or "project-under-check")
        info = os.path.join(
            folder, f"{name.replace('-', '_')}-{subject.version}.dist-info"
        )  # it hides an installation of the project
        os.mkdir(info)
        group = next(iter(application.groups), "")
        named = {name: module for name, module in plugins.items() if not _is_shared(module, application)}
        lines = "".join(f"{name} = {_value(subject, name, module)}\n" for name, module in named.items())
        texts = {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {subject.version}\n",
            "entry_points.txt": f"[{group}]\n{lines}" if named else "",
        }
        for name, text in texts.items():
            with open(os.path.join(info, name), "w", encoding="utf-8") as stream:
                stream.write(text)
        places = os.pathsep.join([folder, os.path.abspath(subject.root)])
        try:
            said = ask(
                _PROBE,
                application.name,
                application.api,
                ",".join(plugins),
                places,
                subject=f"the plugin {subject.shown}",
            )
        except Refused as refused:
            subject.find(
                "import-failed", refused.problem, refused.advice or "see what its import does", _first(subject)
            )
            return
    _note(subject, said)


def _is_shared(module: str, application: Application) -> bool:
    return bool(application.namespace) and module.startswith(f"{application.namespace}.")


def _value(subject: Subject, name: str, module: str) -> str:
    return next((value for _, known, value in subject.entry_points if known == name), module)


def _first(subject: Subject) -> str:
    return next(iter(subject.trees), "")


def _note(subject: Subject, said: dict[str, Any]) -> None:
    root = os.path.realpath(subject.root)
    for problem in said["problems"]:
        file, _, line = problem["where"].rpartition(":")
        inside = os.path.relpath(os.path.realpath(file), root).replace(os.sep, "/") if file else ""
        path = inside if inside in subject.files else ""
        remedy = problem["remedy"]
        if "its author" in remedy or "_NO_PLUGINS" in remedy:  # it speaks to a user
            is_missing = "ModuleNotFoundError: No module named" in problem["what"]
            remedy = "install what it requires here, or correct the name" if is_missing else "correct the plugin"
        subject.find(problem["code"], problem["what"], remedy, path, int(line) if line.isdecimal() else 1)
    known = subject.modules
    for plugin in said["plugins"]:
        path = known.get(plugin["module"], "")
        if plugin["state"] != "active":
            if not said["problems"]:
                subject.find("import-failed", f"it is {plugin['state']}: {plugin['reason']}", "see the cause", path)
        elif not plugin["contributions"]:
            what = "its import registers nothing"
            subject.find("registers-nothing", what, "register at the top level of the module", path)
        elif plugin["eager"] and not any(each.code in _EFFECTS for each in subject.findings):
            remedy = "do that when a contribution is used, or declare that the plugin is eager"
            subject.find("acts-at-import", f"its import does more than register: {plugin['reason']}", remedy, path)


# -- in the process of its own ----------------------------------------------------------------------------------------


def probe(application: str, api: str, names: str, places: str, answer: str) -> NoReturn:
    """Import plugins of *application* in this process, and write what came of it to the file *answer*."""
    import importlib

    from pegboard.errors import StaleMetadataError  # a build has left some beside the sources, which are what counts
    from pegboard.tools.doctor.injection import uninjectable
    from pegboard.tools.hermetic import hermetic

    sys.path[:0] = places.split(os.pathsep)
    importlib.import_module(api)
    host, _ = host_of(application)
    wanted = names.split(",")
    with hermetic(host, installed=wanted, lazy=True, keeps_journal=False):  # lazy: what an import does is looked at
        host.start()
        plugins = [plugin for plugin in host.plugins if plugin.name in wanted]
        problems = [
            {
                "code": "import-failed",
                "what": _what(each, application),
                "where": each.where() or "",
                "remedy": each.hint() or "",
            }
            for each in host.problems
            if getattr(each, "plugin", "") in (*wanted, "") and not isinstance(each, StaleMetadataError)
        ]
        for each in uninjectable(host):
            remedy = each.remedy.removeprefix("for its author: ")
            what = _without_block(f"{each.what}: {each.cause}", application)
            problems.append({"code": each.code, "what": what, "where": each.where, "remedy": remedy})
        said = {"problems": problems, "plugins": [_described(host, plugin) for plugin in plugins]}
    answer_with(said, answer)


def _described(host: Host, plugin: Plugin) -> dict[str, Any]:
    return {
        "module": plugin.module,
        "state": plugin.state,
        "reason": plugin.reason or "",
        "eager": plugin.eager,
        "contributions": len(list(host.manager.ledger.contributions_of(plugin))),
    }


def _what(problem: Any, application: str) -> str:
    what, cause = str(problem.what()), problem.because()
    return _without_block(f"{what}: {cause}" if cause else what, application)


def _without_block(text: str, application: str) -> str:
    """Return *text* with the application's own group of entry points, without the distribution of a block."""
    from pegboard.tools.hermetic import DISTRIBUTION

    return text.replace(f"{application}.{DISTRIBUTION}", f"{application}.plugins").replace(f" of {DISTRIBUTION} 0", "")
