"""The two jobs, by plux: the entry points are modules, which register while they are being imported."""

from benchhost.api import print_names, run_command
from plux import Plugin, PluginManager, PluginSpec, PluginSpecResolver
from plux.runtime.resolve import MetadataPluginFinder

GROUP = "benchhost.plugins"


class ModuleResolver(PluginSpecResolver):
    def resolve(self, source):
        return PluginSpec(GROUP, source.__name__.rpartition(".")[2], Plugin)


def load() -> None:
    PluginManager(GROUP, finder=MetadataPluginFinder(GROUP, spec_resolver=ModuleResolver())).load_all()


def list_names() -> None:
    load()
    print_names()


def run(name: str) -> None:
    load()
    run_command(name)
