"""What is public, and nothing else, is in `__all__`, and is there."""

from __future__ import annotations

import importlib
import types

import pytest

V1_OF_UTT_1_32 = {
    "Activities", "ActivitiesView", "Activity", "Command", "DetailsView", "Entries", "Entry", "HELLO_ENTRY_NAME", "Name",
    "Now", "Output", "PerDayView", "ProjectsView", "ReportModel", "ReportView", "SummaryView", "_private",
    "register_command", "register_component",
}  # fmt: skip
"""What published plugins may import from `utt.api._v1`: the names that utt 1.32 has there."""
PRIVATE_OF_UTT_1_32 = {
    "AddEntry", "Any", "CSVReportView", "Command", "Commands", "ConfigDirname", "ConfigFilename", "ConfigParser",
    "DataDirname", "DataFilename", "DefaultConfig", "EntryLines", "EntryParser", "ReportArgs", "Type", "activities",
    "argparse", "commands", "config", "config_dirname", "config_filename", "container", "create_container",
    "csv_section_name_to_csv_section", "data_dirname", "data_filename", "entries", "now", "parse_args", "report",
    "report_args", "sys",
}  # fmt: skip
"""What they could reach in `utt.api._v1._private`, but for the injection library of utt 1.32."""


def public(module: types.ModuleType) -> set[str]:
    """Return the names without an underscore that the code of *module* itself has put there."""
    submodules = {
        name for name, value in vars(module).items() if isinstance(value, types.ModuleType) and _is_child(value, module)
    }
    return {name for name in vars(module) if not name.startswith("_")} - submodules - {"annotations", "TYPE_CHECKING"}


def _is_child(value: types.ModuleType, module: types.ModuleType) -> bool:
    return value.__name__.startswith(f"{module.__name__}.")


@pytest.mark.parametrize("name", ["pegboard", "pegboard.cli", "utt.api.v1", "utt.api._v1"])
def test_all_lists_every_public_name_and_no_other(name):
    module = importlib.import_module(name)

    assert public(module) - set(module.__all__) == set()
    assert [listed for listed in module.__all__ if not hasattr(module, listed)] == []  # some load at the first use


def test_the_former_interface_has_every_name_that_published_plugins_may_use():
    former = importlib.import_module("utt.api._v1")
    private = importlib.import_module("utt.api._v1._private")

    assert set(former.__all__) == V1_OF_UTT_1_32
    assert set(private.__all__) >= PRIVATE_OF_UTT_1_32
    for module in (former, private):
        for name in module.__all__:
            assert getattr(module, name) is not None


def test_the_stable_interface_holds_the_former_one():
    stable, former = importlib.import_module("utt.api.v1"), importlib.import_module("utt.api._v1")

    for name in V1_OF_UTT_1_32 - {"_private"}:
        assert getattr(stable, name) is getattr(former, name)
