"""Datasette with its plugins on Pegboard: `python -m datasette_on_pegboard` does what `datasette` does."""

import pluggy

from pegboard import Host
from pegboard.adapters.pluggy import PluginManager

host = Host("datasette", namespace="", entry_points="datasette", folder="")


def plugin_manager(project_name):
    """Return what datasette.plugins makes of `pluggy.PluginManager("datasette")`; Datasette would write it there."""
    return PluginManager(project_name, host) if project_name == "datasette" else original(project_name)


original, pluggy.PluginManager = pluggy.PluginManager, plugin_manager
try:
    pass
finally:
    pluggy.PluginManager = original

if __name__ == "__main__":
    from datasette.cli import cli

    cli(prog_name="datasette")
