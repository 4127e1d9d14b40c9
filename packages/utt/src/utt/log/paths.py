"""Where the log and the configuration file are."""

from __future__ import annotations

import os


def data_dirname() -> str:
    """Return the folder of the log: `$XDG_DATA_HOME/utt`, by default `~/.local/share/utt`."""
    return _folder("XDG_DATA_HOME", "~/.local/share")


def config_dirname() -> str:
    """Return the folder of the configuration: `$XDG_DATA_CONFIG/utt`, by default `~/.config/utt`.

    `XDG_DATA_CONFIG` is no mistake here: utt has always read that variable.
    """
    return _folder("XDG_DATA_CONFIG", "~/.config")


def _folder(variable: str, default: str) -> str:
    base = os.environ.get(variable)  # an empty value gives a relative path
    if base is None:
        base = os.path.expanduser(default)  # noqa: PTH111  # the import of pathlib costs more than this module
    return os.path.join(base, "utt")  # noqa: PTH118
