"""The types under which the program's parts are known to the container, where no other type fits."""

from __future__ import annotations

from datetime import datetime
from io import TextIOWrapper

from utt.command import Command


class CommandLine(list[str]):
    """The words after the program's name, without those that are meant for the host."""


class Now(datetime):
    """The moment that counts as now: the real one, or the one given with `--now`."""


class Output(TextIOWrapper):
    """Where the program prints to; the value injected is `sys.stdout`."""


class DataDirname(str):
    """The folder of the log, as far as it is not given on the command line."""

    __slots__ = ()


class DataFilename(str):
    """The path of the log."""

    __slots__ = ()


class ConfigDirname(str):
    """The folder of the configuration file."""

    __slots__ = ()


class ConfigFilename(str):
    """The path of the configuration file."""

    __slots__ = ()


Commands = list[Command]  # for the container `typing.List[Command]` is the same key
"""The registered commands, in order."""
