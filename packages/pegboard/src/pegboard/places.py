"""Where an application's plugin files live: one folder for what the user writes, one for what can be made anew.

Source: XDG Base Directory Specification 0.8 (Linux and other POSIX), Apple's File System Programming Guide
("Library directory"), Microsoft's Known Folders (`FOLDERID_RoamingAppData`, `FOLDERID_LocalAppData`).
"""

import os
import sys

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOMES = {
    # kind: (variable on POSIX, folder below the home on POSIX, on macOS, variable on Windows)
    "config": ("XDG_CONFIG_HOME", ".config", "Library/Application Support", "APPDATA"),
    "cache": ("XDG_CACHE_HOME", ".cache", "Library/Caches", "LOCALAPPDATA"),
}


def user_directory(
    kind: str, application: str, environ: "Mapping[str, str]", platform: str = sys.platform
) -> "str | None":
    """Return the user's folder of that *kind* for *application*; it need not exist.

    Args:
        kind: `config` or `cache`.
        application: The last part of the path.
        environ: Where the variables are looked up; a relative path in one is ignored, as the specification asks.
        platform: As `sys.platform`.

    Returns:
        An absolute path, or None when the user has no home: then there is nothing to read or to keep.
    """
    variable, below_home, on_mac, on_windows = _HOMES[kind]
    if platform == "win32":
        base = environ.get(on_windows, "")
    elif platform == "darwin":
        base = os.path.join(_home(environ), on_mac)
    else:
        base = environ.get(variable, "")
        if not os.path.isabs(base):
            base = os.path.join(_home(environ), below_home)
    return os.path.join(base, application) if os.path.isabs(base) else None


def _home(environ: "Mapping[str, str]") -> str:
    return environ.get("HOME") or os.path.expanduser("~")


def environment_prefix(application: str) -> str:
    """Return how the application's environment variables begin, e.g. `UTT` for `utt`."""
    return "".join(letter if letter.isalnum() else "_" for letter in application).upper()
