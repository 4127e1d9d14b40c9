"""llm with its plugins on Pegboard: `python -m llm_on_pegboard` does what `llm` does."""

import sys

import pluggy

from pegboard import Host
from pegboard.adapters.click import Commands
from pegboard.adapters.pluggy import PluginManager

host = Host("llm", namespace="", entry_points="llm", folder="")


def plugin_manager(project_name):
    """Return what llm.plugins makes of `pluggy.PluginManager("llm")`; llm itself would write it there."""
    if project_name != "llm":
        return original(project_name)
    commands = Commands("cli", lambda: getattr(sys.modules.get("llm.cli"), "cli", None))
    return PluginManager(project_name, host, replay={"register_commands": commands})


original, pluggy.PluginManager = pluggy.PluginManager, plugin_manager
try:
    import llm.plugins  # noqa: F401
finally:
    pluggy.PluginManager = original

if __name__ == "__main__":
    from llm.cli import cli

    cli(prog_name="llm")
