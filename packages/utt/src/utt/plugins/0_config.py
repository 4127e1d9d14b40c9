"""`utt config`: print the configuration or its path."""

from __future__ import annotations

import argparse
from configparser import ConfigParser

from utt.api import v1


class ConfigHandler:
    """Prints the configuration, its default, or its path."""

    def __init__(
        self,
        args: argparse.Namespace,
        filename: v1.ConfigFilename,
        default_config: v1.DefaultConfig,
        output: v1.Output,
    ) -> None:
        self._args = args
        self._filename = filename
        self._default_config = default_config
        self._output = output

    def __call__(self) -> None:
        if self._args.filename:
            print(self._filename, file=self._output)
        elif self._args.default:
            self._default_config().write(self._output)
        else:
            # Read only here: `--filename` and `--default` work even if the file is malformed.
            v1.get_component(ConfigParser).write(self._output)


def config(filename: v1.ConfigFilename, default_config: v1.DefaultConfig) -> ConfigParser:
    """Return the configuration: the default, overridden by the file."""
    return v1.read_config(filename, default_config())


def add_args(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--default", action="store_true", help="show what holds without a configuration file")
    parser.add_argument("--filename", action="store_true", help="show where the configuration file is looked for")


v1.register_component(ConfigParser, config)
v1.register_command(v1.Command("config", "Show your configuration", ConfigHandler, add_args))
