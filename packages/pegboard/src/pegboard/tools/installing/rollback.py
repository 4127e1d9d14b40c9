"""Undoes a change that did not end: what was there before comes back from where it had come.

In: an installer and the change log. Out: the state of the environment; the log is removed if all is as before.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sysconfig
from typing import TYPE_CHECKING

from pegboard.tools.installing import pipx
from pegboard.tools.installing.change import remove_distributions
from pegboard.tools.installing.change_log import remove_change_log
from pegboard.tools.installing.change_status import ChangeStatus
from pegboard.tools.installing.environment import PIPX, UV_TOOL
from pegboard.tools.installing.installed import Snapshot, recorded
from pegboard.tools.installing.lock import lock_environment
from pegboard.tools.installing.uv_tool import update_tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.tools.installing.change_log import ChangeLog
    from pegboard.tools.installing.installer import Installer


def roll_back(installer: Installer, log: ChangeLog) -> ChangeStatus:
    """Undo the change that *log* is about, and return what state the environment is in.

    The log is removed only when all is as before, so that this can be interrupted, too, and done again.

    Raises:
        InstallFailedError: If the installer fails, e.g. as it does not find an old version any more.
        InstallRefusedError: If somebody is changing the environment.
    """
    with lock_environment():
        try:
            _undo(installer, log)
        except BaseException as error:
            error.add_note("\n".join(ChangeStatus(log).lines()))
            raise
        status = ChangeStatus(log)
        if status.is_before:
            remove_change_log()
    return status


def _undo(installer: Installer, log: ChangeLog) -> None:
    _put_back(
        installer, log, ChangeStatus(log).lost, "--dry-run"
    )  # before anything is removed: can it be brought back?
    found = Snapshot().distributions
    # Installers do not remove a distribution without a record; its files are among the leftovers.
    added = [key for key in ChangeStatus(log).added if recorded(found[key]) is not None]
    if added:
        remove_distributions(installer, added)
    _remove(ChangeStatus(log).leftovers)
    for name in ChangeStatus(log).temporary:
        _discard(os.path.join(sysconfig.get_path("purelib"), name))
    _put_back(installer, log, ChangeStatus(log).lost)
    if installer.environment.kind == UV_TOOL:
        update_tool(installer, [], kept=log.plugins, without=sorted(log.after.keys() - log.before.keys()))


def _put_back(installer: Installer, log: ChangeLog, keys: Sequence[str], *options: str) -> None:
    words = [word for key in keys for word in log.sources.get(key, [f"{key}=={log.before[key]}"])]
    if not words:
        return
    # Exactly as they were: what they need is put back in the same way.
    exactly = ["install", "--no-deps", "--force-reinstall", *options, *words]
    if installer.environment.kind == PIPX and not options:
        known = pipx.injected(installer)
        for key in keys:
            if key in log.plugins and key not in known:
                pipx.inject(installer, {**Snapshot().versions, **log.before}, key, log.sources.get(key, [key]))
    installer.run(exactly)


def _discard(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.remove(path)


def _remove(paths: Sequence[str]) -> None:
    """Remove the files at *paths*, and folders that are empty afterwards."""
    site = os.path.abspath(sysconfig.get_path("purelib"))
    for path in paths:
        file = os.path.abspath(os.path.join(site, path))
        if not file.startswith(site + os.sep):
            continue  # a list of files may say anything
        with contextlib.suppress(FileNotFoundError):
            os.remove(file)
        folder = os.path.dirname(file)
        with contextlib.suppress(OSError):  # until one is not empty
            while folder != site:
                os.rmdir(folder)
                folder = os.path.dirname(folder)
