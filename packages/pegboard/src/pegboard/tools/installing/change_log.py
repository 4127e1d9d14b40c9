"""Keeps a log of the change under way, by which a change that was killed is noticed and undone.

In: what is about to change. Out: one file in the environment, which is removed when the environment is as before the
change or as planned.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import sysconfig
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pegboard.atomic_file import replace_file
from pegboard.errors import InstallRefusedError
from pegboard.tools.installing.installed import Snapshot, recorded, source_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class ChangeLog:
    """What one change is about."""

    before: dict[str, str]
    """The versions of what it replaces or removes, by normalised name."""
    after: dict[str, str]
    """The versions of what it puts in place."""
    sources: dict[str, list[str]]
    """For each name in `before`, the words that an installer takes to install it again."""
    files: list[str]
    """Paths below site-packages that are added or removed; one that no distribution owns afterwards is left over."""
    plugins: list[str]
    """Distributions of plugins before the change."""
    options: list[str]
    """Where distributions came from."""
    temporary: list[str]
    """Names in site-packages that look like an installer's temporary ones, and were there before."""

    def write(self) -> None:
        """Write the log, so that it also survives a loss of power."""
        replace_file(_path(), json.dumps(asdict(self)).encode(), mode=0o666, is_durable=True)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ChangeLog:
        """Return the log that `write` has written.

        Raises:
            KeyError: If something is missing.
            TypeError: If something has another type.
        """
        return cls(
            before=dict(data["before"]),
            after=dict(data["after"]),
            sources={key: list(words) for key, words in data["sources"].items()},
            files=list(data["files"]),
            plugins=list(data["plugins"]),
            options=list(data["options"]),
            temporary=list(data["temporary"]),
        )


def _path() -> str:
    return os.path.join(sys.prefix, ".plugins-change.json")


def new_change_log(
    before: Mapping[str, str],
    after: Mapping[str, str],
    *,
    new_files: Iterable[str],
    plugins: Iterable[str],
    options: Iterable[str],
) -> ChangeLog:
    """Return the log of a change that is about to begin.

    Args:
        before: The versions of what it replaces or removes.
        after: The versions of what it puts in place.
        new_files: Paths below site-packages that it brings.
        plugins: Distributions of plugins that are installed.
        options: Where distributions come from.
    """
    site, found = sysconfig.get_path("purelib"), Snapshot().distributions
    old = {path for key in before if key in found for path in recorded(found[key]) or ()}
    # What lies there already and is not replaced is somebody else's.
    new = {path for path in new_files if not os.path.lexists(os.path.join(site, path))}
    return ChangeLog(
        before=dict(before),
        after=dict(after),
        sources={key: source_of(found[key]) for key in before if key in found},
        files=sorted(path for path in old | new if not path.startswith(("..", "/")) and "__pycache__/" not in path),
        plugins=sorted(plugins),
        options=list(options),
        temporary=temporary_names(),
    )


def temporary_names() -> list[str]:
    """Return the names in site-packages that look like what a killed installer leaves.

    pip renames what it is about to remove, to its name with `~` for the first letters; uv unpacks below `.tmp` and
    some letters.
    """
    return sorted(name for name in os.listdir(sysconfig.get_path("purelib")) if name.startswith(("~", ".tmp")))


def read_change_log() -> ChangeLog | None:
    """Return the log of a change that did not end, or None.

    Raises:
        InstallRefusedError: If there is one that cannot be read.
    """
    try:
        with open(_path(), encoding="utf-8") as stream:
            return ChangeLog.from_data(json.load(stream))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InstallRefusedError(
            "an earlier change was interrupted, and its note is damaged",
            _path(),
            "look at the plugins with `list`, mend what is missing with `sync FILE`, and remove that file",
        ) from None


def remove_change_log() -> None:
    """Remove the log, if there is one."""
    with contextlib.suppress(FileNotFoundError):
        os.remove(_path())
