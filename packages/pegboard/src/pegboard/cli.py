"""What an application's command line uses: sub-commands, the option `--no-plugins`, the `plugins` commands.

Each name is loaded when it is first used (PEP 562): a start that manages no plugins does not pay for `manage`.
"""

TYPE_CHECKING = False  # as type checkers know it

if TYPE_CHECKING:
    from pegboard.adapters.argparse import add_commands, add_plugins_command
    from pegboard.no_plugins import take_no_plugins
    from pegboard.tools.cli.plugin_commands import manage

__all__ = ["add_commands", "add_plugins_command", "manage", "take_no_plugins"]

_HOMES = {
    "add_commands": "pegboard.adapters.argparse",
    "add_plugins_command": "pegboard.adapters.argparse",
    "manage": "pegboard.tools.cli.plugin_commands",
    "take_no_plugins": "pegboard.no_plugins",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
