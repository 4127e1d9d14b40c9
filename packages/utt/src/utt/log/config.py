"""The configuration file. Nothing in utt depends on it yet but `utt config`; plugins may read it."""

from __future__ import annotations

from utt.exceptions import UttError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from configparser import ConfigParser


class DefaultConfig:
    """Called, gives the configuration that holds without a file: an empty one."""

    def __call__(self) -> ConfigParser:
        """Return a new, empty configuration."""
        from configparser import ConfigParser  # only the few who ask for a configuration wait for it

        return ConfigParser()


def read_config(filename: str, default: ConfigParser) -> ConfigParser:
    """Return *default*, overridden by what is in the file, if there is one.

    Raises:
        UttError: If the file is malformed or in another encoding.
    """
    from configparser import Error

    try:
        default.read(filename)
    except (Error, UnicodeDecodeError) as exc:
        message = " ".join(str(exc).split())
        raise UttError(f"cannot understand the configuration file {filename}: {message}") from exc
    return default
