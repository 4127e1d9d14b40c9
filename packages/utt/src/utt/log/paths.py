"""Where the log and the configuration file are."""

from __future__ import annotations

import os


def data_dirname() -> str:
    """Return the folder of the log: `$XDG_DATA_HOME/utt`, by default `~/.local/share/utt`."""
    return _folder("XDG_DATA_HOME", "~/.local/share")


def config_dirname() -> str:
    """Return the folder of the configuration: `$XDG_DATA_CONFIG/utt`, by default `~/.config/utt`.

    The variable really is that one: utt has always read it.
    """
    return _folder("XDG_DATA_CONFIG", "~/.config")


def _folder(variable: str, default: str) -> str:
    base = os.environ.get(variable)  # set but empty is taken as it is: a relative path
    if base is None:
        base = os.path.expanduser(default)  # noqa: PTH111  # pathlib costs more than all of this
    return os.path.join(base, "utt")  # noqa: PTH118
