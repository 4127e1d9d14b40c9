"""The former name of `utt.api.v1`, for plugins that were published before v1 was stable."""

from __future__ import annotations

from utt.api import v1 as _stable
from utt.api._v1 import _private
from utt.api.v1 import (
    HELLO_ENTRY_NAME,
    Activities,
    Activity,
    Command,
    Entries,
    Entry,
    Name,
    Now,
    Output,
    ReportModel,
    ReportView,
    register_command,
    register_component,
)

TYPE_CHECKING = False

if TYPE_CHECKING:
    from utt.api.v1 import ActivitiesView, DetailsView, PerDayView, ProjectsView, SummaryView

__all__ = [
    "HELLO_ENTRY_NAME",
    "Activities",
    "ActivitiesView",
    "Activity",
    "Command",
    "DetailsView",
    "Entries",
    "Entry",
    "Name",
    "Now",
    "Output",
    "PerDayView",
    "ProjectsView",
    "ReportModel",
    "ReportView",
    "SummaryView",
    "_private",
    "register_command",
    "register_component",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_stable, name)


def __dir__() -> list[str]:
    return sorted(__all__)
