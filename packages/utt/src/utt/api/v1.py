"""The interface for plugins, version 1. A plugin uses nothing else of utt.

A plugin is a module in `utt.plugins`. While it is imported, it registers what it adds:

    from utt.api import v1

    class Greet:
        def __init__(self, now: v1.Now, output: v1.Output):
            self._now, self._output = now, output

        def __call__(self) -> None:
            print(f"It is {self._now:%H:%M}", file=self._output)

    v1.register_command(v1.Command("greet", "Say what time it is", Greet, lambda parser: None))

A plugin can also implement a hook, which is called when something happens:

    @v1.entry_added
    def note(entry: v1.Entry) -> None: ...

A parameter gets the component that its annotation names. The types of this module are keys of components; so
are `argparse.Namespace` (the parsed arguments) and `configparser.ConfigParser` (the configuration).

A handler's `__call__` may be `async def`: utt runs it, and what it needs, in one event loop.
"""

from __future__ import annotations

from utt.app import commands as _commands
from utt.app import host as _host
from utt.app import tell_log_changed, tell_report_rendering
from utt.command import Command
from utt.components import (
    Commands,
    ConfigDirname,
    ConfigFilename,
    DataDirname,
    DataFilename,
    Now,
    Output,
)
from utt.domain.activity import Activities, Activity
from utt.domain.entry import HELLO_ENTRY_NAME, Entries, Entry
from utt.domain.name import Name
from utt.domain.report_args import CSVSection, DateRange, ReportArgs
from utt.exceptions import UttError
from utt.log.config import DefaultConfig
from utt.log.interface import AddEntry, EntryLines, EntryParser
from utt.report.interface import CSVReportView, HTMLReportView, ReportView
from utt.report.model import ReportModel

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, TypeVar

    from utt import hooks as _hooks
    from utt.domain.duration import format_duration
    from utt.log.config import read_config
    from utt.log.editing import log_editing
    from utt.report.activities import ActivitiesModel, ActivitiesView
    from utt.report.arguments import add_report_arguments, add_selection_arguments
    from utt.report.details import DetailsModel, DetailsView
    from utt.report.per_day import PerDayModel, PerDayView
    from utt.report.projects import ProjectsModel, ProjectsView
    from utt.report.summary import SummaryModel, SummaryView

    T = TypeVar("T")
    arguments_parsed = _hooks.arguments_parsed.implement
    entry_added = _hooks.entry_added.implement
    log_changed = _hooks.log_changed.implement
    report_rendering = _hooks.report_rendering.implement

__all__ = [
    "HELLO_ENTRY_NAME",
    "Activities",
    "ActivitiesModel",
    "ActivitiesView",
    "Activity",
    "AddEntry",
    "CSVReportView",
    "CSVSection",
    "Command",
    "Commands",
    "ConfigDirname",
    "ConfigFilename",
    "DataDirname",
    "DataFilename",
    "DateRange",
    "DefaultConfig",
    "DetailsModel",
    "DetailsView",
    "Entries",
    "Entry",
    "EntryLines",
    "EntryParser",
    "HTMLReportView",
    "Name",
    "Now",
    "Output",
    "PerDayModel",
    "PerDayView",
    "ProjectsModel",
    "ProjectsView",
    "ReportArgs",
    "ReportModel",
    "ReportView",
    "SummaryModel",
    "SummaryView",
    "UttError",
    "add_report_arguments",
    "add_selection_arguments",
    "arguments_parsed",
    "decorate_component",
    "entry_added",
    "format_duration",
    "get_component",
    "log_changed",
    "log_editing",
    "read_config",
    "register_command",
    "register_component",
    "report_rendering",
    "tell_log_changed",
    "tell_report_rendering",
]

# Only reports need these; `utt add` does not import them (PEP 562).
_LAZY = {
    "ActivitiesModel": "utt.report.activities",
    "ActivitiesView": "utt.report.activities",
    "DetailsModel": "utt.report.details",
    "DetailsView": "utt.report.details",
    "PerDayModel": "utt.report.per_day",
    "PerDayView": "utt.report.per_day",
    "ProjectsModel": "utt.report.projects",
    "ProjectsView": "utt.report.projects",
    "SummaryModel": "utt.report.summary",
    "SummaryView": "utt.report.summary",
    "add_report_arguments": "utt.report.arguments",
    "add_selection_arguments": "utt.report.arguments",
    "format_duration": "utt.domain.duration",
    "log_editing": "utt.log.editing",
    "read_config": "utt.log.config",
}

# The hooks, of which plugins get what implements them; calling them stays utt's own.
_HOOKS = ("arguments_parsed", "entry_added", "log_changed", "report_rendering")


def register_command(command: Command, *, override: bool = False) -> None:
    """Add a sub-command to utt.

    Args:
        command: Its name must be new: otherwise the command that has the name stays, and a warning is printed.
        override: Whether it may replace the command that an earlier plugin, or utt itself, has registered.
    """
    _commands.register(command.name, command, override=override, description=command.description)


def register_component(interface: Any, constructor: Any) -> None:
    """Set what is injected for *interface*; the plugin that comes last in the order wins.

    Args:
        interface: The type that parameters are annotated with, one of utt's or one of your own.
        constructor: A class or a function, which is called when the component is first needed, with its own
            parameters injected; its result is the component. Any other object is the component itself.
    """
    _host.container.provide(interface, constructor)


def decorate_component(interface: Any, wrapper: Any) -> None:
    """Wrap what is injected for *interface*, whoever provides it; several plugins can wrap one component.

    Use it to add something to a component. A constructor that is registered for *interface* by `register_component`
    cannot ask for *interface*: it replaces what it would get.

    Args:
        interface: The type that parameters are annotated with.
        wrapper: A class or a function. Its first parameter gets the component that was there, whatever its annotation
            is; the others are injected. Its result takes the place of the component.
    """
    _host.container.decorate(interface, wrapper)


def get_component(interface: type[T]) -> T:
    """Return the component that is injected for *interface*.

    Use it for what a command needs only in some cases. What it always needs is a parameter of its constructor.
    """
    component: T = _host.container.get(interface)
    return component


def __getattr__(name: str) -> object:
    from importlib import import_module

    value: object
    if name in _HOOKS:
        value = getattr(import_module("utt.hooks"), name).implement
    elif name in _LAZY:
        value = getattr(import_module(_LAZY[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
