"""Command-line adapters; nothing here is imported by an application that does not ask."""

from pegboard.cli.argparse_adapter import add_commands
from pegboard.cli.safe_mode import take_no_plugins

TYPE_CHECKING = False  # as type checkers know it

if TYPE_CHECKING:
    from pegboard.cli.plugin_commands import manage

__all__ = ["add_commands", "manage", "take_no_plugins"]


def __getattr__(name: str) -> object:
    """Load `manage` when it is asked for (PEP 562): it needs more of the standard library than a command should."""
    if name == "manage":
        from pegboard.cli.plugin_commands import manage

        return manage
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
