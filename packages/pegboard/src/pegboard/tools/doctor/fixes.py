"""Which remedies can a command apply, without doing harm?

In: a finding. Out: what would be done, in words, and a function that does it. Each can be taken back by a command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.tools.cli.user_settings import UserSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.host import Host
    from pegboard.tools.doctor.finding import Finding

_TO_DISABLE = (
    "plugin-import-failed",
    "plugin-import-hangs",
    "plugin-kills-process",
    "plugin-breaks-others",
    "plugin-not-importable",
)


def fix_of(found: Finding, host: Host) -> tuple[str, Callable[[], object]] | None:
    """Return what would mend *found*, and a function that does it; None if no command can, or it is not safe.

    Raises:
        SettingsError: If `plugins.toml` cannot be read.
    """
    settings = UserSettings(host)
    file = settings.file
    if found.code == "configuration-unknown-name" and found.where == file.path:
        name = found.what.partition("'")[2].partition("'")[0]
        if isinstance(file.now.get("plugins", name), dict):
            return f"remove the settings of {name!r} from {file.path}", lambda: _unset(settings, name)
    if found.code in _TO_DISABLE and found.plugin and found.plugin not in host.settings.required:
        return f"disable {found.plugin!r} in {file.path}", lambda: _disable(settings, found.plugin)
    return None


def _unset(settings: UserSettings, name: str) -> None:
    for key in ("enabled", "eager"):
        settings.file.set(("plugins", name, key), None)
    settings.file.write()


def _disable(settings: UserSettings, name: str) -> None:
    settings.file.set(("plugins", name, "enabled"), False)
    settings.file.write()
