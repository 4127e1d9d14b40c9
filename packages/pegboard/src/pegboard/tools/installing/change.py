"""Changes the environment by the program that made it, and says in what state the environment is afterwards.

In: an installer, and an install plan or the names of distributions to remove. Out: the state, in words. While it is
changed, the environment is locked, and a change log lies in it, so that the next command notices a change that was
killed.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from pegboard.errors import InstallRefusedError
from pegboard.tools.installing import pipx
from pegboard.tools.installing.change_log import new_change_log, read_change_log, remove_change_log
from pegboard.tools.installing.change_status import ChangeStatus
from pegboard.tools.installing.environment import PIPX, UV_TOOL
from pegboard.tools.installing.installed import Snapshot
from pegboard.tools.installing.installer import hashed, write_constraints
from pegboard.tools.installing.lock import lock_environment
from pegboard.tools.installing.references import is_direct, key_of
from pegboard.tools.installing.uv_tool import update_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pegboard.tools.installing.change_log import ChangeLog
    from pegboard.tools.installing.install_plan import InstallPlan
    from pegboard.tools.installing.installer import Installer


def install(installer: Installer, plan: InstallPlan, requirements: Sequence[str], plugins: set[str]) -> list[str]:
    """Do what *plan* says, and return in words what state the environment is in.

    Args:
        installer: uv or pip.
        plan: What has been resolved, and found to be harmless.
        requirements: As the user typed them.
        plugins: Distributions of plugins that are installed already; none of them may get lost.

    Raises:
        InstallFailedError: If it fails.
    """
    wanted = [text for text in requirements if text == "-e" or is_direct(text)]
    wanted += [step.pin for step in plan.steps if step.key in plan.named and not step.is_direct]
    log = new_change_log(
        {step.key: plan.before[step.key] for step in plan.steps if step.key in plan.before},
        {step.key: step.version for step in plan.steps},
        new_files=plan.files,
        plugins=plugins,
        options=installer.options,
    )
    direct = {step.key for step in plan.steps if step.is_direct}
    with tempfile.TemporaryDirectory() as folder:
        pins = {key: version for key, version in plan.after.items() if key not in direct}
        constraints = write_constraints(folder, pins)

        def change() -> None:
            if installer.environment.kind == PIPX:
                pipx.install(installer, plan, wanted, constraints)
            elif plan.hashes:
                installer.run(
                    ["install", *hashed(folder, plan.steps, plan.hashes, [text for text in wanted if is_direct(text)])]
                )
            elif wanted:
                installer.run(["install", "-c", constraints, *wanted, *plan.moved])
            again = {step.key for step in plan.steps if step.is_again}
            if files := [text for text in wanted if is_direct(text) and key_of(text) in again]:
                installer.run(["install", "--no-deps", "--force-reinstall", *files])
            if installer.environment.kind == UV_TOOL:
                update_tool(installer, wanted, kept=plugins)

        return _with_change_log(log, change)


def uninstall(installer: Installer, keys: Sequence[str], plugins: set[str]) -> list[str]:
    """Remove distributions, and return in words what state the environment is in.

    Args:
        installer: uv or pip.
        keys: Their normalised names.
        plugins: Distributions of plugins that are installed.

    Raises:
        InstallFailedError: If it fails.
    """

    def change() -> None:
        remove_distributions(installer, keys)
        if installer.environment.kind == UV_TOOL:
            update_tool(installer, [], kept=plugins - set(keys), without=keys)

    versions = Snapshot().versions
    before = {key: versions[key] for key in keys}
    log = new_change_log(before, {}, new_files=(), plugins=plugins, options=installer.options)
    return _with_change_log(log, change)


def remove_distributions(installer: Installer, keys: Sequence[str]) -> None:
    """Remove distributions, without a change log.

    Raises:
        InstallFailedError: If it fails.
    """
    if installer.environment.kind == PIPX:
        pipx.uninstall(installer, keys)
    else:
        installer.run(["uninstall", *([] if installer.environment.uv else ["--yes"]), *keys])


def _with_change_log(log: ChangeLog, change: Callable[[], None]) -> list[str]:
    """Call *change* while *log* is on disk, and return in words what state the environment is in.

    The log stays if the environment is changed in part.

    Raises:
        InstallFailedError: If it fails.
        InstallRefusedError: If somebody else is changing the environment.
        KeyboardInterrupt: With a note attached that says what state the environment is in.
    """
    with lock_environment():
        log.write()
        try:
            change()
        except BaseException as error:
            error.add_note("\n".join(_finish(log).lines()))
            raise
        return _finish(log).lines(has_ended=True)


def _finish(log: ChangeLog) -> ChangeStatus:
    status = ChangeStatus(log)
    if not status.is_in_part:
        remove_change_log()
    return status


def interrupted_change() -> list[str]:
    """Return in words what state an earlier change that was killed has left; nothing if there was none.

    Raises:
        InstallRefusedError: If a change is under way.
    """
    with lock_environment():
        try:
            log = read_change_log()
        except InstallRefusedError as error:  # a new change brings a new log
            return [error.cause]
        if log is None:
            return []
        status = ChangeStatus(log)
        if status.is_before:  # there is nothing to undo
            remove_change_log()
        first, *rest = status.lines()
    return [f"an earlier change was interrupted: {first}", *rest]
