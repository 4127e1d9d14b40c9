"""The types that serve only as keys of components: the container looks up what belongs to each."""

from __future__ import annotations

from datetime import datetime
from io import TextIOWrapper

from utt.command import Command


class CommandLine(list[str]):
    """The arguments after the program's name, without those that the host has taken."""


class Now(datetime):
    """The current time, or the one given with `--now`."""


class Output(TextIOWrapper):
    """The stream that the program prints to; the value injected is `sys.stdout`."""


class DataDirname(str):
    """The folder of the log, unless the command line names the file."""

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
