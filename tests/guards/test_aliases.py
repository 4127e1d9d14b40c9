"""Names that were public stay importable until 1.0, and each public name says what it is."""

from __future__ import annotations

import importlib
import inspect

import pytest

import pegboard
from pegboard import Host

PUBLIC = {
    "pegboard": {"Container", "DataRegistry", "Host", "PegboardError", "Plugin", "PluginError", "Registry"},
    "pegboard.cli": {"add_commands", "manage", "take_no_plugins"},
    "pegboard.testing": {"Outcome", "assert_same_lazily_and_eagerly", "assert_steady", "assert_unloads", "record"},
    "pegboard.watching": {"Watcher"},
}


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in PUBLIC.items() for name in names])
def test_a_public_name_can_be_imported_where_it_always_was(module, name):
    assert callable(getattr(importlib.import_module(module), name))
    assert name in importlib.import_module(module).__all__


def test_the_roster_is_the_manager_and_says_that_it_goes():
    host = Host("notes")
    with pytest.warns(DeprecationWarning, match="use Host.manager"):
        assert host.roster is host.manager


def test_older_names_of_the_host_do_what_the_newer_ones_do():
    assert Host.look_again is Host.rescan
    host = Host("notes")
    host.leave_out(["csv"], "for a test")
    assert host.settings.left_out == ((("csv",), "for a test"),)


def test_a_plugin_has_its_state_reason_and_error():
    plugin = pegboard.Plugin("csv", "notes.plugins.csv")
    assert (plugin.state, plugin.reason, plugin.error) == ("found", None, None)
    assert "primed" in pegboard.Plugin.STATES


def test_settings_never_change():
    settings = Host("notes").settings
    with pytest.raises(AttributeError, match="use replace"):
        settings.strict = True
    assert (settings.replace(strict=True).strict, settings.strict) == (True, None)
    assert settings.replace(strict=True).application == "notes"


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in PUBLIC.items() for name in names])
def test_a_public_name_says_what_it_is_and_so_do_its_methods(module, name):
    thing = getattr(importlib.import_module(module), name)
    assert inspect.getdoc(thing)
    methods = {
        attribute: value
        for attribute, value in vars(thing).items()
        if inspect.isclass(thing) and not attribute.startswith("_") and (callable(value) or isinstance(value, property))
    }
    assert [attribute for attribute, value in methods.items() if not inspect.getdoc(value)] == []
