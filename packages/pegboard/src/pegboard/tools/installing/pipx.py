"""Changes an environment that pipx made, so that pipx remembers the change.

In: requirements, and an installer with an environment of pipx. Out: what pipx has done; its record is
`pipx_metadata.json`.

Source:
    pipx, "How pipx works".
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tempfile
from typing import TYPE_CHECKING

from pegboard.atomic_file import replace_file
from pegboard.startup.discovery.distributions import normalise
from pegboard.tools.installing.environment import METADATA
from pegboard.tools.installing.installed import Snapshot
from pegboard.tools.installing.installer import run, without_versions, write_constraints
from pegboard.tools.installing.references import key_of, pairs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pegboard.tools.installing.install_plan import InstallPlan
    from pegboard.tools.installing.installer import Installer


def install(installer: Installer, plan: InstallPlan, wanted: Sequence[str], constraints: str) -> None:
    """Do what *plan* says: inject what is new, and install other versions of what is there.

    Args:
        installer: With the environment.
        plan: What has been resolved.
        wanted: Requirements; `-e` before a folder is an item of its own.
        constraints: The file with the versions that nothing may leave.

    Raises:
        InstallFailedError: If it fails.
    """
    fresh: list[str] = []
    editable: list[str] = []
    others: list[str] = []
    asked: dict[str, str] = {}
    for option, text in pairs(wanted):
        key = key_of(text) or next(iter(installer.keys_of([*option, text])), "")
        if key in plan.before:
            others += [*option, text]
            asked[key] = text
        else:
            (editable if option else fresh).append(text)
    for texts, words in ((fresh, []), (editable, ["--editable"])):
        if texts:
            _inject(installer, texts, constraints, words)
    if others or plan.moved:
        installer.run(["install", "--constraint", constraints, *others, *plan.moved])
    _record_versions(installer, asked)


def uninstall(installer: Installer, keys: Sequence[str]) -> None:
    """Remove the distributions *keys*: those that were injected, and those that pipx does not know.

    Raises:
        InstallFailedError: If it fails.
    """
    name, known = installer.environment.name, injected(installer)
    for key in keys:
        if key in known:
            _pipx(installer, "uninject", "--leave-deps", name, key)
    installed = Snapshot().distributions
    if left := [key for key in keys if key in installed]:
        installer.run(["uninstall", *([] if installer.environment.uv else ["--yes"]), *left])


def injected(installer: Installer) -> set[str]:
    """Return what pipx remembers to have injected into this environment, by normalised name."""
    with open(os.path.join(installer.environment.prefix, METADATA), encoding="utf-8") as stream:
        return {normalise(name) for name in json.load(stream).get("injected_packages", {})}


def inject(installer: Installer, pins: Mapping[str, str], key: str, source: Sequence[str]) -> None:
    """Install *key* in its version of *pins*, which nothing else leaves either, and have pipx remember it.

    Args:
        installer: With the environment.
        pins: Versions by normalised name.
        key: A normalised name.
        source: The words by which an installer gets it.

    Raises:
        InstallFailedError: If it fails.
    """
    # pipx passes over what is installed already, unless it is told to replace it
    words = ["--force"] if key in Snapshot().distributions else []
    words += ["--editable"] if "-e" in source else []
    with tempfile.TemporaryDirectory() as folder:
        constraints = write_constraints(folder, {name: pins[name] for name in pins if name != key or len(source) == 1})
        _inject(installer, [text for text in source if text != "-e"], constraints, words)


def _record_versions(installer: Installer, asked: Mapping[str, str]) -> None:
    """Have pipx remember the versions that are installed now, and where they came from.

    pipx has no command for that: `inject --force` installs all that a distribution needs once more, also the
    application, which may not be had from an index.

    Args:
        installer: With the environment.
        asked: What was asked for, by name.
    """
    path = os.path.join(installer.environment.prefix, METADATA)
    with open(path, encoding="utf-8") as stream:
        data = json.load(stream)
    versions = Snapshot().versions
    for about in (data["main_package"], *data.get("injected_packages", {}).values()):
        key = normalise(about.get("package") or "")
        about["package_version"] = versions.get(key, about.get("package_version"))
        if key in asked and key != normalise(data["main_package"].get("package") or ""):
            about["package_or_url"], *_ = without_versions([asked[key]])
    replace_file(path, json.dumps(data, indent=4).encode(), mode=0o666)


def _inject(installer: Installer, wanted: Sequence[str], constraints: str, words: Sequence[str] = ()) -> None:
    # pipx repeats the arguments and the requirements whenever it upgrades or reinstalls. So the exact versions, which
    # are of this time only, go by the environment. Without force: with it, the application is installed once more, too.
    arguments = [f"--pip-args={shlex.join(installer.options)}"] if installer.options else []
    environ = {"PIP_CONSTRAINT": constraints, "UV_CONSTRAINT": constraints}
    name = installer.environment.name
    _pipx(installer, "inject", *words, *arguments, name, *without_versions(wanted), environ=environ)


def _pipx(installer: Installer, *words: str, environ: Mapping[str, str] | None = None) -> None:
    """Run pipx, with the home that this environment is in."""
    home = os.path.dirname(os.path.dirname(installer.environment.prefix))
    run([shutil.which("pipx") or "pipx", *words], {"PIPX_HOME": home, **(environ or {})})
