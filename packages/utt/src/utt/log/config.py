"""The configuration file. Nothing in utt depends on it yet but `utt config`; plugins may read it."""

from __future__ import annotations

from configparser import ConfigParser, Error

from utt.exceptions import UttError


class DefaultConfig:
    """Called, gives the configuration that holds without a file: an empty one."""

    def __call__(self) -> ConfigParser:
        """Return a new, empty configuration."""
        return ConfigParser()


def read_config(filename: str, default: ConfigParser) -> ConfigParser:
    """Return *default*, overridden by what is in the file, if there is one.

    Raises:
        UttError: If the file is malformed or in another encoding.
    """
    try:
        default.read(filename)
    except (Error, UnicodeDecodeError) as exc:
        message = " ".join(str(exc).split())
        raise UttError(f"cannot understand the configuration file {filename}: {message}") from exc
    return default
