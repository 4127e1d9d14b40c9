"""Changes the environment, by the program that made it, and says afterwards what state it is in.

A note beside the environment's own files says what is being changed. It goes when the change has ended, so that one
which was killed is noticed by the next command.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING

from pegboard.installing.installed import Snapshot
from pegboard.installing.installer import hashed, is_direct, run, write_constraints
from pegboard.installing.receipt import Receipt
from pegboard.installing.surroundings import PIPX, UV_TOOL

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from pegboard.installing.installer import Installer
    from pegboard.installing.plan import Plan


def note_path() -> str:
    """Return where the note of a change under way is."""
    return os.path.join(sys.prefix, ".plugins-change.json")


def install(installer: Installer, plan: Plan, requirements: Sequence[str], plugins: set[str]) -> None:
    """Do what *plan* says.

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

        guarded(plan.before, plan.after, change)


def uninstall(installer: Installer, keys: Sequence[str], plugins: set[str]) -> None:
    """Remove distributions.

    Args:
        installer: uv or pip.
        keys: Their normalised names.
        plugins: Distributions of plugins that are installed.

    Raises:
        InstallFailedError: If it fails.
    """
    before = Snapshot().versions
    after = {key: version for key, version in before.items() if key not in keys}
    kind = installer.surroundings.kind

    def change() -> None:
        if kind == PIPX:
            injected = _injected(installer.surroundings.prefix)
            for key in keys:
                if key in injected:
                    _pipx(installer, "uninject", "--leave-deps", installer.surroundings.name, key)
            left = [key for key in keys if key in Snapshot().distributions]
            if left:
                _pipx(installer, "runpip", installer.surroundings.name, "uninstall", "--yes", *left)
            return
        installer.run(["uninstall", *([] if installer.surroundings.uv else ["--yes"]), *keys])
        if kind == UV_TOOL:
            remember(installer, [], kept=plugins - set(keys), without=keys)

    guarded(before, after, change)


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


def guarded(before: dict[str, str], after: dict[str, str], change: Callable[[], None]) -> None:
    """Call *change*, with a note on disk as long as it runs.

    Raises:
        InstallFailedError: If it fails.
        KeyboardInterrupt: With a note attached that says what state the environment is in.
    """
    with open(note_path(), "w", encoding="utf-8") as stream:
        json.dump({"before": before, "after": after}, stream)
    try:
        change()
    except BaseException as error:
        error.add_note("\n".join(state(before, after)))
        raise
    finally:
        os.remove(note_path())


def state(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return, in words, whether the environment is as *before*, as *after*, or neither, and how to get it back."""
    now = Snapshot().versions
    if now == before:
        return ["the environment is as it was before"]
    if now == after:
        return ["the environment is changed as planned"]
    lost = [f"{key}=={version}" for key, version in before.items() if now.get(key) != version]
    added = [key for key in now if key not in before]
    lines = ["the environment is changed in part"]
    if lost:
        lines.append(f"  to have it as it was: install {' '.join(lost)}")
    if added:
        lines.append(f"  new, and not needed before: {' '.join(added)}")
    return lines


def unfinished() -> list[str]:
    """Return what state an earlier change that was killed has left, in words; nothing when there was none."""
    try:
        with open(note_path(), encoding="utf-8") as stream:
            note = json.load(stream)
        before, after = dict(note["before"]), dict(note["after"])
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError):
        return ["an earlier change of this environment was interrupted, and its note is damaged"]
    first, *rest = state(before, after)
    return [f"an earlier change was interrupted: {first}", *rest]


# -- pipx --------------------------------------------------------------------------------------------------------------


def _inject(installer: Installer, plan: Plan, wanted: Sequence[str], constraints: str) -> None:
    import shlex

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


def _injected(prefix: str) -> set[str]:
    from pegboard.discovery.distributions import normalise

    with open(os.path.join(prefix, "pipx_metadata.json"), encoding="utf-8") as stream:
        return {normalise(name) for name in json.load(stream).get("injected_packages", {})}


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
