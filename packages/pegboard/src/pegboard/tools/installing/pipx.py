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

from pegboard.startup.discovery.distributions import normalise
from pegboard.tools.installing.installed import Snapshot
from pegboard.tools.installing.installer import is_direct, run, without_versions, write_constraints

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
    fresh = [text for text in wanted if text == "-e" or is_direct(text) or text.partition("==")[0] not in plan.before]
    others = [text for text in wanted if text != "-e" and text not in fresh]
    others += plan.moved
    if fresh:
        words = ["--editable"] if "-e" in fresh else []
        _inject(installer, [text for text in fresh if text != "-e"], constraints, words)
    if others:
        run_pip(installer, ["install", "--constraint", constraints, *others])


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
        _pipx(installer, "runpip", name, "uninstall", "--yes", *left)


def injected(installer: Installer) -> set[str]:
    """Return what pipx remembers to have injected into this environment, by normalised name."""
    with open(os.path.join(installer.environment.prefix, "pipx_metadata.json"), encoding="utf-8") as stream:
        return {normalise(name) for name in json.load(stream).get("injected_packages", {})}


def inject(installer: Installer, pins: Mapping[str, str], keys: Sequence[str]) -> None:
    """Install *keys* in the versions of *pins*, which nothing else leaves either, and have pipx remember their names.

    Raises:
        InstallFailedError: If it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        _inject(installer, keys, write_constraints(folder, pins))


def run_pip(installer: Installer, words: Sequence[str]) -> None:
    """Run pip in this environment; pipx remembers nothing of that.

    Raises:
        InstallFailedError: If it fails.
    """
    verb, *rest = words
    _pipx(installer, "runpip", installer.environment.name, verb, *installer.options, *rest)


def _inject(installer: Installer, wanted: Sequence[str], constraints: str, words: Sequence[str] = ()) -> None:
    # pipx repeats the arguments and the requirements whenever it upgrades or reinstalls. So the exact versions, which
    # are of this time only, go by the environment. By force, since pipx passes over what is installed already.
    arguments = [f"--pip-args={shlex.join(installer.options)}"] if installer.options else []
    environ = {"PIP_CONSTRAINT": constraints, "UV_CONSTRAINT": constraints}
    name = installer.environment.name
    _pipx(installer, "inject", "--force", *words, *arguments, name, *without_versions(wanted), environ=environ)


def _pipx(installer: Installer, *words: str, environ: Mapping[str, str] | None = None) -> None:
    """Run pipx, with the home that this environment is in."""
    home = os.path.dirname(os.path.dirname(installer.environment.prefix))
    run([shutil.which("pipx") or "pipx", *words], {"PIPX_HOME": home, **(environ or {})})
