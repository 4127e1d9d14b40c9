"""What older plugins import although it was private. New plugins import `utt.api.v1` instead."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Type  # noqa: UP035  # plugins import both from here

from utt.api.v1 import (
    Activities,
    AddEntry,
    Command,
    Commands,
    ConfigDirname,
    ConfigFilename,
    CSVReportView,
    DataDirname,
    DataFilename,
    DefaultConfig,
    Entries,
    EntryLines,
    EntryParser,
    Now,
    Output,
    ReportArgs,
    ReportModel,
    register_command,
    register_component,
)
from utt.app import (
    activities,
    config_dirname,
    config_filename,
    data_dirname,
    data_filename,
    entries,
    host,
    now,
    parse_args,
    report,
    report_args,
)
from utt.app import commands as _registry
from utt.domain.report_args import CSV_SECTION_NAMES as csv_section_name_to_csv_section  # noqa: N811

TYPE_CHECKING = False

if TYPE_CHECKING:
    from configparser import ConfigParser

    config: Any

__all__ = [
    "Activities",
    "AddEntry",
    "Any",
    "CSVReportView",
    "Command",
    "Commands",
    "ConfigDirname",
    "ConfigFilename",
    "ConfigParser",
    "DataDirname",
    "DataFilename",
    "DefaultConfig",
    "Entries",
    "EntryLines",
    "EntryParser",
    "Now",
    "Output",
    "ReportArgs",
    "ReportModel",
    "Type",
    "activities",
    "argparse",
    "commands",
    "config",
    "config_dirname",
    "config_filename",
    "container",
    "create_container",
    "csv_section_name_to_csv_section",
    "data_dirname",
    "data_filename",
    "entries",
    "now",
    "parse_args",
    "register_command",
    "register_component",
    "report",
    "report_args",
    "sys",
]


class _Container:
    """The application's container as a mapping: reading an item gets a component, setting one provides it."""

    def __getitem__(self, interface: Any) -> Any:
        return host.container.get(interface)

    def __setitem__(self, interface: Any, constructor: Any) -> None:
        host.container.provide(interface, constructor)


class _Commands(Mapping[str, Command]):
    """The registered commands by name, always up to date."""

    def __getitem__(self, name: str) -> Command:
        return _registry[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_registry.names())

    def __len__(self) -> int:
        return len(_registry)


def __getattr__(name: str) -> Any:
    if name == "ConfigParser":
        from configparser import ConfigParser

        return ConfigParser
    if name == "config":
        from importlib import import_module

        return import_module("utt.plugins.0_config").config
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


container = _Container()
commands = _Commands()


def create_container() -> _Container:
    """Return the application's container; there is one."""
    return container
