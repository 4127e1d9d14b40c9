"""Lets a plugin manager of pluggy's own tests register what stands for each plugin; a plugin of pytest.

Where the environment variable `WAKE` is set, each plugin is awake at once. The host is replaced by a table of plugins,
since these tests make plugins of objects that no entry point names.
"""

import os

import pluggy
import pluggy._manager

from pegboard.adapters.hook_stand_in import StandIn, implementations, texts_of
from pegboard.adapters.pluggy import PluginManager


class Owner:
    state = "primed"
    distribution = None


class Table(dict):
    """A registry of hook plugins: objects by name."""

    def __init__(self):
        super().__init__()
        self.described = {}

    def describe(self, name):
        return self.described[name]

    def owner(self, _name):
        return Owner()


class Settings:
    sources = None


class Host:
    settings = Settings

    def __init__(self):
        self.table = Table()

    def registry(self, _name):
        return self.table

    def adapt(self, function):
        return function

    def blame(self, _error, _doing):
        return None


class StandInManager(PluginManager):
    """Registers what stands for a plugin, and shows the plugin to tests that ask for it."""

    def __init__(self, project_name):
        super().__init__(project_name, Host(), faults="raise")

    def register(self, plugin, name=None):
        if plugin is None or isinstance(plugin, StandIn):
            return super().register(plugin, name)
        if self.is_registered(plugin):
            raise ValueError("Plugin already registered under a different name")
        name = name or self.get_canonical_name(plugin)
        if self.has_plugin(name):
            raise ValueError("Plugin name already registered")
        if self.is_blocked(name):
            return None
        hooks = list(implementations(self, plugin, name))
        self._hook_plugins[name] = plugin
        self._hook_plugins.described[name] = {"group": "", "hooks": hooks, **texts_of(plugin)}
        self._register(name, self._hook_plugins.describe(name))
        if os.environ.get("WAKE"):
            self._wake(name)
        return name

    def _registered(self, plugin):
        for name, registered in self.list_name_plugin():
            if isinstance(registered, StandIn) and self._hook_plugins.get(name) is plugin:
                return registered
        return super()._registered(plugin)

    def _plugin(self, registered):
        for name, each in self.list_name_plugin():
            if each is registered and isinstance(each, StandIn):
                return self._hook_plugins[name]
        return registered

    def get_plugin(self, name):
        return self._plugin(super().get_plugin(name))

    def get_plugins(self):
        return {self._plugin(each) for each in super().get_plugins()}

    def unregister(self, plugin=None, name=None):
        registered = super().get_plugin(name or self.get_name(plugin))
        real = self._plugin(registered)
        gone = super().unregister(plugin, name)
        return real if gone is registered else gone


pluggy.PluginManager = pluggy._manager.PluginManager = StandInManager
