"""Edits `plugins.toml`, so that comments and layout stay.

In: its path, and settings to change. Out: the file, replaced in one step, or a `SettingsError`.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

from pegboard.atomic_file import replace_file
from pegboard.errors import SettingsError
from pegboard.regular_file import read_file
from pegboard.startup.policy.plugins_toml import PluginsToml, read_plugins_toml

if TYPE_CHECKING:
    from collections.abc import Sequence


class SettingsEditor:
    """One `plugins.toml`: read once, changed in memory, and written in one step.

    Raises:
        SettingsError: If it cannot be read or is not TOML. No command writes to it then.
    """

    def __init__(self, path: str) -> None:
        """Read the file at *path*, which need not exist."""
        self.path: str = path
        self.now: PluginsToml = read_plugins_toml(path)
        """What it says, with the changes of this command."""
        if self.now.problem is not None:
            advice = _MEND if self.now.data is not None else "see to it that it is a file that you may read"
            raise SettingsError(path, self.now.problem, advice, self.now.problem_line)
        self._before = self.now.data
        text = self.now.text
        self._has_crlf = "\r\n" in text and text.count("\r\n") == text.count("\n")

    @property
    def exists(self) -> bool:
        """Whether there is such a file."""
        return self._before is not None

    @property
    def plugins(self) -> tuple[str, ...]:
        """The names of plugins that the file mentions."""
        tables, listed = self.now.get("plugins"), self.now.get("order")
        names = [*tables] if isinstance(tables, dict) else []
        names += [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
        return tuple(dict.fromkeys(names))

    def set(self, path: Sequence[str], value: Any) -> bool:
        """Set the setting at *path* to *value*, or remove it if that is None; return whether anything changed.

        Raises:
            SettingsError: If something else than a table is in the way, as in `plugins = 1`.
        """
        now = self.now
        if now.get(*path) == value and type(now.get(*path)) is type(value):
            return False
        wanted = _changed(now.content, path, value)
        if wanted is None:
            outer = (tuple(path[:length]) for length in range(1, len(path)))
            no_table = next(each for each in outer if not isinstance(now.get(*each), dict))
            problem = f"{'.'.join(no_table)!r} must be a table"
            raise SettingsError(self.path, problem, _MEND, now.lines.get(no_table))
        text = now.text.replace("\r\n", "\n") if self._has_crlf else now.text
        text = _edited(text, path, value)
        changed = PluginsToml(self.path, (text.replace("\n", "\r\n") if self._has_crlf else text).encode())
        if changed.problem is not None or _pruned(changed.content) != _pruned(wanted):
            raise SettingsError(self.path, f"{'.'.join(path)!r} cannot be changed in it by a program", _BY_HAND)
        self.now = changed
        return True

    def write(self) -> None:
        """Replace the file, or make it and its folder.

        A link stays a link: its target is replaced. Permissions and line ends stay.

        Raises:
            SettingsError: If it cannot be written, or somebody else has changed it in the meantime.
        """
        target = os.path.realpath(self.path)
        data = self.now.data or b""
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            check = partial(self._check_unchanged, target)
            replace_file(target, data, mode=0o666, keeps_mode=True, is_durable=True, check=check)
        except OSError as error:
            path, problem = error.filename or target, error.strerror or str(error)
            cause = problem if path == self.path else f"{path}: {problem}"
            raise SettingsError(self.path, cause, "see to it that the folder can be written, and try again") from error
        self._before = data

    def _check_unchanged(self, target: str) -> None:
        try:
            now: bytes | None = read_file(target)
        except FileNotFoundError:
            now = None
        if now != self._before:
            raise SettingsError(self.path, "somebody else has changed it in the meantime", "look at it, and try again")


_MEND = "mend it in an editor; no command writes to it before"
_BY_HAND = "change it in an editor"


def _changed(content: dict[str, Any], path: Sequence[str], value: Any) -> dict[str, Any] | None:
    """Return a copy of *content* with *value* at *path*; None when something else than a table is in the way."""
    name, *rest = path
    copy = dict(content)
    if rest:
        inner = content.get(name, {})
        below = _changed(inner, rest, value) if isinstance(inner, dict) else None
        if below is None:
            return None
        copy[name] = below
    elif value is None:
        copy.pop(name, None)
    else:
        copy[name] = value
    return copy


def _pruned(content: dict[str, Any]) -> dict[str, Any]:
    """Return *content* without empty tables, which say nothing."""
    pairs = ((name, _pruned(value) if isinstance(value, dict) else value) for name, value in content.items())
    return {name: value for name, value in pairs if value != {}}


def _edited(text: str, path: Sequence[str], value: Any) -> str:
    """Return *text* with *value* at *path*, everything else as it was."""
    try:
        import tomlkit
    except ImportError as error:
        raise SettingsError("plugins.toml", "tomlkit is not installed", "install pegboard[cli]") from error
    document = tomlkit.parse(text)
    tables: list[Any] = [document]
    *outer, last = path
    for position, name in enumerate(outer):
        if name not in tables[-1]:
            if value is None:
                return text
            table = tomlkit.table(is_super_table=position < len(outer) - 1)
            if position == len(outer) - 1 and text.strip():
                _separate(document)
            tables[-1][name] = table
        tables.append(tables[-1][name])
    if value is not None:
        tables[-1][last] = value
        edited = tomlkit.dumps(document)
        # what comes before a new table may end up behind it
        return edited if text.endswith("\n\n") else edited.rstrip("\n") + "\n"
    del tables[-1][last]
    for outside, name in reversed(list(zip(tables, outer, strict=False))):
        if not outside[name] and "#" not in outside[name].as_string():
            del outside[name]
    return tomlkit.dumps(document)


def _separate(document: Any) -> None:
    """Add an empty line before a new table at the end."""
    text = document.as_string()
    if not text.endswith("\n\n"):
        import tomlkit

        document.add(tomlkit.nl() if text.endswith("\n") else tomlkit.ws("\n\n"))
