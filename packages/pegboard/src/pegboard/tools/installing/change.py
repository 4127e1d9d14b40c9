"""Changes the environment, by the program that made it, and says afterwards what state it is in.

A note in the environment says what is being changed, see `note`. It goes when the change has ended, so that one which
was killed is noticed by the next command.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tempfile
from typing import TYPE_CHECKING

from pegboard.errors import InstallRefusedError
from pegboard.tools.installing.change_log import forget, make_note, read_note
from pegboard.tools.installing.condition import Condition
from pegboard.tools.installing.environment import PIPX, UV_TOOL
from pegboard.tools.installing.installed import Snapshot
from pegboard.tools.installing.installer import hashed, is_direct, run, write_constraints
from pegboard.tools.installing.lock import alone
from pegboard.tools.installing.receipt import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from pegboard.tools.installing.change_log import Note
    from pegboard.tools.installing.installer import Installer
    from pegboard.tools.installing.plan import Plan


def install(installer: Installer, plan: Plan, requirements: Sequence[str], plugins: set[str]) -> list[str]:
    """Do what *plan* says, and return in words what it has come to.

    Args:
        installer: uv or pip.
        plan: What has been resolved, and found to be harmless.
        requirements: As the user typed them.
        plugins: Distributions of plugins that are installed already; none of them may get lost.

    Raises:
        InstallFailedError: If it fails.
    """
    direct = [text for text in requirements if text == "-e" or is_direct(text)]
    named = [step.pin for step in plan.steps if step.key in plan.named and not step.is_direct]
    wanted = [*direct, *named]
    moved = [step.pin for step in plan.steps if step.key in plan.before and step.key not in plan.named]
    with tempfile.TemporaryDirectory() as folder:
        constraints = write_constraints(folder, {k: v for k, v in plan.after.items() if k not in _direct_keys(plan)})
        kind = installer.surroundings.kind

        def change() -> None:
            if kind == PIPX:
                _inject(installer, plan, wanted, constraints)
                return
            if plan.hashes:
                installer.run(["install", *hashed(folder, plan.steps, plan.hashes)])
            else:
                installer.run(["install", "-c", constraints, *wanted, *moved])
            if kind == UV_TOOL:
                remember(installer, [*direct, *named], kept=plugins)

        return guarded(
            make_note(
                {step.key: plan.before[step.key] for step in plan.steps if step.key in plan.before},
                {step.key: step.version for step in plan.steps},
                new_files=plan.files,
                plugins=plugins,
                options=installer.options,
            ),
            change,
        )


def uninstall(installer: Installer, keys: Sequence[str], plugins: set[str]) -> list[str]:
    """Remove distributions, and return in words what it has come to.

    Args:
        installer: uv or pip.
        keys: Their normalised names.
        plugins: Distributions of plugins that are installed.

    Raises:
        InstallFailedError: If it fails.
    """

    def change() -> None:
        take_away(installer, keys)
        if installer.surroundings.kind == UV_TOOL:
            remember(installer, [], kept=plugins - set(keys), without=keys)

    versions = Snapshot().versions
    before = {key: versions[key] for key in keys}
    return guarded(make_note(before, {}, new_files=(), plugins=plugins, options=installer.options), change)


def take_away(installer: Installer, keys: Sequence[str]) -> None:
    """Remove distributions, without a note.

    Raises:
        InstallFailedError: If it fails.
    """
    if installer.surroundings.kind != PIPX:
        installer.run(["uninstall", *([] if installer.surroundings.uv else ["--yes"]), *keys])
        return
    known = injected(installer)
    for key in keys:
        if key in known:
            _pipx(installer, "uninject", "--leave-deps", installer.surroundings.name, key)
    left = [key for key in keys if key in Snapshot().distributions]
    if left:
        _pipx(installer, "runpip", installer.surroundings.name, "uninstall", "--yes", *left)


def remember(
    installer: Installer,
    requirements: Sequence[str],
    *,
    kept: Collection[str] = (),
    without: Sequence[str] = (),
) -> None:
    """Have `uv tool` remember what is installed now, so that `uv tool upgrade` keeps it."""
    receipt = Receipt(installer.surroundings.prefix)
    already = " ".join(receipt.words([]))
    known = set(already.replace("==", " ").split())
    more = sorted(key for key in kept if key not in known and key not in _plain(requirements))
    words = receipt.words([*_unpinned(requirements), *more], without=without)
    uv = installer.surroundings.uv or "uv"
    run([uv, "tool", "install", "--python", receipt.python, *installer.options, *words], receipt.environ)


def guarded(note: Note, change: Callable[[], None]) -> list[str]:
    """Call *change*, with *note* on disk as long as it runs, and return in words what it has come to.

    The note stays if the environment is changed in part.

    Raises:
        InstallFailedError: If it fails.
        InstallRefusedError: If somebody else is changing the environment.
        KeyboardInterrupt: With a note attached that says what state the environment is in.
    """
    with alone():
        note.write()
        try:
            change()
        except BaseException as error:
            error.add_note("\n".join(_ended(note).lines()))
            raise
        return _ended(note).lines(has_ended=True)


def _ended(note: Note) -> Condition:
    condition = Condition(note)
    if not condition.is_in_part:
        forget()
    return condition


def unfinished() -> list[str]:
    """Return what state an earlier change that was killed has left, in words; nothing when there was none.

    Raises:
        InstallRefusedError: If a change is under way.
    """
    with alone():
        try:
            note = read_note()
        except InstallRefusedError as error:  # a new change brings a new note
            return [error.cause]
        if note is None:
            return []
        condition = Condition(note)
        if condition.is_before:  # there is nothing to undo
            forget()
        first, *rest = condition.lines()
    return [f"an earlier change was interrupted: {first}", *rest]


# -- pipx --------------------------------------------------------------------------------------------------------------


def _inject(installer: Installer, plan: Plan, wanted: Sequence[str], constraints: str) -> None:
    # pipx repeats the arguments and the requirement whenever it upgrades or reinstalls: what is of this time only, the
    # exact versions, goes by the environment
    arguments = [f"--pip-args={shlex.join(installer.options)}"] if installer.options else []
    environ = {"PIP_CONSTRAINT": constraints, "UV_CONSTRAINT": constraints}
    fresh = [text for text in wanted if text == "-e" or is_direct(text) or text.partition("==")[0] not in plan.before]
    words = ["--editable"] if "-e" in fresh else []
    fresh = [text for text in fresh if text != "-e"]
    name = installer.surroundings.name
    if fresh:
        _pipx(installer, "inject", "--force", *words, *arguments, name, *_unpinned(fresh), environ=environ)
    others = [text for text in wanted if text != "-e" and text not in fresh]
    others += [step.pin for step in plan.steps if step.key in plan.before and step.key not in plan.named]
    if others:
        _pipx(installer, "runpip", name, "install", *installer.options, "--constraint", constraints, *others)


def injected(installer: Installer) -> set[str]:
    """Return what pipx remembers to have injected into this environment, by normalised name."""
    from pegboard.startup.discovery.distributions import normalise

    with open(os.path.join(installer.surroundings.prefix, "pipx_metadata.json"), encoding="utf-8") as stream:
        return {normalise(name) for name in json.load(stream).get("injected_packages", {})}


def inject(installer: Installer, pins: Mapping[str, str], keys: Sequence[str]) -> None:
    """Have pipx install *keys*, and remember them by name, in the versions of *pins*, which nothing else leaves either.

    Raises:
        InstallFailedError: If it fails.
    """
    arguments = [f"--pip-args={shlex.join(installer.options)}"] if installer.options else []
    with tempfile.TemporaryDirectory() as folder:
        constraints = write_constraints(folder, pins)
        environ = {"PIP_CONSTRAINT": constraints, "UV_CONSTRAINT": constraints}
        # by force, as pipx passes over what is installed already
        _pipx(installer, "inject", "--force", *arguments, installer.surroundings.name, *keys, environ=environ)


def runpip(installer: Installer, words: Sequence[str]) -> None:
    """Have pipx run pip in this environment, of which it remembers nothing.

    Raises:
        InstallFailedError: If it fails.
    """
    verb, *rest = words
    _pipx(installer, "runpip", installer.surroundings.name, verb, *installer.options, *rest)


def _pipx(installer: Installer, *words: str, environ: Mapping[str, str] | None = None) -> None:
    """Run pipx, with the home that this environment is in."""
    home = os.path.dirname(os.path.dirname(installer.surroundings.prefix))
    run([shutil.which("pipx") or "pipx", *words], {"PIPX_HOME": home, **(environ or {})})


# -- small -------------------------------------------------------------------------------------------------------------


def _direct_keys(plan: Plan) -> set[str]:
    return {step.key for step in plan.steps if step.is_direct}


def _plain(requirements: Sequence[str]) -> set[str]:
    return {text.partition("==")[0] for text in requirements}


def _unpinned(requirements: Sequence[str]) -> list[str]:
    """Return *requirements* by name alone: what a tool was installed with may be upgraded with it."""
    return [text if text == "-e" or is_direct(text) else text.partition("==")[0] for text in requirements]
