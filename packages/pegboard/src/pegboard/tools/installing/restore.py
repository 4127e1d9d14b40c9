"""Brings back what was there before a change that did not end, from where it had come."""

from __future__ import annotations

import contextlib
import os
import shutil
import sysconfig
from typing import TYPE_CHECKING

from pegboard.tools.installing.change import inject, injected, remember, runpip, take_away
from pegboard.tools.installing.change_log import forget
from pegboard.tools.installing.condition import Condition
from pegboard.tools.installing.environment import PIPX, UV_TOOL
from pegboard.tools.installing.installed import Snapshot, recorded
from pegboard.tools.installing.lock import alone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.tools.installing.change_log import Note
    from pegboard.tools.installing.installer import Installer


def restore(installer: Installer, note: Note) -> Condition:
    """Undo what the change that *note* tells of has done, and return what that has come to.

    The note goes only when all is as before, so that this, too, can be interrupted and done again.

    Raises:
        InstallFailedError: If the installer fails, e.g. as it does not find an old version any more.
        InstallRefusedError: If somebody is changing the environment.
    """
    with alone():
        try:
            _undo(installer, note)
        except BaseException as error:
            error.add_note("\n".join(Condition(note).lines()))
            raise
        done = Condition(note)
        if done.is_before:
            forget()
    return done


def _undo(installer: Installer, note: Note) -> None:
    _put_back(installer, note, Condition(note).lost, "--dry-run")  # nothing goes before it is known what can come back
    found = Snapshot().distributions
    # Installers do not remove what has no list of its files; those files are left over, by the note.
    added = [key for key in Condition(note).added if recorded(found[key]) is not None]
    if added:
        take_away(installer, added)
    _remove(Condition(note).leftovers)
    for name in Condition(note).temporary:
        _discard(os.path.join(sysconfig.get_path("purelib"), name))
    _put_back(installer, note, Condition(note).lost)
    if installer.surroundings.kind == UV_TOOL:
        remember(installer, [], kept=note.plugins, without=sorted(note.after.keys() - note.before.keys()))


def _put_back(installer: Installer, note: Note, keys: Sequence[str], *options: str) -> None:
    words = [word for key in keys for word in note.sources.get(key, [f"{key}=={note.before[key]}"])]
    if not words:
        return
    # As they were, whatever they need: that is put back in the same way.
    exactly = ["install", "--no-deps", "--force-reinstall", *options, *words]
    if installer.surroundings.kind != PIPX:
        installer.run(exactly)
        return
    if not options and (forgotten := [key for key in keys if key in note.plugins and key not in injected(installer)]):
        inject(installer, {**Snapshot().versions, **note.before}, forgotten)
    runpip(installer, exactly)


def _discard(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.remove(path)


def _remove(paths: Sequence[str]) -> None:
    """Remove the files at *paths*, and the folders that are empty then."""
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
