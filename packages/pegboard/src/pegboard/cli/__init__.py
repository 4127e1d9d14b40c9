"""Command-line adapters; nothing here is imported by an application that does not ask."""

from pegboard.cli.argparse_adapter import add_commands
from pegboard.cli.manage import manage
from pegboard.cli.safe_mode import take_no_plugins

__all__ = ["add_commands", "manage", "take_no_plugins"]
