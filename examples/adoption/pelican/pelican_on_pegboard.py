"""Pelican with its plugins on Pegboard: `python -m pelican_on_pegboard` does what `pelican` does."""

import sys
from collections.abc import Mapping

from pegboard import Host

host = Host("pelican", entry_points="", folder="", is_plugin=lambda candidate: candidate.is_package)
modules = host.registry("modules")


@host.adapt
def offer(plugin, module, entry_points):
    """Pelican calls `module.register()` of the plugins that a site lists; here is the module."""
    del entry_points
    modules.register(plugin.module, module)


class NamespacePlugins(Mapping):
    """What Pelican has imported at each start: its plugins by module name."""

    __iter__, __len__ = modules.__iter__, modules.__len__

    def __getitem__(self, name):
        return modules[name]


if __name__ == "__main__":
    from pelican import main
    from pelican.plugins import _utils

    _utils.get_namespace_plugins = NamespacePlugins
    sys.argv[0] = "pelican"
    main()
