"""The configuration file. Only `utt config` and plugins read it."""

from __future__ import annotations

from utt.exceptions import UttError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from configparser import ConfigParser


class DefaultConfig:
    """The configuration without a file. A call returns a new, empty one."""

    def __call__(self) -> ConfigParser:
        """Return a new, empty configuration."""
        from configparser import ConfigParser  # imported only for commands that read the configuration

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
